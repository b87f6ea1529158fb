"""A flat thing to hang on a wall, and the brushes that all drawers share: colours, text, noise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import ImageDraw, ImageFont

Rgba = NDArray[np.uint8]
Colour = tuple[int, int, int]
F32 = NDArray[np.float32]
T = TypeVar("T")

WHITE: Final[Colour] = (250, 250, 246)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A flat ad or sign: uint8 [H, W, 4] RGBA, its longer side in metres on a real wall; is it paint on the wall?"""

    rgba: Rgba
    long_side_m: float
    painted: bool = False

    @property
    def size_m(self) -> tuple[float, float]:
        """Width and height."""
        height, width = self.rgba.shape[:2]
        return self.long_side_m * width / max(width, height), self.long_side_m * height / max(width, height)


@dataclass(frozen=True, slots=True)
class Pen:
    """One typeface for a whole sheet; None is Pillow's own, which knows Latin alone."""

    font: Path | None

    @classmethod
    def drawn(cls, rng: np.random.Generator, fonts: Sequence[Path]) -> Pen:
        """One of the fonts, or Pillow's own where there are none."""
        return cls(fonts[int(rng.integers(len(fonts)))] if fonts else None)

    def face(self, size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
        return _face(self.font, max(6, size))

    def write(
        self,
        draw: ImageDraw.ImageDraw,
        box: tuple[float, float, float, float],
        text: str,
        ink: Colour | int,
        *,
        left: bool = False,
        bold_px: int = 0,
    ) -> None:
        """The text as large as the box (x1, y1, x2, y2) allows, centred in it or from its left edge."""
        x1, y1, x2, y2 = box
        face = self.face(int(y2 - y1))
        width = draw.textlength(text, font=face)
        if width > x2 - x1:
            face = self.face(int((y2 - y1) * (x2 - x1) / width))
        at, anchor = ((x1, (y1 + y2) / 2), "lm") if left else (((x1 + x2) / 2, (y1 + y2) / 2), "mm")
        draw.text(at, text, fill=ink, font=face, anchor=anchor, stroke_width=bold_px)


@lru_cache(maxsize=32)
def _face(font: Path | None, size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.truetype(str(font), size) if font else ImageFont.load_default(size)


def one_of(rng: np.random.Generator, among: Sequence[T]) -> T:
    """One at random, all alike."""
    return among[int(rng.integers(len(among)))]


def smooth_noise(rng: np.random.Generator, height: int, width: int, cells: int) -> F32:
    """float32 [H, W], mean 0 and about unit deviation, that changes over `cells` cells along the longer side."""
    down, across = (max(2, round(cells * side / max(height, width))) for side in (height, width))
    coarse = rng.normal(0, 1, (down, across)).astype(np.float32)
    return np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)


def photo_like(rng: np.random.Generator, width: int, height: int) -> NDArray[np.uint8]:
    """uint8 [H, W, 3] RGB that reads as a printed photo from afar: light above, dark below, a few lit shapes."""
    top, foot = rng.uniform(120, 250, 3), rng.uniform(30, 160, 3)
    ramp = np.linspace(0, 1, height)[:, None, None]
    picture = np.broadcast_to(top * (1 - ramp) + foot * ramp, (height, width, 3)).astype(np.float32).copy()
    for _ in range(int(rng.integers(3, 8))):
        colour = rng.uniform(20, 240, 3).tolist()
        x, y = int(rng.uniform(0, width)), int(rng.uniform(0.2 * height, height))
        w, h = int(rng.uniform(0.08, 0.35) * width) + 1, int(rng.uniform(0.1, 0.4) * height) + 1
        if rng.random() < 0.5:
            cv2.rectangle(picture, (x - w // 2, y - h), (x + w // 2, y), colour, -1)
        else:
            cv2.ellipse(picture, (x, y - h // 2), (w // 2, h // 2), 0, 0, 360, colour, -1)
    picture += 14 * smooth_noise(rng, height, width, 9)[..., None]
    return np.clip(picture, 0, 255).astype(np.uint8)
