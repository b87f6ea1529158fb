"""Average precision at one overlap and over COCO's ten, each with the interval that a bootstrap over pictures gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from training.scoring import COCO_IOUS, F64, Answers, average_precision

DRAWS: Final = 300
LEVEL: Final = 0.9
ENOUGH_PICTURES: Final = 5
"""With fewer pictures that show a label, drawing among them tells nothing about others; the interval is then NaN."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure, and the middle LEVEL of what it would have been on other pictures of the same kind (or NaN)."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Averages:
    """A label's average precision in one exam. own: at the exam's own overlap; ap50_95: the mean over COCO_IOUS."""

    own: Interval
    ap50: Interval
    ap50_95: Interval


def averages(of: Answers, least_iou: float, seed: int, draws: int = DRAWS) -> Averages:
    """The averages of a label, with their intervals: pictures are drawn with replacement, true boxes and all.

    Draws without a true box say nothing and are left out. The same seed gives the same intervals.
    """
    rng = np.random.default_rng(seed)
    picks = rng.multinomial(of.n_pictures, np.full(of.n_pictures, 1 / max(of.n_pictures, 1)), size=draws)
    weights = np.concatenate([np.ones((1, of.n_pictures)), picks]).astype(np.float64)
    asked = np.bincount(of.true_picture[of.asked], minlength=of.n_pictures)
    totals = weights @ asked
    weights, totals = weights[totals > 0], totals[totals > 0]
    by_overlap = {overlap: _drawn(of, overlap, weights, totals) for overlap in of.overlaps}
    mean = np.mean([by_overlap[overlap] for overlap in COCO_IOUS], axis=0)
    wide = int(np.count_nonzero(asked)) >= ENOUGH_PICTURES
    return Averages(*(_interval(drawn, wide) for drawn in (by_overlap[least_iou], by_overlap[0.5], mean)))


def _drawn(of: Answers, overlap: float, weights: F64, totals: F64) -> F64:
    """[draws] the average precision with each picture counted as often as it was drawn; the first draw is the set."""
    kept = of.counted(overlap)
    order = np.argsort(-of.score[kept], kind="stable")
    picture, hit = of.picture[kept][order], of.hits(overlap)[kept][order]
    found = np.zeros(len(weights))
    for draw, (weight, total) in enumerate(zip(weights, totals, strict=True)):
        times = weight[picture]
        used = np.cumsum(times)
        hits = np.cumsum(times * hit)
        found[draw] = average_precision(hits / np.maximum(used, 1.0), hits / total)
    return found


def _interval(drawn: F64, wide: bool) -> Interval:
    if not len(drawn) or not wide:
        return Interval(float(drawn[0]) if len(drawn) else float("nan"), float("nan"), float("nan"))
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(drawn[1:], (tail, 1 - tail))
    return Interval(float(drawn[0]), float(low), float(high))
