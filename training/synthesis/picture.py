"""Draws ads and legal signs onto one photo. Everything follows from the seed and the photo's name."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from training.pictures import Image
from training.sources import Box
from training.synthesis.boxes import together_as_one
from training.synthesis.layouts import LAYOUT_SHARES, Layout, hang_group
from training.synthesis.scene import Scene
from training.synthesis.walls import Band

LONG_SIDE_PX: Final = 800
LEGAL_SHARE: Final = 0.45
"""Of the pictures, this share gets legal signs as well, which stay unlabelled."""


@dataclass(frozen=True, slots=True)
class Pasted:
    """A picture with things hung on it: uint8 [H, W, 3] BGR, the boxes to label, and those to leave unlabelled."""

    picture: Image
    ads: tuple[Box, ...]
    unlabelled: tuple[Box, ...] = ()


def paste_ads(
    picture: Image,
    taken: Sequence[Box],
    band: Band,
    fonts: Sequence[Path],
    seed: int,
    name: str,
    shares: Mapping[Layout, float] = LAYOUT_SHARES,
) -> Pasted | None:
    """Hang one or two groups of ads on a photo's walls, and legal signs beside them; None where no ad finds a place.

    `taken` are the boxes that must not be covered (with `near_boxes`, those that the ads should hang beside); `shares`
    says how common each layout is. Ads that hang together are one box.
    """
    rng = np.random.default_rng([seed, zlib.crc32(name.encode())])
    scale = min(1.0, LONG_SIDE_PX / max(picture.shape[:2]))
    canvas = (
        cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else picture.copy()
    )
    scene = Scene(rng, np.asarray(canvas, np.uint8), taken, band, fonts)
    if rng.random() < LEGAL_SHARE:
        for _ in range(int(rng.integers(1, 3))):
            scene.hang_legal()
    weights = np.array(list(shares.values())) / sum(shares.values())
    for _ in range(1 + int(rng.random() < 0.3)):
        layout = list(shares)[int(rng.choice(len(weights), p=weights))]
        if not hang_group(scene, layout) and Layout.SCATTERED in shares:
            hang_group(scene, Layout.SCATTERED)
    if not scene.ads:
        return None
    if rng.random() < 0.12:
        scene.blur_by_motion()
    if rng.random() < 0.25:
        scene.compress()
    height, width = scene.canvas.shape[:2]
    return Pasted(scene.canvas, tuple(together_as_one(scene.ads, width, height)), tuple(scene.unlabelled))
