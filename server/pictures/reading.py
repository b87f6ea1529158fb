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
FORMATS = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}


class Fault(StrEnum):
    """Why bytes are no picture we take."""

    NOT_A_PICTURE = "not_a_picture"
    TOO_MANY_PIXELS = "too_many_pixels"
    BROKEN = "broken_picture"


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """An upright picture and what its EXIF says. image: uint8 [H, W, 3] BGR; place: lat, lon."""

    image: NDArray[np.uint8]
    media_type: str
    taken_at: datetime | None
    place: tuple[float, float] | None


def read_picture(content: bytes, zone: tzinfo) -> Picture | Fault:
    """Decode a JPEG, PNG or WebP of at most 60 megapixels. An EXIF time without an offset is local to `zone`."""
    try:
        with Image.open(io.BytesIO(content), formats=list(FORMATS)) as opened:
            if opened.width * opened.height > PIXELS:
                return Fault.TOO_MANY_PIXELS
            exif = opened.getexif()
            # Broken EXIF refuses the picture: faces are not found in one that lies on its side.
            upright = ImageOps.exif_transpose(opened).convert("RGB")
            media_type = FORMATS[opened.format or ""]
    except Image.DecompressionBombError:
        return Fault.TOO_MANY_PIXELS
    except UnidentifiedImageError:
        return Fault.NOT_A_PICTURE
    except UNREADABLE:
        return Fault.BROKEN
    image = np.ascontiguousarray(np.asarray(upright)[:, :, ::-1])
    return Picture(image, media_type, _taken_at(exif, zone), _place(exif))


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
