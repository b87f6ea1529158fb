"""How good a detector is, label by label: average precision, and the score from which to use it.

Average precision as ultralytics reports it: precision made monotone, read at 101 recalls, area by trapezes. Detections
are matched best score first, each to the free true box that it overlaps most.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.boxes import iou_matrix

F64 = NDArray[np.float64]
STEADY: Final = 5
"""Detections over which precision is averaged when an operating score is chosen, lest a lucky few choose it."""


@dataclass(frozen=True, slots=True)
class PictureScore:
    """One label in one picture: its detections (score, is it true?) best first, and how many true boxes there are."""

    score: F64
    true: NDArray[np.bool_]
    n_boxes: int


@dataclass(frozen=True, slots=True)
class Curve:
    """One label over a data set, best score first: score, and precision and recall when used down to it."""

    score: F64
    precision: F64
    recall: F64
    n_boxes: int

    @property
    def average_precision(self) -> float:
        """0..1, or NaN where there is no true box."""
        if self.n_boxes == 0:
            return float("nan")
        if not len(self.score):
            return 0.0
        recall = np.concatenate([[0.0], self.recall, [self.recall[-1], 1.0]])
        precision = np.concatenate([[1.0], self.precision, [0.0, 0.0]])
        envelope = np.maximum.accumulate(precision[::-1])[::-1]
        at = np.linspace(0.0, 1.0, 101)
        read = np.interp(at, recall, envelope)
        return float(((read[1:] + read[:-1]) / 2 * np.diff(at)).sum())

    def at(self, threshold: float) -> tuple[float, float]:
        """Precision and recall of what scores at least the threshold (precision 1 where nothing does)."""
        used = int(np.searchsorted(-self.score, -threshold, side="right"))
        return (1.0, 0.0) if used == 0 else (float(self.precision[used - 1]), float(self.recall[used - 1]))

    def best_f(self, beta: float = 1.0) -> float:
        """The score whose F-measure is highest; beta above 1 weighs recall more. 0.5 where nothing was found."""
        if not len(self.score) or self.n_boxes == 0:
            return 0.5
        weight = beta * beta
        f = (1 + weight) * self.precision * self.recall / np.maximum(weight * self.precision + self.recall, 1e-9)
        smooth = np.convolve(f, np.ones(STEADY) / STEADY, mode="same") if len(f) >= STEADY else f
        return float(self.score[int(np.argmax(smooth))])


def match(
    found: NDArray[np.float32],
    score: NDArray[np.float32],
    true: NDArray[np.float32],
    asked: NDArray[np.bool_] | None = None,
    least_iou: float = 0.5,
) -> PictureScore:
    """Match one label's detections [N, 4] in a picture to its true boxes [M, 4], same units.

    asked: bool [M], False for true boxes that do not count: a detection of one is left out, neither true nor false.
    """
    order = np.argsort(-score, kind="stable")
    counts = np.ones(len(true), np.bool_) if asked is None else asked
    hit, kept = np.zeros(len(order), np.bool_), np.ones(len(order), np.bool_)
    free = np.ones(len(true), np.bool_)
    overlaps = iou_matrix(found, true) if len(found) and len(true) else np.zeros((len(found), len(true)))
    for place, row in enumerate(order):
        candidates = np.where(free, overlaps[row], -1.0)
        if len(candidates) and candidates.max() >= least_iou:
            taken = int(candidates.argmax())
            free[taken] = False
            hit[place], kept[place] = counts[taken], counts[taken]
    return PictureScore(score[order][kept].astype(np.float64), hit[kept], int(counts.sum()))


def curve(pictures: Sequence[PictureScore]) -> Curve:
    """The precision-recall curve of a label over many pictures."""
    n_boxes = sum(picture.n_boxes for picture in pictures)
    score = np.concatenate([picture.score for picture in pictures]) if pictures else np.zeros(0)
    true = np.concatenate([picture.true for picture in pictures]) if pictures else np.zeros(0, np.bool_)
    order = np.argsort(-score, kind="stable")
    hits = np.cumsum(true[order]).astype(np.float64)
    ranks = np.arange(1, len(order) + 1)
    return Curve(score[order], hits / ranks, hits / max(n_boxes, 1), n_boxes)
