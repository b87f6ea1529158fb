"""Directories of tags (TIFF 6.0, section 2), of which EXIF is made. What is broken is left out; nothing is followed."""

from __future__ import annotations

import math
import struct
from collections.abc import Set
from dataclasses import dataclass
from typing import BinaryIO, Final, Self, TypeAlias

Value: TypeAlias = bytes | str | tuple[int | float, ...]
"""Bytes as they are, text without its closing NUL, numbers always as a tuple; a rational over 0 is NaN."""

ORDERS: Final = {b"II*\0": "<", b"MM\0*": ">"}
PACKED: Final = {
    1: "s", 2: "s", 3: "H", 4: "L", 5: "LL", 6: "b", 7: "s", 8: "h", 9: "l", 10: "ll", 11: "f", 12: "d", 13: "L"
}  # fmt: skip
"""How one of each type is packed; a rational is two numbers."""
WIDTH: Final = {kind: struct.calcsize(f"={code}") for kind, code in PACKED.items()}
TEXT: Final = 2
ENTRY: Final = 12
MOST_BYTES: Final = 256 * 1024
"""Of one value."""


@dataclass(frozen=True, slots=True)
class Tiff:
    """A TIFF that can be read. order: of bytes, as struct wants it; first: where the first directory lies."""

    stream: BinaryIO
    order: str
    first: int

    @classmethod
    def open(cls, stream: BinaryIO) -> Self | None:
        """None where it does not begin as a TIFF."""
        stream.seek(0)
        head = stream.read(8)
        order = ORDERS.get(head[:4])
        if order is None or len(head) < 8:
            return None
        return cls(stream, order, struct.unpack(f"{order}L", head[4:])[0])

    def directory(self, at: int, wanted: Set[int]) -> dict[int, Value]:
        """The wanted tags of the directory that lies there; of a tag that is there twice the first."""
        found: dict[int, Value] = {}
        count = self._read(at, 2)
        entries = self._read(at + 2, ENTRY * struct.unpack(f"{self.order}H", count)[0]) if len(count) == 2 else b""
        for start in range(0, len(entries) - ENTRY + 1, ENTRY):
            tag, kind, length = struct.unpack_from(f"{self.order}HHL", entries, start)
            size = length * WIDTH.get(kind, 0)
            if tag not in wanted or tag in found or not 0 < size <= MOST_BYTES:
                continue
            inline = entries[start + 8 : start + ENTRY]
            packed = inline[:size] if size <= 4 else self._read(struct.unpack(f"{self.order}L", inline)[0], size)
            if len(packed) == size:
                found[tag] = self._value(kind, packed)
        return found

    def below(self, pointer: Value | None, wanted: Set[int]) -> dict[int, Value]:
        """The directory to which a tag's value points; empty where that is no pointer."""
        at = pointer[0] if isinstance(pointer, tuple) else None
        return self.directory(at, wanted) if isinstance(at, int) and at >= 0 else {}

    def _read(self, at: int, size: int) -> bytes:
        """As much of it as there is."""
        self.stream.seek(at)
        return self.stream.read(size)

    def _value(self, kind: int, packed: bytes) -> Value:
        if kind == TEXT:
            return packed.removesuffix(b"\0").decode("latin-1")
        if PACKED[kind] == "s":
            return packed
        numbers = struct.iter_unpack(f"{self.order}{PACKED[kind]}", packed)
        if len(PACKED[kind]) == 1:
            return tuple(number for (number,) in numbers)
        return tuple(over / under if under else math.nan for over, under in numbers)
