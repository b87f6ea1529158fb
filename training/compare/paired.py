"""Paired figures: the same pictures, resampled together for both models.

An interval is the middle 95 % of a percentile bootstrap over whole pictures (Efron & Tibshirani, An Introduction to the
Bootstrap, §13.3): boxes of one picture hang together, so pictures are drawn, never boxes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from training.scoring import Answers, Curve

DRAWS: Final = 1000
MIDDLE: Final = (2.5, 97.5)
SEED: Final = 20


@dataclass(frozen=True, slots=True, eq=False)
class Hits:
    """One label's detections that are either true or false, over P pictures, best score first.

    score: float64 [N]; true: bool [N]; picture: int32 [N], the picture's place; n_boxes: int64 [P], its true boxes.
    """

    score: NDArray[np.float64]
    true: NDArray[np.bool_]
    picture: NDArray[np.int32]
    n_boxes: NDArray[np.int64]

    @classmethod
    def of(cls, answers: Answers, overlap: float) -> Hits:
        """From a label's answers, which were matched at that overlap."""
        kept = answers.counted(overlap)
        score, true, picture = answers.score[kept], answers.hits(overlap)[kept], answers.picture[kept]
        order = np.argsort(-score, kind="stable")
        n_boxes = np.bincount(answers.true_picture[answers.asked], minlength=answers.n_pictures)
        return cls(score[order], true[order], picture[order], n_boxes)

    def curve(self, times: NDArray[np.int64] | None = None) -> Curve:
        """The precision-recall curve when each picture is there so many times (int64 [P]; once without it)."""
        weight = np.ones(len(self.n_boxes), np.int64) if times is None else times
        each = weight[self.picture]
        hits = np.cumsum(each * self.true).astype(np.float64)
        ranks = np.cumsum(each)
        n_boxes = int((weight * self.n_boxes).sum())
        return Curve(self.score, hits / np.maximum(ranks, 1), hits / max(n_boxes, 1), n_boxes)

    def down_to_the_last_true(self) -> Hits:
        """Without the false detections below every true one: they change no average precision."""
        last = int(np.flatnonzero(self.true)[-1]) + 1 if self.true.any() else 0
        return Hits(self.score[:last], self.true[:last], self.picture[:last], self.n_boxes)


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure, and the ends of its 95 % interval."""

    value: float
    low: float
    high: float


def difference(first: Hits, second: Hits, draws: int = DRAWS) -> Interval:
    """Average precision of the second less that of the first; both over the same pictures, at least one with a box."""
    if not np.array_equal(first.n_boxes, second.n_boxes):
        raise ValueError("paired figures need the same pictures with the same true boxes")
    one, two = first.down_to_the_last_true(), second.down_to_the_last_true()
    value = two.curve().average_precision - one.curve().average_precision
    found = []
    for times in _resampled(len(first.n_boxes), draws):
        if (times * first.n_boxes).any():
            found.append(two.curve(times).average_precision - one.curve(times).average_precision)
    low, high = np.percentile(found, MIDDLE)
    return Interval(value, float(low), float(high))


def median_ratio(first: NDArray[np.float64], second: NDArray[np.float64], draws: int = DRAWS) -> Interval:
    """The median over pictures of second / first, for two positive columns of one length."""
    ratios = second / first
    drawn = [float(np.median(np.repeat(ratios, times))) for times in _resampled(len(ratios), draws)]
    low, high = np.percentile(drawn, MIDDLE)
    return Interval(float(np.median(ratios)), float(low), float(high))


def _resampled(n: int, draws: int) -> NDArray[np.int64]:
    """int64 [draws, n]: how often each of n pictures is drawn. The same for every caller with the same n."""
    return np.random.default_rng(SEED).multinomial(n, np.full(n, 1 / n), size=draws)
