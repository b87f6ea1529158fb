"""A folder of photos (or one photo), in natural order of their names: 2.jpg before 10.jpg."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.errors import SourceError
from pipeline.reasons import Reason
from pipeline.shots import Lost, Shot

SUFFIXES: Final = frozenset({".jpg", ".jpeg", ".png", ".webp"})
SECOND_NS: Final = 1_000_000_000
BAR: Final = 114


@dataclass(frozen=True, slots=True)
class Photos:
    """Photos of one pass. A photo's media time is its place in the order, one second each.

    width_px, height_px: of the first photo that can be read; the others are fitted into it.
    """

    path: Path
    files: tuple[Path, ...]
    width_px: int
    height_px: int
    start_utc_ns: int | None = None
    fps: float = 1.0
    moving: bool = False

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def n_frames(self) -> int:
        return len(self.files)

    @property
    def duration_ns(self) -> int:
        return len(self.files) * SECOND_NS

    @classmethod
    def open(cls, path: Path) -> Self:
        """List a folder; raises SourceError where it holds no photo that can be read."""
        try:
            files = (path,) if path.is_file() else in_order(list(path.iterdir()))
        except OSError as error:
            raise SourceError(f"{path}: cannot be read: {error.strerror}") from error
        if not files:
            raise SourceError(f"{path}: there is no photo in this folder (looked for {', '.join(sorted(SUFFIXES))})")
        for file in files:
            image = _read(file)
            if image is not None:
                return cls(path, files, image.shape[1], image.shape[0])
        raise SourceError(f"{files[0]}: neither it nor any other photo of {path} can be decoded. Copy them again.")

    def shots(self, from_ns: int = 0) -> Iterator[Shot | Lost]:
        """Every photo in order; one that cannot be decoded comes as Lost."""
        for index, file in enumerate(self.files):
            media_ns = index * SECOND_NS
            if media_ns < from_ns:
                continue
            image = _read(file)
            if image is None:
                yield Lost(index, media_ns, Reason.DECODE_ERROR)
            else:
                yield Shot(self.name, index, media_ns, _Held(fitted(image, self.width_px, self.height_px)))


def fitted(image: NDArray[np.uint8], width_px: int, height_px: int) -> NDArray[np.uint8]:
    """A picture scaled to fit a size, in its middle, with even bars where its shape is another: one camera for a pass,
    whose principal point stays in the middle."""
    height, width = image.shape[:2]
    if (width, height) == (width_px, height_px):
        return image
    scale = min(width_px / width, height_px / height)
    size = min(width_px, max(1, round(width * scale))), min(height_px, max(1, round(height * scale)))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA if scale < 1.0 else cv2.INTER_LINEAR)
    right, below = width_px - size[0], height_px - size[1]
    sides = (below // 2, below - below // 2, right // 2, right - right // 2)
    return np.asarray(cv2.copyMakeBorder(small, *sides, cv2.BORDER_CONSTANT, value=(BAR, BAR, BAR)), np.uint8)


@dataclass(frozen=True, slots=True, eq=False)
class _Held:
    image: NDArray[np.uint8]

    def __call__(self) -> NDArray[np.uint8]:
        return self.image


def in_order(files: list[Path]) -> tuple[Path, ...]:
    """The photos among files, numbers in names compared as numbers; hidden files are left out."""
    photos = (file for file in files if file.suffix.lower() in SUFFIXES and not file.name.startswith("."))
    return tuple(sorted(photos, key=_natural))


def _natural(file: Path) -> tuple[tuple[int, int, str], ...]:
    parts = re.findall(r"\d+|\D+", file.name.casefold())
    return tuple((0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts)


def _read(file: Path) -> NDArray[np.uint8] | None:
    """A photo upright by its EXIF orientation, uint8 [H, W, 3] BGR; None where it cannot be decoded."""
    try:
        packed = np.fromfile(file, np.uint8)
    except OSError as error:
        raise SourceError(f"{file}: cannot be read: {error.strerror}") from error
    try:
        image = cv2.imdecode(packed, cv2.IMREAD_COLOR) if len(packed) else None
    except cv2.error:
        image = None
    return None if image is None else np.asarray(image, np.uint8)
