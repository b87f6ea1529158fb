"""A photo that is being drawn on: its canvas, its walls, and what hangs on it so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from training.ads.kinds import AdKind
from training.ads.legal import LegalKind, draw_legal
from training.ads.sheet import F32, Sheet
from training.ads.sprays import painted_over
from training.pictures import Image
from training.sources import Box
from training.synthesis.paste import light_on_paper, paste
from training.synthesis.planes import Corners, Plane, Spot
from training.synthesis.walls import Band, Patch, Walls

SMALLEST_AD_PX: Final = 8
AD: Final = "illegal_ad"
SIGN: Final = "sign"
CLEANED: Final = "cleaned"
LARGE_SIGNS: Final = frozenset({LegalKind.SHOP_BOARD, LegalKind.NOTICE_CASE})
MOST_COVERED: Final = 0.15
WIDE_VIEW: Final = 0.35
"""A wall from this share of the picture's width on is seen from close by."""


@dataclass(slots=True)
class Scene:
    """One photo at work. `canvas` is its own copy; `taken` may not be covered; `ads` and `unlabelled` fill up. `colour`
    is that of the wall in hand."""

    rng: np.random.Generator
    canvas: Image
    taken: Sequence[Box]
    band: Band
    fonts: Sequence[Path]
    ads: list[Box] = field(default_factory=list)
    unlabelled: list[Box] = field(default_factory=list)
    walls: Walls = field(init=False)
    light: F32 = field(init=False)
    blur_px: float = field(init=False)
    shadow: float = field(init=False)
    colour: F32 | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.walls = Walls(self.canvas, self.band)
        self.light = light_on_paper(self.rng, self.canvas)
        self.blur_px = float(self.rng.uniform(0.3, 0.9))
        self.shadow = float(self.rng.choice([0.0, 0.25, 0.55], p=[0.2, 0.5, 0.3]))

    @property
    def long_side_px(self) -> int:
        return int(max(self.canvas.shape[:2]))

    def wall(self, least: float, most: float) -> Patch | None:
        """A patch of wall on which nothing hangs yet; where the layout allows it, half of them seen from close by."""
        taken = [*self.taken, *self.ads, *self.unlabelled]
        close = most > WIDE_VIEW and self.rng.random() < 0.5
        patch = self.walls.patch(self.rng, taken, WIDE_VIEW, most) if close else None
        patch = patch or self.walls.patch(self.rng, taken, least, most)
        self.colour = None if patch is None else self.walls.colour(patch)
        return patch

    def post(self) -> Patch | None:
        """A post, pipe or door frame on which nothing hangs yet."""
        self.colour = None
        return self.walls.post(self.rng, [*self.taken, *self.ads, *self.unlabelled])

    def hang(self, sheet: Sheet, corners: Corners, label: str = AD) -> bool:
        """Paste a sheet and note its box; False where it would cover what is taken, hang in the air, or hardly show."""
        if self._covers(corners) or not self._on_wall(corners):
            return False
        box = paste(
            self.rng, self.canvas, sheet, corners, self.light, self.blur_px, label, SMALLEST_AD_PX, self.shadow
        )  # fmt: skip
        if box is not None:
            (self.ads if label == AD else self.unlabelled).append(box)
        return box is not None

    def _covers(self, corners: Corners) -> bool:
        """Would more than a little of something taken, or of the sheet, disappear?"""
        height, width = self.canvas.shape[:2]
        (x1, y1), (x2, y2) = corners.min(0) / (width, height), corners.max(0) / (width, height)
        for box in (*self.taken, *(box for box in self.unlabelled if box.label == SIGN)):
            shared = max(0.0, min(x2, box.x2) - max(x1, box.x1)) * max(0.0, min(y2, box.y2) - max(y1, box.y1))
            if shared > MOST_COVERED * min((x2 - x1) * (y2 - y1), box.width * box.height):
                return True
        return False

    def _on_wall(self, corners: Corners) -> bool:
        """Does the wall go on behind the whole sheet?"""
        height, width = self.canvas.shape[:2]
        x1, y1 = (max(0, int(v)) for v in corners.min(0))
        x2, y2 = min(width, int(corners[:, 0].max())), min(height, int(corners[:, 1].max()))
        if x2 - x1 < 3 or y2 - y1 < 3:
            return False
        return self.colour is None or self.walls.is_wall(Patch(x1, y1, x2 - x1, y2 - y1), self.colour)

    def hang_legal(self) -> None:
        """One or two legal signs on walls of their own, upright and tidy; notice cases often two in a row."""
        kind = list(LegalKind)[int(self.rng.integers(len(LegalKind)))]
        patch = self.wall(0.15, 0.5) if kind in LARGE_SIGNS else self.wall(0.05, 0.2)
        if patch is None:
            return
        plane = Plane.drawn(self.rng, patch)
        fill = float(self.rng.uniform(0.4, 0.95))
        row = 2 if kind is LegalKind.NOTICE_CASE and self.rng.random() < 0.4 else 1
        for place in range(row):
            sheet = draw_legal(self.rng, self.fonts, kind)
            spot = _fitted(sheet, patch, fill, place, row)
            self.hang(sheet, plane.corners(spot, float(self.rng.normal(0, 0.3))), SIGN)

    def paint_over(self, patch: Patch, plane: Plane) -> None:
        """One to three cleaned places on a wall, painted over in a colour that does not quite match."""
        for _ in range(int(self.rng.integers(1, 4))):
            sheet = Sheet(painted_over(self.rng), 1.0, painted=True)
            wide, tall = sheet.size_m
            scale = float(self.rng.uniform(0.15, 0.5)) * min(patch.width / wide, patch.height / tall)
            w, h = wide * scale, tall * scale
            x, y = self.rng.uniform(0, patch.width - w), self.rng.uniform(0, patch.height - h)
            tone = self.canvas[patch.y : patch.y + patch.height, patch.x : patch.x + patch.width].mean((0, 1))
            rgba = sheet.rgba.copy()
            near = 0.6 * rgba[..., :3] + 0.4 * np.clip(tone[::-1] * 1.15, 0, 255)
            rgba[..., :3] = near.astype(np.uint8)
            corners = plane.corners(Spot(float(x), float(y), w, h), float(self.rng.normal(0, 1.5)))
            self.hang(Sheet(rgba, 1.0, painted=True), corners, CLEANED)

    def cast_shadow(self, patch: Patch) -> None:
        """The straight edge of a shadow across a patch and what hangs on it, hard or soft."""
        x, y, w, h = patch.x, patch.y, patch.width, patch.height
        part = self.canvas[y : y + h, x : x + w]
        turn, at = float(self.rng.uniform(0, np.pi)), float(self.rng.uniform(-0.5, 0.5))
        v, u = np.mgrid[-1 : 1 : h * 1j, -1 : 1 : w * 1j].astype(np.float32)
        soft = float(self.rng.uniform(0.01, 0.4))
        side = np.clip((u * np.cos(turn) + v * np.sin(turn) - at) / soft + 0.5, 0, 1)
        fade = np.clip((1 - np.maximum(np.abs(u), np.abs(v))) * 8, 0, 1)
        part[:] = part * (1 - float(self.rng.uniform(0.12, 0.3)) * side * fade)[..., None]

    def blur_by_motion(self) -> None:
        """The camera moved: a streak of three to nine pixels, mostly level, over the whole picture."""
        length = int(self.rng.integers(3, 10))
        kernel = np.zeros((length, length), np.float32)
        cv2.line(kernel, (0, length // 2), (length - 1, length // 2), 1.0)
        turn = cv2.getRotationMatrix2D((length / 2 - 0.5, length / 2 - 0.5), float(self.rng.normal(0, 15)), 1)
        streak = np.asarray(cv2.warpAffine(kernel, turn, (length, length)), np.float32)
        self.canvas = np.asarray(cv2.filter2D(self.canvas, -1, streak / streak.sum()), np.uint8)

    def compress(self) -> None:
        """What a camera's encoder does at a low rate."""
        quality = int(self.rng.integers(25, 75))
        packed = cv2.imencode(".jpg", self.canvas, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        self.canvas = np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.uint8)


def _fitted(sheet: Sheet, patch: Patch, fill: float, place: int, row: int) -> Spot:
    """The sheet in its cell of a row across the patch, at its own proportions, in the upper half."""
    wide, tall = sheet.size_m
    cell = patch.width / row
    scale = fill * min(cell / wide, patch.height / tall)
    w, h = wide * scale, tall * scale
    return Spot(place * cell + (cell - w) / 2, 0.4 * (patch.height - h), w, h)


PAPER_SHARES: Final = {AdKind.STICKER: 0.58, AdKind.POSTER: 0.14, AdKind.FLYER: 0.16, AdKind.CARD: 0.12}
"""How common each printed kind is where ads of all kinds hang."""


def any_paper(rng: np.random.Generator) -> AdKind:
    """A printed kind, as common as it is."""
    return list(PAPER_SHARES)[int(rng.choice(len(PAPER_SHARES), p=list(PAPER_SHARES.values())))]
