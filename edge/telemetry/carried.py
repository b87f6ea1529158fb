"""EXIF and XMP as photo files carry them: JPEG, PNG, WebP, and TIFF, which is EXIF itself. No pixel is decoded."""

from __future__ import annotations

import io
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

EXIF_MARK: Final = b"Exif\0\0"
XMP_MARK: Final = b"http://ns.adobe.com/xap/1.0/\0"
XMP_KEY: Final = b"XML:com.adobe.xmp\0"
MOST_BYTES: Final = 16 * 1024 * 1024
"""Of one block; what is longer is cut off there."""
STANDS_ALONE: Final = frozenset({0x01, *range(0xD0, 0xDA)})
FRAMES: Final = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
APP1, SCAN = 0xE1, 0xDA
MARKER: Final = re.compile(rb"\xff[^\0\xff]")
SEARCHED: Final = 4096
"""Bytes at a time. A marker is usually the next two; a damaged file may hold none for megabytes."""


@dataclass(frozen=True, slots=True)
class Carried:
    """exif: a TIFF, None where there is none; xmp: empty where there is none."""

    exif: BinaryIO | None
    xmp: bytes


def carried(file: BinaryIO) -> Carried:
    """Raises ValueError for what is none of these, or breaks off before its picture begins."""
    head = file.read(12)
    if head.startswith(b"\xff\xd8\xff"):
        blocks = _of_jpeg(file)
    elif head.startswith(b"\x89PNG\r\n\x1a\n"):
        blocks = _of_png(file)
    elif head.startswith(b"RIFF") and head[8:] == b"WEBP":
        blocks = _of_webp(file)
    elif head.startswith((b"II*\0", b"MM\0*")):
        return Carried(file, b"")
    else:
        raise ValueError("neither JPEG, PNG, WebP nor TIFF")
    exif, xmp = bytearray(), b""
    for mark, block in blocks:
        if mark == EXIF_MARK and len(exif) < MOST_BYTES:
            exif += block
        elif mark == XMP_MARK:
            xmp = block
    bare = bytes(exif).removeprefix(EXIF_MARK)
    return Carried(io.BytesIO(bare) if bare else None, xmp)


def _of_jpeg(file: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    """Segments before the first scan (ITU-T T.81, annex B). EXIF may go on from one to the next."""
    file.seek(2)
    framed = False
    while (marker := _marker(file)) not in (SCAN, None):
        if marker in STANDS_ALONE:
            continue
        (size,) = struct.unpack(">H", _whole(file, 2))
        body = _whole(file, max(size - 2, 0))
        framed = framed or marker in FRAMES
        for mark in (EXIF_MARK, XMP_MARK):
            if marker == APP1 and body.startswith(mark):
                yield mark, body[len(mark) :]
    if not framed:
        raise ValueError("a JPEG without a picture")


def _marker(file: BinaryIO) -> int | None:
    """The next marker: what follows a 0xFF, or several, and is no 0. None where the file ends."""
    before = b""
    while block := file.read(SEARCHED):
        if found := MARKER.search(before + block):
            file.seek(found.end() - len(before + block), io.SEEK_CUR)
            return found[0][1]
        before = block[-1:]
    return None


def _of_png(file: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    """Chunks, also those behind the pixels (PNG, third edition, sections 5.3, 11.3)."""
    file.seek(8)
    while len(head := file.read(8)) == 8:
        size, kind = struct.unpack(">L4s", head)
        follows = file.tell() + size + 4
        if kind == b"eXIf":
            yield EXIF_MARK, file.read(min(size, MOST_BYTES))
        elif kind == b"iTXt" and file.read(min(size, len(XMP_KEY))) == XMP_KEY:
            flags_language_and_text = file.read(min(size - len(XMP_KEY), MOST_BYTES))
            yield XMP_MARK, flags_language_and_text[2:].split(b"\0", 2)[-1]
        file.seek(follows)


def _of_webp(file: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    """Chunks, each padded to an even length (RFC 9649, section 2.3)."""
    file.seek(12)
    while len(head := file.read(8)) == 8:
        kind, size = struct.unpack("<4sL", head)
        follows = file.tell() + size + size % 2
        mark = {b"EXIF": EXIF_MARK, b"XMP ": XMP_MARK}.get(kind)
        if mark is not None:
            yield mark, file.read(min(size, MOST_BYTES))
        file.seek(follows)


def _whole(file: BinaryIO, size: int) -> bytes:
    content = file.read(size)
    if len(content) < size:
        raise ValueError("it breaks off")
    return content
