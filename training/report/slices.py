"""The same label apart by the size of its boxes and by the light of the photo."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pipeline.boxes import areas
from training.evaluate import Seen, Sitting
from training.scoring import Answers, Mask, curve


class By(StrEnum):
    """What pictures or boxes are told apart by."""

    SHARE = "share"
    PIXELS = "pixels"
    LIGHT = "light"


SHARES: Final = (("small", 0.0, 0.01), ("medium", 0.01, 0.1), ("large", 0.1, 2.0))
"""Of the picture's area."""
PIXELS: Final = (("small", 0.0, 32.0**2), ("medium", 32.0**2, 96.0**2), ("large", 96.0**2, 1e12))
"""COCO's areas, px² of the picture as it lies in its file."""
DARK, BRIGHT, FLAT = 70.0, 170.0, 35.0
"""Mean grey below which a photo is dark and above which it is bright, and the spread below which it is flat (haze)."""
LIGHTS: Final = ("dark", "normal", "bright", "flat")


@dataclass(frozen=True, slots=True)
class Slice:
    """One label on a part of an exam, at the operating score."""

    dataset: str
    truth: str
    label: str
    by: By
    name: str
    n_pictures: int
    n_boxes: int
    average_precision: float
    precision: float
    recall: float


def slices(sitting: Sitting, label: str, score: float) -> list[Slice]:
    """A label by every slicing; parts without a true box are told too, with NaN figures."""
    rows = []
    for by, name, part, n_pictures in _parts(sitting, label):
        of = curve(part, sitting.exam.least_iou)
        precision, recall = of.at(score) if of.n_boxes else (float("nan"), float("nan"))
        rows.append(
            Slice(*sitting.exam.key, label, by, name, n_pictures, of.n_boxes, of.average_precision, precision, recall)
        )
    return rows


def light_of(seen: Seen) -> str:
    """A photo's light: dark before flat before bright, as dark photos are flat too."""
    if seen.grey_mean < DARK:
        return "dark"
    if seen.grey_spread < FLAT:
        return "flat"
    return "bright" if seen.grey_mean > BRIGHT else "normal"


def _parts(sitting: Sitting, label: str) -> Iterator[tuple[By, str, Answers, int]]:
    """A detection without a true box counts in the slice of its own size, as in COCO."""
    of = sitting.answers[label]
    whole = np.array([one.width_px * one.height_px for one in sitting.seen], np.float64)
    n_pictures = len(sitting.seen)
    for by, bounds, scale in ((By.SHARE, SHARES, whole), (By.PIXELS, PIXELS, np.ones_like(whole))):
        true, found = areas(of.true_xyxy) / scale[of.true_picture], areas(of.xyxy) / scale[of.picture]
        for name, low, high in bounds:
            inside = _between(true, low, high), _between(found, low, high)
            yield by, name, of.asking(of.asked & inside[0], of.alone & inside[1]), n_pictures
    lights = np.array([light_of(one) for one in sitting.seen])
    for name in LIGHTS:
        wanted = lights == name
        yield By.LIGHT, name, of.of_pictures(wanted), int(wanted.sum())


def _between(area: NDArray[np.floating[Any]], low: float, high: float) -> Mask:
    return np.asarray((area >= low) & (area < high))
