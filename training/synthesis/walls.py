"""Where in a photo ads can hang: calm patches of wall, door or shutter, and upright posts, pipes and door frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from training.pictures import Image
from training.sources import Box

F32 = NDArray[np.float32]
MOST_SHADE: Final = 55.0
MOST_TINT: Final = 14.0
"""How far a place on a wall may be from the wall's usual lightness and hue (Lab, 0..255 each)."""
BUSIEST: Final = 35.0
"""Mean edge strength (grey levels) above which a patch is no wall."""
MOST_COVERED: Final = 0.35
"""The share of a patch that may be taken: what hangs there keeps clear of it one by one."""
TRIES: Final = 400


@dataclass(frozen=True, slots=True)
class Band:
    """Where walls are likely in a source's photos, in fractions of the height; must ads hang beside labelled tags?

    widest: the largest share of a photo's width that one group of ads may take; small where houses are seen whole.
    """

    top: float
    bottom: float
    near_boxes: bool
    widest: float = 1.0


@dataclass(frozen=True, slots=True)
class Patch:
    """An upright rectangle of a picture, in pixels."""

    x: int
    y: int
    width: int
    height: int


class Walls:
    """A photo's map of what could be wall: made once, asked often."""

    def __init__(self, picture: Image, band: Band) -> None:
        self.height, self.width = picture.shape[:2]
        self.band = band
        grey = cv2.GaussianBlur(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY).astype(np.float32), (0, 0), 1.2)
        across, down = cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)
        no_wall = 60.0 * _no_wall(picture)
        dim = np.clip(120 / (cv2.GaussianBlur(grey, (0, 0), 8) + 40), 0.7, 2.2)  # a dark corner is calm, but no wall
        self._busy = cv2.integral(dim * np.hypot(across, down) + no_wall + 12.0 * (dim > 1.5))
        self._lab = cv2.cvtColor(picture, cv2.COLOR_BGR2LAB).astype(np.float32)
        self._upright = cv2.integral(np.abs(across))
        self._level = cv2.integral(np.abs(down) + no_wall)

    def colour(self, patch: Patch) -> F32:
        """float32 [3]: a patch's usual colour (Lab, 0..255 each)."""
        return np.asarray(np.median(_part(self._lab, patch)[::3, ::3].reshape(-1, 3), 0), np.float32)

    def is_wall(self, place: Patch, colour: F32) -> bool:
        """Is this place calm and of its wall's colour? Else it is a window, a gap, a tree or the street beyond."""
        off = np.abs(_part(self._lab, place)[::2, ::2].reshape(-1, 3).mean(0) - colour)
        return _mean(self._busy, place) < 1.15 * BUSIEST and off[0] < MOST_SHADE and off[1:].max() < MOST_TINT

    def patch(self, rng: np.random.Generator, taken: Sequence[Box], least: float, most: float) -> Patch | None:
        """The best of many random rectangles inside the band: calm, large, clear of `taken`; None if none is calm.

        least, most: its width as shares of the picture's.
        """
        blocked = cv2.integral(_mask(taken, self.width, self.height))
        best: tuple[float, Patch] | None = None
        least, most = min(least, 0.6 * self.band.widest), min(most, self.band.widest)
        for _ in range(TRIES):
            width = int(self.width * np.exp(rng.uniform(np.log(least), np.log(most))))
            height = int(width * rng.uniform(0.4, 1.3))
            top, bottom = int(self.band.top * self.height), int(self.band.bottom * self.height) - height
            if bottom <= top or width >= self.width - 2:
                continue
            patch = Patch(int(rng.integers(0, self.width - width)), int(rng.integers(top, bottom)), width, height)
            if self.band.near_boxes and not self._near(taken, patch):
                continue
            busy, covered = _mean(self._busy, patch), _mean(blocked, patch)
            cost = busy * float(rng.uniform(0.8, 1.25)) + 60.0 * covered - 14.0 * np.log(width * height / 4000.0)
            if busy < BUSIEST and covered < MOST_COVERED and (best is None or cost < best[0]):
                best = (cost, patch)
        return None if best is None else best[1]

    def post(self, rng: np.random.Generator, taken: Sequence[Box]) -> Patch | None:
        """An upright strip that differs from both its sides and changes little along its height; None if none does."""
        blocked = cv2.integral(_mask(taken, self.width, self.height))
        best: tuple[float, Patch] | None = None
        for _ in range(2 * TRIES):
            width = int(self.width * np.exp(rng.uniform(np.log(0.025), np.log(0.14))))
            height = int(min(width * rng.uniform(2.5, 6.0), 0.9 * self.height))
            top, bottom = int(self.band.top * self.height), int(self.band.bottom * self.height) - height
            edge = max(2, width // 12)
            if bottom <= top or width < 16:
                continue
            x, y = int(rng.integers(edge, self.width - width - edge)), int(rng.integers(top, bottom))
            strip = Patch(x, y, width, height)
            sides = [_mean(self._upright, Patch(at - edge, y, 2 * edge, height)) for at in (x, x + width)]
            core = Patch(x + edge, y, width - 2 * edge, height)
            inside = _mean(self._level, strip) + 0.5 * _mean(self._upright, core)
            gain = min(sides) - 1.5 * inside + 4.0 * np.log(width * height)
            if min(sides) > 1.6 * inside and min(sides) > 12 and _mean(blocked, strip) < 0.05:
                best = max(best or (-1e9, strip), (gain, strip), key=lambda found: found[0])
        return None if best is None else best[1]

    def _near(self, boxes: Sequence[Box], patch: Patch) -> bool:
        """Is the patch beside one of the tags: in its rows, hardly below it, a width or two off?"""
        x, y = (patch.x + patch.width / 2) / self.width, (patch.y + patch.height / 2) / self.height
        foot = (patch.y + patch.height) / self.height
        return any(
            box.label == "illegal_ad"
            and box.y1 - 0.3 * box.height < y < box.y2
            and foot < box.y2 + max(0.4 * box.height, 0.1)
            and box.x1 - 1.5 * max(box.width, 0.1) < x < box.x2 + 1.5 * max(box.width, 0.1)
            for box in boxes
        )


def _no_wall(picture: Image) -> NDArray[np.bool_]:
    """bool [H, W]: leaves, sky, and what is too dark to see."""
    hue, saturation, value = cv2.split(cv2.cvtColor(picture, cv2.COLOR_BGR2HSV).astype(np.float32))
    leaves = (hue > 28) & (hue < 90) & (saturation > 60)
    blue_sky = (hue > 92) & (hue < 128) & (saturation > 35) & (value > 130)
    white_sky = (value > 238) & (saturation < 18)
    return np.asarray(leaves | blue_sky | white_sky | (value < 25))


def _mask(boxes: Sequence[Box], width: int, height: int) -> NDArray[np.uint8]:
    mask = np.zeros((height, width), np.uint8)
    for box in boxes:
        mask[
            int(box.y1 * height) : int(np.ceil(box.y2 * height)), int(box.x1 * width) : int(np.ceil(box.x2 * width))
        ] = 1
    return mask


def _part(whole: F32, patch: Patch) -> F32:
    return whole[patch.y : patch.y + patch.height, patch.x : patch.x + patch.width]


def _mean(integral: NDArray[Any], patch: Patch) -> float:
    x, y, x2, y2 = patch.x, patch.y, patch.x + patch.width, patch.y + patch.height
    total = integral[y2, x2] - integral[y, x2] - integral[y2, x] + integral[y, x]
    return float(total) / (patch.width * patch.height)
