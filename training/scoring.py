"""How good a detector is, label by label: what it answered to a set of pictures, and its precision-recall curve.

Detections are matched best score first, each to the free true box that it overlaps most. Average precision is COCO's:
precision made monotone, read at 101 recalls, their mean (a test holds it equal to pycocotools').
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from pipeline.boxes import iou_matrix

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I32 = NDArray[np.int32]
Mask = NDArray[np.bool_]

RECALLS: Final = np.linspace(0.0, 1.0, 101)
COCO_IOUS: Final = (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)
STEADY: Final = 5
"""Detections over which precision is averaged when an operating score is chosen, lest a lucky few choose it."""


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """One label's detections in a set of pictures, its true boxes, and which detection takes which.

    picture: int32 [N], place of the picture in the set, ascending; within a picture the best score stands first
    score: float64 [N]; xyxy: float32 [N, 4] px
    alone: bool [N], whether a detection that takes no true box counts (as false)
    overlaps: the intersections over union [T] from which a detection is one of a true box
    taken: int32 [T, N], row of the true box that a detection takes at each overlap, -1 for none
    true_picture: int32 [M]; true_xyxy: float32 [M, 4] px
    asked: bool [M], False for true boxes that do not count: a detection of one is left out, neither true nor false
    """

    n_pictures: int
    picture: I32
    score: F64
    xyxy: F32
    alone: Mask
    overlaps: tuple[float, ...]
    taken: I32
    true_picture: I32
    true_xyxy: F32
    asked: Mask

    def __post_init__(self) -> None:
        n, m, t = len(self.score), len(self.asked), len(self.overlaps)
        shapes = (self.picture.shape, self.xyxy.shape, self.alone.shape, self.taken.shape)
        true_shapes = (self.true_picture.shape, self.true_xyxy.shape)
        if shapes != ((n,), (n, 4), (n,), (t, n)) or true_shapes != ((m,), (m, 4)):
            raise ValueError(f"columns disagree: {shapes}, {true_shapes} for {n} detections and {m} true boxes")

    @property
    def n_boxes(self) -> int:
        """The true boxes that count."""
        return int(self.asked.sum())

    def row(self, overlap: float) -> int:
        """Where an overlap stands in `overlaps`; raises ValueError for one that was not matched at."""
        return self.overlaps.index(overlap)

    def hits(self, overlap: float) -> Mask:
        """[N] whether each detection takes a true box that counts."""
        taken = self.taken[self.row(overlap)]
        return np.asarray((taken >= 0) & _of(self.asked, taken))

    def counted(self, overlap: float) -> Mask:
        """[N] whether each detection is either true or false, and not left out."""
        taken = self.taken[self.row(overlap)]
        return np.asarray(np.where(taken >= 0, _of(self.asked, taken), self.alone))

    def asking(self, asked: Mask, alone: Mask) -> Self:
        """The same answers with other true boxes, and other detections without one, counting."""
        return replace(self, asked=asked, alone=alone)

    def of_pictures(self, wanted: Mask) -> Self:
        """The same answers with only some pictures' boxes and detections counting; wanted: bool [n_pictures]."""
        return self.asking(self.asked & wanted[self.true_picture], self.alone & wanted[self.picture])


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """One label over a set of pictures, best score first: score, and precision and recall when used down to it."""

    score: F64
    precision: F64
    recall: F64
    n_boxes: int

    @property
    def average_precision(self) -> float:
        """0..1, or NaN where there is no true box."""
        return float("nan") if self.n_boxes == 0 else average_precision(self.precision, self.recall)

    def used(self, threshold: float) -> int:
        """How many detections score at least the threshold."""
        return int(np.searchsorted(-self.score, -threshold, side="right"))

    def at(self, threshold: float) -> tuple[float, float]:
        """Precision and recall of what scores at least the threshold (precision 1 where nothing does)."""
        used = self.used(threshold)
        return (1.0, 0.0) if used == 0 else (float(self.precision[used - 1]), float(self.recall[used - 1]))

    def best_f(self, beta: float = 1.0) -> float:
        """The score whose F-measure is highest; beta above 1 weighs recall more. 0.5 where nothing was found."""
        if not len(self.score) or self.n_boxes == 0:
            return 0.5
        weight = beta * beta
        f = (1 + weight) * self.precision * self.recall / np.maximum(weight * self.precision + self.recall, 1e-9)
        smooth = np.convolve(f, np.ones(STEADY) / STEADY, mode="same") if len(f) >= STEADY else f
        return float(self.score[int(np.argmax(smooth))])

    def for_precision(self, target: float, scores: Sequence[float]) -> float | None:
        """The lowest of the scores at which precision is at least the target, or None where it is at none.

        The first STEADY detections alone do not reach it: they are too few to tell.
        """
        enough = (score for score in sorted(scores) if self.used(score) >= STEADY and self.at(score)[0] >= target)
        return next(enough, None)

    def for_recall(self, target: float, scores: Sequence[float]) -> float | None:
        """The highest of the scores at which recall is at least the target, or None where it is at none."""
        enough = (score for score in sorted(scores, reverse=True) if self.n_boxes and self.at(score)[1] >= target)
        return next(enough, None)


def average_precision(precision: F64, recall: F64) -> float:
    """COCO's average precision of a curve, best score first; see the module. 0 for an empty curve."""
    if not len(precision):
        return 0.0
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    place = np.searchsorted(recall, RECALLS, side="left")
    return float(np.where(place < len(envelope), envelope[np.minimum(place, len(envelope) - 1)], 0.0).mean())


def assign(found: F32, true: F32, overlaps: Sequence[float]) -> I32:
    """int32 [T, N]: which true box [M, 4] each detection [N, 4], best first, takes at each overlap; -1 for none."""
    taken = np.full((len(overlaps), len(found)), -1, np.int32)
    if not len(found) or not len(true):
        return taken
    shared = iou_matrix(found.astype(np.float64), true.astype(np.float64))
    possible = np.flatnonzero(shared.max(axis=1) >= min(overlaps))
    for level, least in enumerate(overlaps):
        free = np.ones(len(true), np.bool_)
        for row in possible:
            candidates = np.where(free, shared[row], -1.0)
            best = int(candidates.argmax())
            if candidates[best] >= least:
                taken[level, row] = best
                free[best] = False
    return taken


def answers(
    found: Sequence[tuple[F32, F32]],
    true: Sequence[F32],
    overlaps: Sequence[float] = COCO_IOUS,
    asked: Sequence[Mask] | None = None,
) -> Answers:
    """Match a label's detections, (xyxy [N, 4], score [N]) a picture, with its true boxes, [M, 4] a picture.

    asked: bool [M] a picture; all count without it.
    """
    pictures, scores, boxes, taken, first = [], [], [], [], 0
    for place, ((xyxy, score), mine) in enumerate(zip(found, true, strict=True)):
        order = np.argsort(-score, kind="stable")
        local = assign(xyxy[order], mine, overlaps)
        taken.append(np.where(local >= 0, local + first, -1))
        first += len(mine)
        pictures.append(np.full(len(order), place, np.int32))
        scores.append(score[order].astype(np.float64))
        boxes.append(xyxy[order].astype(np.float32).reshape(-1, 4))
    counts = np.array([len(mine) for mine in true], np.int64)
    n_found = sum(map(len, scores))
    return Answers(
        n_pictures=len(found),
        picture=_joined(pictures, np.zeros(0, np.int32)),
        score=_joined(scores, np.zeros(0, np.float64)),
        xyxy=_joined(boxes, np.zeros((0, 4), np.float32)),
        alone=np.ones(n_found, np.bool_),
        overlaps=tuple(overlaps),
        taken=np.concatenate(taken, axis=1).astype(np.int32) if taken else np.zeros((len(overlaps), 0), np.int32),
        true_picture=np.repeat(np.arange(len(true), dtype=np.int32), counts),
        true_xyxy=_joined([mine.astype(np.float32).reshape(-1, 4) for mine in true], np.zeros((0, 4), np.float32)),
        asked=np.ones(first, np.bool_) if asked is None else _joined(list(asked), np.zeros(0, np.bool_)),
    )


def curve(of: Answers, overlap: float = 0.5) -> Curve:
    """The precision-recall curve of a label at an overlap."""
    kept = of.counted(overlap)
    score, true = of.score[kept], of.hits(overlap)[kept]
    order = np.argsort(-score, kind="stable")
    hits = np.cumsum(true[order]).astype(np.float64)
    ranks = np.arange(1, len(order) + 1)
    return Curve(score[order], hits / ranks, hits / max(of.n_boxes, 1), of.n_boxes)


def _of(column: Mask, rows: I32) -> Mask:
    """The column at rows, any value where the row is -1."""
    return column[np.maximum(rows, 0)] if len(column) else np.zeros(len(rows), np.bool_)


def _joined(parts: Sequence[NDArray[Any]], empty: NDArray[Any]) -> NDArray[Any]:
    return np.concatenate(parts) if parts else empty
