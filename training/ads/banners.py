"""Draws banners (横幅): wide cloth with large words, sagging between its corners, folded, tied with string."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from PIL import Image, ImageDraw

from training.ads.sheet import Colour, Pen, Rgba, one_of, smooth_noise
from training.ads.words import phone, slogan, spaced

CLOTHS: Final[tuple[tuple[Colour, tuple[Colour, ...]], ...]] = (
    ((200, 20, 28), ((252, 225, 40), (250, 250, 246))),
    ((190, 16, 34), ((250, 250, 246), (252, 225, 40))),
    ((20, 60, 165), ((250, 250, 246), (252, 225, 40))),
    ((245, 205, 30), ((190, 20, 30),)),
    ((245, 245, 240), ((190, 20, 30), (20, 50, 150))),
    ((20, 125, 70), ((250, 250, 246),)),
)
CLOTH_SHARES: Final = (0.38, 0.22, 0.16, 0.08, 0.1, 0.06)
STRING: Final = (225, 220, 205, 255)


def banner(rng: np.random.Generator, fonts: Sequence[Path]) -> Rgba:
    """A cloth five to nine times as wide as tall; its words are a slogan, often with a number."""
    height = 90
    width = int(height * rng.uniform(4.5, 9))
    cloth, inks = CLOTHS[int(rng.choice(len(CLOTHS), p=CLOTH_SHARES))]
    page = Image.new("RGBA", (width, height), (*cloth, 255))
    words = slogan(rng, bool(fonts))
    if rng.random() < 0.6:
        words += "  " + spaced(phone(rng))
    pad = 0.12 * height
    Pen.drawn(rng, fonts).write(
        ImageDraw.Draw(page), (3 * pad, pad, width - 3 * pad, height - pad), words, one_of(rng, inks), bold_px=1
    )
    return _hung(rng, np.array(page))


def _hung(rng: np.random.Generator, cloth: Rgba) -> Rgba:
    """The cloth between its strings: it sags in the middle and its folds run from the corners."""
    height, width = cloth.shape[:2]
    string = int(0.05 * width)
    sag, ripple = float(rng.uniform(0, 0.3)) * height, float(rng.uniform(0, 0.05)) * height
    tall = height + int(sag + 2 * ripple) + 8
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(tall, dtype=np.float32))
    across = x / width * 2 - 1
    waves = float(rng.uniform(2, 7)) * np.pi
    phase = float(rng.uniform(0, 6))
    down = sag * (1 - across**2) + ripple * (1 + np.sin(waves * across + phase)) + 4
    rgba = cv2.remap(cloth, x, (y - down).astype(np.float32), cv2.INTER_LINEAR, borderValue=(0, 0, 0, 0))
    folds = np.sin(waves * across * 1.7 + phase + 0.02 * y * float(rng.uniform(-1, 1)))
    strength = float(rng.uniform(0.03, 0.16))
    shade = np.clip(1 + strength * folds + 0.4 * strength * smooth_noise(rng, tall, width, 12), 0.5, 1.2)
    rgba[..., :3] = np.clip(rgba[..., :3] * shade[..., None], 0, 255)
    whole = np.zeros((tall, width + 2 * string, 4), np.uint8)
    whole[:, string : string + width] = rgba
    for end, corner in ((0, string + 2), (whole.shape[1] - 1, string + width - 3)):
        for cloth_y in (int(down[0, 0]) + 2, int(down[0, 0]) + height - 4):
            tied = int(np.clip(cloth_y + rng.normal(0, 0.15 * height), 0, tall - 1))
            cv2.line(whole, (corner, cloth_y), (end, tied), STRING, 1, cv2.LINE_AA)
    return whole
