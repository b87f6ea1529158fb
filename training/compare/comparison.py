"""The comparison's figures: accuracy with its paired interval, operating points, latency, size."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from training.compare.paired import DRAWS, Hits, Interval, difference, median_ratio
from training.compare.sight import Contender, Pair, Say, Sight, clock_of, times
from training.errors import TrainingError
from training.evaluate import Exam, Seen, answers_to


@dataclass(frozen=True, slots=True)
class Reached:
    """What one model reached on a label: average precision, and precision and recall at its own operating score."""

    average_precision: float
    threshold: float
    precision: float
    recall: float


@dataclass(frozen=True, slots=True)
class Row:
    """One label of one exam. difference: the challenger's average precision less the champion's.

    twin: what the challenger's twin in 8-bit integers reached, if it ran.
    """

    dataset: str
    truth: str
    label: str
    n_pictures: int
    n_boxes: int
    least_iou: float
    champion: Reached
    challenger: Reached
    difference: Interval
    twin: Reached | None = None


@dataclass(frozen=True, slots=True)
class Latency:
    """From picture to boxes, medians over pictures; ratio: the median of the challenger's time over the champion's."""

    n_pictures: int
    provider: str
    clock: str
    champion_ms: float
    challenger_ms: float
    ratio: Interval


@dataclass(frozen=True, slots=True)
class Side:
    """Which model stands on a side."""

    name: str
    version: str
    digest: str
    weights: str
    size_mb: float

    @classmethod
    def of(cls, one: Contender) -> Side:
        return cls(one.card.name, one.card.version, one.detector.digest, one.weights.name, one.size_mb)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two models on the same pictures in one run. twin: the challenger's in 8-bit integers, if it ran."""

    champion: Side
    challenger: Side
    rows: tuple[Row, ...]
    latency: Latency
    twin: Side | None = None


def compare(pair: Pair, exams: Iterable[Exam], seen: Mapping[Path, Sight], say: Say, draws: int = DRAWS) -> Comparison:
    """Every figure. Labels that one of the two lacks, or that have no true box in an exam, get no row."""
    rows: list[Row] = []
    for exam in exams:
        rows += _rows(pair, exam, [seen[item.picture] for item in exam.items], draws)
        say(f"compared on {exam.dataset} (truth by {exam.truth}, {len(exam.items)} pictures)")
    latency = _latency(pair, list(seen.values()))
    twin = None if pair.twin is None else Side.of(pair.twin)
    return Comparison(Side.of(pair.champion), Side.of(pair.challenger), tuple(rows), latency, twin)


def _rows(pair: Pair, exam: Exam, seen: Sequence[Sight], draws: int) -> list[Row]:
    rows = []
    shared = set(pair.champion.card.labels) & set(pair.challenger.card.labels)
    for label in exam.labels:
        if label not in shared:
            continue
        champion = _hits(exam, label, pair.champion, [one.champion for one in seen])
        challenger = _hits(exam, label, pair.challenger, [one.challenger for one in seen])
        n_boxes = int(champion.n_boxes.sum())
        if n_boxes:
            one = _reached(champion, pair.champion.card.thresholds[label])
            two = _reached(challenger, pair.challenger.card.thresholds[label])
            apart = difference(champion, challenger, draws)
            three = _twin(pair, exam, label, seen)
            rows.append(
                Row(exam.dataset, exam.truth, label, len(seen), n_boxes, exam.least_iou, one, two, apart, three)
            )  # fmt: skip
    return rows


def _twin(pair: Pair, exam: Exam, label: str, seen: Sequence[Sight]) -> Reached | None:
    if pair.twin is None:
        return None
    hits = _hits(exam, label, pair.twin, [one.twin for one in seen if one.twin is not None])
    return _reached(hits, pair.twin.card.thresholds[label])


def _hits(exam: Exam, label: str, by: Contender, seen: Sequence[Seen]) -> Hits:
    return Hits.of(answers_to(exam, label, by.detector.label_index(label), seen, overlaps=()), exam.least_iou)


def _reached(hits: Hits, threshold: float) -> Reached:
    of = hits.curve()
    return Reached(of.average_precision, threshold, *of.at(threshold))


def _latency(pair: Pair, seen: Sequence[Sight]) -> Latency:
    taken = np.array(times(seen), np.float64).reshape(-1, 2)
    if not len(taken):
        raise TrainingError("there is no picture to compare the two models on; name a folder that holds some.")
    champion_ms, challenger_ms = (float(ms) for ms in np.median(taken, axis=0) * 1000)
    provider = str(pair.challenger.detector.session.provider)
    clock = "CPU time" if clock_of(pair) is time.process_time else "elapsed time"
    return Latency(len(taken), provider, clock, champion_ms, challenger_ms, median_ratio(taken[:, 0], taken[:, 1]))
