"""What a label's mistakes at the operating score are, and which of them are worth looking at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np

from pipeline.boxes import Box, iou_matrix
from training.evaluate import Sitting
from training.scoring import F32, Mask

SHOWN: Final = 4
TOUCHES: Final = 0.1


class Cause(StrEnum):
    """What a false alarm is, after TIDE (Bolya et al., ECCV 2020), the first that holds.

    DOUBLE: on a true box that another detection has. CONFUSED: on a true box of another label that the exam asks for.
    LOOSE: on a true box, but overlapping too little. BACKGROUND: on nothing that is labelled.
    """

    DOUBLE = "double"
    CONFUSED = "confused"
    LOOSE = "loose"
    BACKGROUND = "background"


class Kind(StrEnum):
    FALSE_ALARM = "false_alarm"
    MISS = "miss"


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake. picture: its file's name; share: of the picture's area that the box takes.

    score: of the false alarm, or the best that the missed thing got (0: not seen at all). cause: of a false alarm;
    really: the label of what is there, where it was confused.
    """

    label: str
    dataset: str
    truth: str
    kind: Kind
    picture: str
    place: int
    xyxy: Box
    score: float
    share: float
    cause: Cause | None = None
    really: str | None = None


@dataclass(frozen=True, slots=True)
class Causes:
    """How many of a label's false alarms have each cause, and how many true boxes were missed."""

    label: str
    dataset: str
    truth: str
    score: float
    by_cause: tuple[tuple[Cause, int], ...]
    misses: int


def causes(sitting: Sitting, label: str, score: float) -> Causes:
    """All of a label's mistakes at a score, counted."""
    counted = Counter(_cause(sitting, label, int(row))[0] for row in np.flatnonzero(_false(sitting, label, score)))
    missed = int(_missed(sitting, label, score).sum())
    return Causes(label, *sitting.exam.key, score, tuple((cause, counted[cause]) for cause in Cause), missed)


def worst(sitting: Sitting, label: str, score: float, shown: int = SHOWN) -> list[Mistake]:
    """The surest false alarms and the largest misses, one a picture of each kind, so that they are not one scene."""
    of = sitting.answers[label]
    alarms = np.flatnonzero(_false(sitting, label, score))
    alarms = alarms[np.argsort(-of.score[alarms], kind="stable")]
    misses = np.flatnonzero(_missed(sitting, label, score))
    shares = _shares(sitting, of.true_xyxy, of.true_picture)
    misses = misses[np.argsort(-shares[misses], kind="stable")]
    return [
        *(_alarm(sitting, label, row) for row in _one_a_picture(alarms, of.picture, shown)),
        *(_miss(sitting, label, row, float(shares[row])) for row in _one_a_picture(misses, of.true_picture, shown)),
    ]


def _false(sitting: Sitting, label: str, score: float) -> Mask:
    of, least = sitting.answers[label], sitting.exam.least_iou
    return np.asarray(of.counted(least) & ~of.hits(least) & (of.score >= score))


def _missed(sitting: Sitting, label: str, score: float) -> Mask:
    """[M] true boxes that count and that no detection from the score on takes."""
    of = sitting.answers[label]
    taken = of.taken[of.row(sitting.exam.least_iou)]
    found = np.zeros(len(of.asked), np.bool_)
    found[taken[(taken >= 0) & (of.score >= score)]] = True
    return np.asarray(of.asked & ~found)


def _cause(sitting: Sitting, label: str, row: int) -> tuple[Cause, str | None]:
    """A false alarm's cause, and the label of the true box that it was confused with."""
    own = _best_overlap(sitting, label, row)
    if own >= sitting.exam.least_iou:
        return Cause.DOUBLE, None
    others = {other: _best_overlap(sitting, label, row, other) for other in sitting.exam.labels if other != label}
    nearest = max(others, key=lambda other: others[other], default=None)
    if nearest is not None and others[nearest] >= sitting.exam.least_iou:
        return Cause.CONFUSED, nearest
    return (Cause.LOOSE if own >= TOUCHES else Cause.BACKGROUND), None


def _best_overlap(sitting: Sitting, label: str, row: int, with_label: str | None = None) -> float:
    """The most that a detection overlaps a true box of a label in its picture."""
    of, true = sitting.answers[label], sitting.answers[with_label or label]
    there = true.true_xyxy[true.true_picture == of.picture[row]]
    return float(iou_matrix(of.xyxy[row : row + 1], there).max()) if len(there) else 0.0


def _one_a_picture(rows: Iterable[int], picture: np.ndarray, most: int) -> Iterator[int]:
    seen: set[int] = set()
    for row in rows:
        if len(seen) < most and int(picture[row]) not in seen:
            seen.add(int(picture[row]))
            yield int(row)


def _alarm(sitting: Sitting, label: str, row: int) -> Mistake:
    of = sitting.answers[label]
    place = int(of.picture[row])
    share = float(_shares(sitting, of.xyxy[row : row + 1], of.picture[row : row + 1])[0])
    name, box, score = sitting.exam.items[place].picture.name, _box(of.xyxy[row]), float(of.score[row])
    cause = _cause(sitting, label, row)
    return Mistake(label, *sitting.exam.key, Kind.FALSE_ALARM, name, place, box, score, share, *cause)


def _miss(sitting: Sitting, label: str, row: int, share: float) -> Mistake:
    of = sitting.answers[label]
    place = int(of.true_picture[row])
    by = of.taken[of.row(sitting.exam.least_iou)] == row
    score = float(of.score[by].max()) if by.any() else 0.0
    name = sitting.exam.items[place].picture.name
    return Mistake(label, *sitting.exam.key, Kind.MISS, name, place, _box(of.true_xyxy[row]), score, share)


def _shares(sitting: Sitting, xyxy: F32, picture: np.ndarray) -> np.ndarray:
    whole = np.array([one.width_px * one.height_px for one in sitting.seen], np.float64)[picture]
    return np.asarray((xyxy[:, 2] - xyxy[:, 0]) * (xyxy[:, 3] - xyxy[:, 1]) / whole)


def _box(xyxy: F32) -> Box:
    x1, y1, x2, y2 = (round(float(side), 1) for side in xyxy)
    return x1, y1, x2, y2
