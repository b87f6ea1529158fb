"""A golden check: the same drawn picture through the same model must score the same, wherever it runs.

A file can be the one that was signed and still give other numbers, on a runtime or processor that computes it wrongly.
The workshop writes into the card what each label scores best on a picture that is drawn here from whole numbers; a
vehicle draws it again, runs the model and compares before it switches to it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.detector import Detector

WIDTH_PX: Final = 640
HEIGHT_PX: Final = 384
LEAST: Final = 1e-4
"""Scores nearer to 0 or 1 than this say no more than that they are."""
LARGEST_APART: Final = 0.1
"""In log-odds. On the shipped models onnxruntime and OpenVINO lie within 0.00001 in float32; bfloat16, which is not
used here, moves a score by up to 0.3."""
Colour = tuple[int, int, int]


def golden_scores(detector: Detector) -> dict[str, float]:
    """The best score of each label on the golden picture, in 0..1, at any place."""
    prepared = detector.prepare(golden_picture())
    best = detector.infer(prepared).scores.max(axis=1)
    return {label: round(float(score), 6) for label, score in zip(detector.card.labels, best, strict=True)}


def differing(expected: Mapping[str, float], found: Mapping[str, float]) -> list[str]:
    """The labels whose scores lie too far apart, or that only one of the two has."""
    apart = [label for label in expected if label in found and _apart(expected[label], found[label]) > LARGEST_APART]
    return sorted({*apart, *(set(expected) ^ set(found))})


def golden_picture() -> NDArray[np.uint8]:
    """uint8 [384, 640, 3] BGR: a wall with a notice, a bin, a heap of spots, all by whole numbers alone."""
    y, x = np.mgrid[0:HEIGHT_PX, 0:WIDTH_PX].astype(np.int64)
    grain = ((x * 7919 + y * 104729 + x * y // 3) % 31 - 15)[..., None]
    below = (y > 172)[..., None]
    picture = np.where(below, 105 + y[..., None] // 16, 160 - y[..., None] // 6) + grain // 2 + np.zeros(3, np.int64)
    for x1, y1, x2, y2, colour in _BLOCKS:
        picture[y1:y2, x1:x2] = np.array(colour) + grain[y1:y2, x1:x2] // 3
    for spot in range(26):
        centre_x, centre_y, radius = 380 + spot * 53 % 120, 300 + spot * 29 % 50, 7 + spot % 4 * 3
        inside = (x - centre_x) ** 2 // 2 + (y - centre_y) ** 2 < radius**2
        picture[inside] = np.array([spot * 71 % 200 + 40, spot * 37 % 180 + 50, spot * 113 % 200 + 40]) + grain[inside]
    return np.asarray(np.clip(picture, 0, 255), np.uint8)


_BLOCKS: Final[tuple[tuple[int, int, int, int, Colour], ...]] = (
    (90, 150, 170, 290, (60, 110, 30)),
    (84, 132, 176, 156, (50, 90, 25)),
    (430, 40, 500, 120, (235, 240, 245)),
    *((438, 50 + row * 14, 478 + row * 11 % 18, 56 + row * 14, (30, 30, 200)) for row in range(5)),
)


def _apart(one: float, other: float) -> float:
    return abs(_log_odds(one) - _log_odds(other))


def _log_odds(score: float) -> float:
    kept = min(max(score, LEAST), 1 - LEAST)
    return math.log(kept / (1 - kept))
