"""Reading uploaded pictures within bounds, and the perceptual hash that finds a picture used twice."""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone, tzinfo
from enum import StrEnum
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

PIXELS = 60_000_000
NEARLY_SAME_BITS = 4
FLAT_STD = 2.0
UNREADABLE: Final = (
    OSError, ValueError, SyntaxError, TypeError, LookupError, AttributeError, ArithmeticError, EOFError, struct.error
)  # fmt: skip
"""What Pillow raises on broken pictures and broken EXIF."""
FORMATS: Final = ("JPEG", "PNG", "WEBP")
MEDIA_TYPES: Final = {"JPEG": "image/jpeg", "MPO": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
"""By what Pillow calls a format; MPO is a JPEG with further pictures behind the first, as some phones write it."""
SCANS: Final = 300
"""Scans of a JPEG: an encoder writes about ten; a film behind the picture holds a hundred of their marks by chance."""
SCANNED_PIXELS: Final = 3_600_000_000
"""Scans times pixels: a scan goes over the whole picture, however few bytes it has."""
EXIF_SEGMENTS: Final = 256
"""Pillow joins them one by one, each time copying what it has."""
BLOCK_BYTES: Final = 64 * 1024 * 1024
"""In which Pillow lays out large pictures. Blocks of up to 32 MiB the C library may keep for the thread that gave them
back, of larger ones it keeps none."""
Image.core.set_block_size(BLOCK_BYTES)  # type: ignore[attr-defined]  # documented, and not in its stubs


class Fault(StrEnum):
    """Why bytes are no picture we take."""

    NOT_A_PICTURE = "not_a_picture"
    TOO_MANY_PIXELS = "too_many_pixels"
    TOO_MANY_PIECES = "too_many_pieces"
    BROKEN = "broken_picture"


WORDS: Final = {
    Fault.NOT_A_PICTURE: "this is no JPEG, PNG or WebP picture",
    Fault.TOO_MANY_PIXELS: "the picture has more than 60 megapixels",
    Fault.TOO_MANY_PIECES: "the picture has more scans or EXIF segments than any camera writes; save it anew",
    Fault.BROKEN: "the picture is broken or cut off",
}


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """An upright picture and what its EXIF says. image: uint8 [H, W, 3] BGR; place: lat, lon."""

    image: NDArray[np.uint8]
    media_type: str
    taken_at: datetime | None
    place: tuple[float, float] | None


def read_picture(content: bytes, zone: tzinfo) -> Picture | Fault:
    """Decode a JPEG, PNG or WebP of at most 60 megapixels. An EXIF time without an offset is local to `zone`."""
    opened = open_picture(content)
    if isinstance(opened, Fault):
        return opened
    try:
        with opened:
            exif = opened.getexif()
            # Broken EXIF refuses the picture: faces are not found in one that lies on its side.
            upright = ImageOps.exif_transpose(opened).convert("RGB")
            media_type = MEDIA_TYPES[opened.format or ""]
    except UNREADABLE:
        return Fault.BROKEN
    image = np.ascontiguousarray(np.asarray(upright)[:, :, ::-1])
    return Picture(image, media_type, _taken_at(exif, zone), _place(exif))


def open_picture(content: bytes, formats: tuple[str, ...] = FORMATS) -> Image.Image | Fault:
    """A picture of these formats, opened and not decoded, whose decoding takes bounded time and memory."""
    # Counted over all bytes and not by walking the segments: a decoder that walks otherwise would see others.
    if content.count(b"Exif\0\0") > EXIF_SEGMENTS:
        return Fault.TOO_MANY_PIECES
    try:
        opened = Image.open(io.BytesIO(content), formats=formats)
    except Image.DecompressionBombError:
        return Fault.TOO_MANY_PIXELS
    except UnidentifiedImageError:
        return Fault.NOT_A_PICTURE
    except UNREADABLE:
        return Fault.BROKEN
    pixels = opened.width * opened.height
    if pixels > PIXELS:
        return Fault.TOO_MANY_PIXELS
    # A start of scan; no compressed pixels hold these two bytes.
    scans = content.count(b"\xff\xda") if MEDIA_TYPES.get(opened.format or "") == "image/jpeg" else 0
    return Fault.TOO_MANY_PIECES if scans > SCANS or scans * pixels > SCANNED_PIXELS else opened


def shrunk(image: NDArray[np.uint8], longest_px: int) -> NDArray[np.uint8]:
    """The picture with its longer side at most `longest_px`; never enlarged."""
    height, width = image.shape[:2]
    scale = longest_px / max(height, width)
    if scale >= 1.0:
        return image
    size = max(round(width * scale), 1), max(round(height * scale), 1)
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def perceptual_hash(image: NDArray[np.uint8]) -> str | None:
    """64 bits of the low frequencies (DCT of 32×32 grey, signs against the median) as hex; None for a flat picture."""
    grey = image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    small = cv2.resize(grey, (32, 32), interpolation=cv2.INTER_AREA).astype(np.float32)
    if float(small.std()) < FLAT_STD:
        return None
    low = cv2.dct(small)[:8, :8].flatten()
    bits = low > np.median(low[1:])
    return f"{int(''.join('1' if bit else '0' for bit in bits), 2):016x}"


def nearly_same(one: str, other: str) -> bool:
    """Whether two hashes are of one picture, re-encoded or scaled."""
    return (int(one, 16) ^ int(other, 16)).bit_count() <= NEARLY_SAME_BITS


def _taken_at(exif: Image.Exif, zone: tzinfo) -> datetime | None:
    try:
        inner = exif.get_ifd(ExifTags.IFD.Exif)
        told = inner.get(ExifTags.Base.DateTimeOriginal) or exif.get(ExifTags.Base.DateTime)
        local = datetime.strptime(str(told).strip("\0 "), "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007 - the zone follows
    except UNREADABLE:
        return None
    offset = _offset(str(inner.get(ExifTags.Base.OffsetTimeOriginal) or ""))
    return local.replace(tzinfo=offset if offset is not None else zone)


def _offset(told: str) -> timezone | None:
    try:
        sign = {"+": 1, "-": -1}[told[:1]]
        return timezone(sign * timedelta(hours=int(told[1:3]), minutes=int(told[4:6])))
    except (KeyError, ValueError):
        return None


def _place(exif: Image.Exif) -> tuple[float, float] | None:
    try:
        gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
        lat = _degrees(gps[ExifTags.GPS.GPSLatitude], gps[ExifTags.GPS.GPSLatitudeRef], "S")
        lon = _degrees(gps[ExifTags.GPS.GPSLongitude], gps[ExifTags.GPS.GPSLongitudeRef], "W")
    except UNREADABLE:
        return None
    return (lat, lon) if abs(lat) <= 90 and abs(lon) <= 180 and (lat, lon) != (0.0, 0.0) else None


def _degrees(parts: tuple[float, float, float], side: str, negative: str) -> float:
    degrees, minutes, seconds = (float(part) for part in parts)
    value = degrees + minutes / 60 + seconds / 3600
    return -value if str(side).strip("\0 ").upper() == negative else value
