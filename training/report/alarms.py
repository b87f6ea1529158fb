"""Alarms a kilometre: a drive's frames through the model and the tracker that vehicles run, each followed thing counted
once.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from models.detector import Detector
from pipeline.boxes import iou_matrix
from pipeline.families import families
from pipeline.track import Track
from pipeline.tracking import Tracker
from training.report.footage import Drive, Passage, Truth, play, read_truth

ALARMS: Final = ("litter", "illegal_ad", "overflowing_bin")
"""Labels of which a followed thing is an alarm by itself; a vehicle is one only where and while it may not stand."""
SAME_THING: Final = 0.3
"""A view shows a true thing from this overlap on; boxes of what is followed are less tight than single detections."""
LEVEL: Final = 0.9


@dataclass(frozen=True, slots=True)
class Rate:
    """Events a unit, with the interval in which LEVEL of all true rates lie that could have given this count."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class AlarmCount:
    """One label's alarms on one drive when things begin at `score`.

    frames: frames in which a box scores at least that. things: followed things, found in three of six frames as on a
    vehicle. false: things that are not there, None where nobody can tell; per_km, per_minute: of the false ones.
    """

    label: str
    score: float
    frames: int
    things: int
    false: int | None
    per_km: Rate | None
    per_minute: Rate | None


@dataclass(frozen=True, slots=True)
class DriveFigures:
    """A drive and its alarms, at the scores of the card (`shipped`) and at those that the report chose."""

    name: str
    kind: str
    n_frames: int
    minutes: float | None
    km: float | None
    km_from: str
    judged_by: str
    shipped: tuple[AlarmCount, ...]
    chosen: tuple[AlarmCount, ...]


def count_alarms(
    drive: Drive, clip: Path, truth: Path | None, detector: Detector, chosen: Mapping[str, float]
) -> DriveFigures:
    """Play a drive once and count its alarms at the card's scores and at the chosen ones."""
    passage = play(clip, detector)
    boxes = None if truth is None else read_truth(truth)
    shipped = detector.card.thresholds
    counts = [_counts(drive, passage, detector, scores, boxes) for scores in (shipped, {**shipped, **chosen})]
    judged_by = "truth" if boxes is not None else "looked"
    return DriveFigures(
        drive.name, drive.kind, len(passage.steps), passage.minutes, drive.km, drive.km_from, judged_by, *counts
    )


def together(played: Sequence[DriveFigures], kind: str) -> DriveFigures | None:
    """All drives of a kind as one: short drives alone say little. A rate counts what happened where it was measured."""
    some = [one for one in played if one.kind == kind]
    if len(some) < 2:
        return None
    shipped = tuple(_sum(some, [one.shipped[place] for one in some]) for place in range(len(some[0].shipped)))
    chosen = tuple(_sum(some, [one.chosen[place] for one in some]) for place in range(len(some[0].chosen)))
    n_frames, judged_by = sum(one.n_frames for one in some), " ".join(sorted({one.judged_by for one in some}))
    minutes, km = sum(one.minutes or 0.0 for one in some), sum(one.km or 0.0 for one in some)
    return DriveFigures("", kind, n_frames, minutes or None, km or None, "", judged_by, shipped, chosen)


def _sum(drives: Sequence[DriveFigures], counts: Sequence[AlarmCount]) -> AlarmCount:
    judged = [(drive, count.false) for drive, count in zip(drives, counts, strict=True) if count.false is not None]

    def over(exposures: Sequence[tuple[float | None, int]]) -> Rate | None:
        known = [(exposure, false) for exposure, false in exposures if exposure]
        return rate(sum(false for _, false in known), sum(exposure for exposure, _ in known)) if known else None

    return AlarmCount(
        counts[0].label, counts[0].score,
        sum(count.frames for count in counts), sum(count.things for count in counts),
        sum(false for _, false in judged) if judged else None,
        over([(drive.km, false) for drive, false in judged]), over([(drive.minutes, false) for drive, false in judged]),
    )  # fmt: skip


def things(passage: Passage, detector: Detector, scores: Mapping[str, float]) -> tuple[Track, ...]:
    """What the vehicle's tracker follows when a thing begins at its label's score, by the picture's motion alone."""
    labels = detector.card.labels
    start = np.array([scores[label] for label in labels], np.float32)
    tracker = Tracker(start, families(labels), passage.width_px, passage.height_px)
    for step in passage.steps:
        tracker.step(step.index, step.media_ns, step.found, step.motion)
    return tracker.finish()


def is_there(track: Track, label: str, truth: Truth) -> bool:
    """Whether at least half of a thing's views lie on a true box of its label."""
    on = 0
    for view in track.views:
        true = truth.get(view.frame_index, {}).get(label)
        on += true is not None and bool(iou_matrix(np.array([view.xyxy], np.float32), true).max() >= SAME_THING)
    return 2 * on >= len(track.views)


def rate(count: int, exposure: float) -> Rate:
    """Events a unit of exposure, with the exact Poisson interval (Garwood, Biometrika 1936)."""
    tail = (1 - LEVEL) / 2
    low = _solve(lambda mean: 1 - _at_most(count - 1, mean), tail) if count else 0.0
    high = _solve(lambda mean: 1 - _at_most(count, mean), 1 - tail)
    return Rate(count / exposure, low / exposure, high / exposure)


def _counts(
    drive: Drive, passage: Passage, detector: Detector, scores: Mapping[str, float], truth: Truth | None
) -> tuple[AlarmCount, ...]:
    followed = things(passage, detector, scores)
    rows = []
    for label in (label for label in ALARMS if label in detector.card.labels):
        number = detector.label_index(label)
        mine = [track for track in followed if track.label == number]
        frames_on = sum(
            bool(((step.found.label == number) & (step.found.score >= scores[label])).any()) for step in passage.steps
        )
        false = _false(mine, label, drive, truth)
        per_km = rate(false, drive.km) if false is not None and drive.km else None
        per_minute = rate(false, passage.minutes) if false is not None and passage.minutes else None
        rows.append(AlarmCount(label, scores[label], frames_on, len(mine), false, per_km, per_minute))
    return tuple(rows)


def _false(mine: Sequence[Track], label: str, drive: Drive, truth: Truth | None) -> int | None:
    if truth is not None:
        return sum(not is_there(track, label, truth) for track in mine)
    return None if label in drive.holds else len(mine)


def _at_most(count: int, mean: float) -> float:
    """The chance of at most `count` events where `mean` are expected."""
    return sum(math.exp(k * math.log(mean) - mean - math.lgamma(k + 1)) for k in range(count + 1)) if mean > 0 else 1.0


def _solve(rising: Callable[[float], float], wanted: float) -> float:
    """Where a function that rises from 0 to 1 is `wanted`, by halving."""
    low, high = 0.0, 1.0
    while rising(high) < wanted:
        high *= 2
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) < wanted else (low, middle)
    return high
