"""What happens to paper on a wall: it fades and wrinkles, its corners curl, it is torn and scraped off."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from training.ads.sheet import F32, Rgba, smooth_noise

CORE: Final = (238, 236, 228)
"""The white core of paper, which shows where it is torn."""
GLUE: Final = ((206, 196, 170), (222, 218, 205), (186, 182, 172))


def worn(rng: np.random.Generator, page: Rgba, age: float) -> Rgba:
    """A sheet after some time outdoors; age 0 (new) to 1 (a remnant)."""
    height, width = page.shape[:2]
    fade = float(rng.uniform(0, 0.5)) * age
    paper = page[..., :3].astype(np.float32)
    paper = paper * (1 - fade) + paper.mean((0, 1)) * 0.3 * fade + 215 * 0.7 * fade
    paper *= _wrinkles(rng, height, width, 0.03 + 0.1 * age * float(rng.random()))[..., None]
    aged = np.dstack([np.clip(paper, 0, 255).astype(np.uint8), page[..., 3]])
    for _ in range(int(rng.poisson(1.6 * age))):
        _tear(rng, aged)
    if rng.random() < 0.12 + 0.2 * age:
        _curl(rng, aged)
    if rng.random() < 0.75 * age:
        _rip(rng, aged, float(rng.uniform(0.15, 0.3 + 0.5 * age)))
    return aged


def scraps(rng: np.random.Generator, height: int, width: int) -> Rgba:
    """What is left of an ad that was scraped off: flakes of paper on a film of glue."""
    page = np.zeros((height, width, 4), np.uint8)
    page[..., :3] = GLUE[int(rng.integers(len(GLUE)))]
    inside = np.minimum.outer(_ramp(height), _ramp(width))
    flakes = smooth_noise(rng, height, width, int(rng.integers(5, 14))) + 0.8 * smooth_noise(rng, height, width, 34)
    film = np.clip(0.2 + 0.14 * smooth_noise(rng, height, width, 6), 0, 0.5)
    paper = flakes > float(rng.uniform(0.4, 1.1))
    page[paper, :3] = CORE
    inked = paper & (smooth_noise(rng, height, width, 14) > 0.9)
    page[inked, :3] = rng.integers(20, 220, 3)
    ragged = inside + 0.12 * smooth_noise(rng, height, width, 12) > 0.16
    page[..., 3] = np.clip(255 * np.where(paper, 0.95, film) * ragged, 0, 255)
    return page


def _ramp(length: int) -> F32:
    """0 at both ends, 1 in the middle."""
    return np.asarray(1 - np.abs(np.linspace(-1, 1, length)), np.float32)


def _wrinkles(rng: np.random.Generator, height: int, width: int, strength: float) -> F32:
    """float32 [H, W] around 1: waves of the paper, and a few creases lit from one side."""
    rows, columns = height // 2 + 1, width // 2 + 1
    shade = strength * smooth_noise(rng, rows, columns, 7)
    y, x = np.mgrid[0:rows, 0:columns].astype(np.float32)
    for _ in range(int(rng.integers(0, 5))):
        turn, reach = float(rng.uniform(0, np.pi)), np.float32(rng.uniform(1, 3.5))
        across, down = np.float32(np.cos(turn)), np.float32(np.sin(turn))
        off = ((x - int(rng.integers(columns))) * across + (y - int(rng.integers(rows))) * down) / reach
        shade += np.float32(3.0 * strength) * off * np.exp(-(off**2))
    return np.asarray(cv2.resize(np.clip(1 + shade, 0.55, 1.3), (width, height)), np.float32)


def _tear(rng: np.random.Generator, page: Rgba) -> None:
    """Take a ragged piece off a corner or out of an edge, in place; the torn edge shows the paper's core."""
    height, width = page.shape[:2]
    centre = (int(rng.choice([0, width])), int(rng.uniform(0, height))) if rng.random() < 0.6 else (
        int(rng.uniform(0, width)), int(rng.choice([0, height])))  # fmt: skip
    reach = float(rng.uniform(0.08, 0.3)) * min(height, width)
    angles = np.sort(rng.uniform(0, 2 * np.pi, 14))
    radii = reach * rng.uniform(0.6, 1.3, 14)
    whole = page[..., 3].copy()
    for grow, value in ((1.18, None), (1.0, 0)):
        ragged = np.stack([centre[0] + grow * radii * np.cos(angles), centre[1] + grow * radii * np.sin(angles)], 1)
        piece = np.zeros((height, width), np.uint8)
        cv2.fillPoly(piece, [ragged.astype(np.int32)], 1)
        if value is None:
            page[piece > 0, :3] = CORE
        else:
            page[..., 3] = np.where(piece > 0, value, whole)


def _rip(rng: np.random.Generator, page: Rgba, share: float) -> None:
    """Strip about that share of the sheet off, in place: a ragged border of white core, flakes and glue behind it."""
    height, width = page.shape[:2]
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    turn = float(rng.uniform(0, 2 * np.pi))
    field = 0.9 * (x * np.cos(turn) + y * np.sin(turn)) + 0.45 * smooth_noise(rng, height, width, 5)
    field += 0.1 * smooth_noise(rng, height, width, 26)
    edge = float(np.quantile(field, 1 - share))
    gone = field > edge
    page[(field > edge - float(rng.uniform(0.04, 0.16))) & ~gone, :3] = CORE
    left_over = scraps(rng, height, width)
    thin: NDArray[np.float32] = left_over[..., 3] * np.float32(page[..., 3] > 0) * float(rng.uniform(0.1, 1.0))
    page[gone, :3] = left_over[gone, :3]
    page[gone, 3] = thin[gone].astype(np.uint8)


def _curl(rng: np.random.Generator, page: Rgba) -> None:
    """Bend a corner over, in place: the wall shows behind it, and the sheet's back lies over its front, shaded."""
    height, width = page.shape[:2]
    size = int(float(rng.uniform(0.12, 0.3)) * min(height, width))
    right, low = rng.random() < 0.5, rng.random() < 0.6
    corner = page[:, ::-1] if right else page
    corner = corner[::-1] if low else corner
    y, x = np.mgrid[0:size, 0:size]
    part = corner[:size, :size]
    away, back = x + y < size, x + y >= size
    shade = np.clip(1.25 - 0.5 * (x + y - size) / size, 0.6, 1.0)[back]
    part[away, 3] = 0
    part[back, :3] = (np.array(CORE) * shade[:, None] * 0.92).astype(np.uint8)
