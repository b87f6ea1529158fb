"""Pictures by content: the port that every object store keeps, and the keeper that is a folder.

A picture's key is the SHA-256 of its bytes, so the same key always means the same bytes. What devices send waits apart,
as pieces, until it was looked at: nothing that waits is ever served. Every method raises OSError where the store is
away or full; then nothing happened, or the same call can be made again.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol
from uuid import UUID

from models.wholefile import sync, write_whole

WAITING: Final = "incoming"
PARTS: Final = tuple(f"{number:02x}" for number in range(256))
"""The first two digits of pictures' names: of a city of years a part is what memory holds, and not all."""


def digest_of(content: bytes) -> str:
    """SHA-256 as 64 hex digits."""
    return hashlib.sha256(content).hexdigest()


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a picture on its way in: whose it is, of which picture, and what its bytes must be."""

    device_id: str
    key: str
    number: int
    size_bytes: int
    sha256: str
    media_type: str


@dataclass(frozen=True, slots=True)
class Address:
    """Where a device puts one piece: a whole URL, or a path of this server; sent with exactly these headers."""

    url: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Kept:
    """One object as a listing shows it. name: a picture's key, or what `drop` takes."""

    name: str
    size_bytes: int
    modified_ns: int


class Objects(Protocol):
    """What every object store offers."""

    def put(self, key: str, content: bytes) -> None:
        """Store; returns when the bytes are safe. Raises ValueError where the bytes are not the key's."""

    def get(self, key: str) -> bytes | None:
        """The bytes, or None where there are none or they no longer fit their key."""

    def stat(self, key: str) -> Kept | None:
        """Its size and when it was last put, or None where there is none."""

    def read(self, key: str, start: int, size: int) -> bytes | None:
        """Some of the bytes, not checked against the key; None where there are none."""

    def remove(self, key: str) -> None:
        """Forget a picture; nothing happens where there is none."""

    def kept(self, part: str = "") -> Iterator[Kept]:
        """Every picture; part: those whose names begin with these two digits."""

    def address(self, piece: Piece) -> Address | None:
        """Where a device may put a piece without passing through this server; None: it goes through `put_piece`."""

    def put_piece(self, piece: Piece, content: bytes) -> None:
        """Let a piece wait; an earlier one of the same number is replaced."""

    def pieces(self, device_id: str, key: str) -> Mapping[int, int]:
        """The pieces of a picture that wait: number and size."""

    def get_piece(self, device_id: str, key: str, number: int) -> bytes | None: ...

    def drop_piece(self, device_id: str, key: str, number: int) -> None:
        """Forget a piece; nothing happens where there is none."""

    def waiting(self) -> Iterator[Kept]:
        """Everything that waits or was left half-written."""

    def drop(self, name: str) -> None:
        """Forget one of what `waiting` named."""


class FolderObjects:
    """A folder, two levels of names deep. A file appears whole or not at all, also when the machine stops half-way."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def put(self, key: str, content: bytes) -> None:
        if digest_of(content) != key:
            raise ValueError(f"the bytes are not those of {key}")
        path = self._path(key)
        if path.is_file():
            os.utime(path)  # it is wanted again: the sweep of old files without a record must not take it now
            return
        path.parent.mkdir(exist_ok=True)
        write_whole(path, content)
        sync(self._folder)

    def get(self, key: str) -> bytes | None:
        content = _bytes_of(self._path(key))
        return content if content is not None and digest_of(content) == key else None

    def stat(self, key: str) -> Kept | None:
        return next(_listed(self._path(key), key), None)

    def read(self, key: str, start: int, size: int) -> bytes | None:
        try:
            with self._path(key).open("rb") as file:
                file.seek(start)
                return file.read(size)
        except FileNotFoundError:
            return None

    def remove(self, key: str) -> None:
        self._path(key).unlink(missing_ok=True)

    def kept(self, part: str = "") -> Iterator[Kept]:
        for path in self._folder.glob(f"{part or '??'}/*"):
            if not path.name.startswith("."):
                yield from _listed(path, path.name)

    def address(self, piece: Piece) -> Address | None:  # noqa: ARG002 - the protocol's signature
        return None

    def put_piece(self, piece: Piece, content: bytes) -> None:
        folder = self._waiting(piece.device_id, piece.key)
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(folder / str(piece.number), content)

    def pieces(self, device_id: str, key: str) -> Mapping[int, int]:
        folder = self._waiting(device_id, key)
        return {int(path.name): path.stat().st_size for path in folder.glob("*") if path.name.isdecimal()}

    def get_piece(self, device_id: str, key: str, number: int) -> bytes | None:
        return _bytes_of(self._waiting(device_id, key) / str(number))

    def drop_piece(self, device_id: str, key: str, number: int) -> None:
        self.drop(f"{waiting_name(device_id, key)}/{number}")

    def waiting(self) -> Iterator[Kept]:
        for pattern in ("??/.*", f"{WAITING}/*/*/*"):
            for path in self._folder.glob(pattern):
                yield from _listed(path, str(path.relative_to(self._folder)))

    def drop(self, name: str) -> None:
        path = self._folder / name
        if not path.resolve().is_relative_to(self._folder.resolve()):
            raise ValueError(f"{name!r} does not lie in the folder")
        path.unlink(missing_ok=True)
        if name.startswith(f"{WAITING}/"):
            for folder in (path.parent, path.parent.parent):
                with suppress(OSError):  # another piece waits in it
                    folder.rmdir()

    def _path(self, key: str) -> Path:
        return self._folder / checked_key(key)[:2] / key

    def _waiting(self, device_id: str, key: str) -> Path:
        return self._folder / waiting_name(device_id, key)


def checked_key(key: str) -> str:
    """The key; raises ValueError where it is no SHA-256, so that no other text becomes a path."""
    if len(key) != 64 or not set(key) <= set("0123456789abcdef"):
        raise ValueError(f"{key!r} is not a SHA-256")
    return key


def waiting_name(device_id: str, key: str) -> str:
    """Where the pieces of a device's picture wait; each device has a place of its own, so none disturbs another's."""
    return f"{WAITING}/{UUID(device_id)}/{checked_key(key)}"


def _listed(path: Path, name: str) -> Iterator[Kept]:
    with suppress(FileNotFoundError):  # somebody was quicker
        told = path.stat()
        yield Kept(name, told.st_size, told.st_mtime_ns)


def _bytes_of(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
