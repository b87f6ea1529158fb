"""Looks at every picture once: can it be read, how large is it, and by which digest and fingerprint is it known."""

from __future__ import annotations

import hashlib
import io
import struct
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from models.wholefile import read_at_most
from training.dataset.fingerprint import fingerprint
from training.dataset.reading import Fault
from training.sources import PHOTO_SUFFIXES

MAX_PICTURE_BYTES: Final = 64_000_000
MAX_PIXELS: Final = 100_000_000
FORMATS: Final = ("JPEG", "PNG", "WEBP")
NOT_A_PICTURE: Final = (OSError, ValueError, SyntaxError, EOFError, TypeError, KeyError, IndexError, struct.error)
"""What Pillow's decoders and its EXIF reader raise on bytes that were harmed."""
ORIENTATION_TAG: Final = 0x0112
ON_ITS_SIDE: Final = frozenset({5, 6, 7, 8})
"""EXIF orientations that exchange width and height; trainers turn such pictures upright."""


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """A picture as it is: upright width and height, SHA-256 of its file, fingerprint (`fingerprint.py`)."""

    width_px: int
    height_px: int
    sha256: str
    print: NDArray[np.bool_]


def look(path: Path) -> Look | Fault:
    """Decodes the whole picture, so that one cut short is found now and not in the middle of a training run."""
    if path.suffix.lower() not in PHOTO_SUFFIXES or (path.exists() and not path.is_file()):
        return Fault.UNREADABLE
    try:
        content = read_at_most(path, MAX_PICTURE_BYTES)
    except FileNotFoundError:
        return Fault.NO_PICTURE
    except OSError:
        return Fault.UNREADABLE
    if content is None:
        return Fault.TOO_LARGE
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the faults say it
            with Image.open(io.BytesIO(content), formats=FORMATS) as picture:
                if picture.width * picture.height > MAX_PIXELS:
                    return Fault.TOO_LARGE
                turned = picture.getexif().get(ORIENTATION_TAG) in ON_ITS_SIDE
                grey = picture.convert("L")
    except Image.DecompressionBombError:
        return Fault.TOO_LARGE
    except NOT_A_PICTURE:
        return Fault.UNREADABLE
    width, height = (grey.height, grey.width) if turned else grey.size
    return Look(width, height, hashlib.sha256(content).hexdigest(), fingerprint(grey))
