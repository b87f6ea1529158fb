"""Measures a model for the report: sits the exams, plays the drives, looks at the worst mistakes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from models.detector import Detector
from models.errors import ModelError
from models.privacy import PrivacyStep
from models.shipped import DATASETS
from models.store import open_detector
from training.cardfile import store_of
from training.errors import TrainingError
from training.evaluate import Exam, Gap, LeftOut, Sitting, sit_all
from training.operating import OperatingPoint, Reading, Rule, choose, choosing_half, reading
from training.report.alarms import ALARMS, DriveFigures, count_alarms, together
from training.report.averages import averages
from training.report.calibration import calibration
from training.report.figures import DataSet, Drawn, Header, Operating, Report, Row
from training.report.footage import Drive, read_drives
from training.report.mistakes import Mistake, causes, worst
from training.report.pictures import Shown, show
from training.report.slices import slices
from training.scoring import Curve, curve
from training.workshop import Workshop

POINTS: Final = 160
KINDS: Final = ("real", "rendered")
PRIVATE: Final = frozenset({"face", "plate"})


@dataclass(frozen=True, slots=True)
class Asked:
    """What to measure and what to write above it. recipe: its file; drives: theirs."""

    card: Path
    recipe: Path
    drives: Path
    command: str
    date: str


def measure(shop: Workshop, asked: Asked) -> tuple[Report, list[Shown]]:
    """A model's report, and its mistakes as pictures. Raises TrainingError or ModelError for what cannot be read."""
    detector = _detector(shop, asked.card)
    drives = read_drives(asked.drives)
    sat, left_out = sit_all(shop, detector)
    points = choose(shop.recipe.labels, sat, shop.recipe.publish, shop.recipe.seed)
    shipped = detector.card.thresholds
    played, not_played = _play(shop, detector, drives, {label: point.at.score for label, point in points.items()})
    main = {label: one for label, point in points.items() for one in sat if one.exam.key == point.by}
    mistakes = {label: worst(one, label, shipped[label]) for label, one in main.items()}
    shown, not_shown = _show(shop, main, mistakes)
    report = Report(
        header=_header(shop, asked, detector, sat),
        left_out=(*left_out, *not_played, *not_shown),
        rows=tuple(_row(one, label, shop.recipe.seed) for one in sat for label in _present(one)),
        curves=tuple(_drawn(one, label) for one in sat for label in _present(one)),
        operating=tuple(Operating(one, _shipped(one, main, shipped, shop.recipe.seed)) for one in points.values()),
        calibration=tuple(calibration(one.answers[label], one.exam.key, label) for label, one in main.items()),
        slices=tuple(part for label, one in main.items() for part in slices(one, label, shipped[label])),
        drives=(*filter(None, (together(played, kind) for kind in KINDS)), *played),
        causes=tuple(causes(one, label, shipped[label]) for label, one in main.items()),
        mistakes=tuple(mistake for some in mistakes.values() for mistake in some),
    )
    return report, shown


def _detector(shop: Workshop, card: Path) -> Detector:
    """The card's detector, checked against its digest."""
    detector = open_detector(card.stem, store_of(card), threads=shop.threads)
    if detector.card.labels != shop.recipe.labels:
        raise TrainingError(
            f"{card}: its labels are {', '.join(detector.card.labels)}, but recipe {shop.recipe.name!r} has "
            f"{', '.join(shop.recipe.labels)}; name the model's own recipe."
        )
    return detector


def _present(sitting: Sitting) -> list[str]:
    return [label for label in sitting.exam.labels if sitting.answers[label].n_boxes]


def _row(sitting: Sitting, label: str, seed: int) -> Row:
    of, exam = sitting.answers[label], sitting.exam
    showing = len(np.unique(of.true_picture[of.asked]))
    figures = averages(of, exam.least_iou, seed)
    return Row(*exam.key, label, len(exam.items), showing, of.n_boxes, exam.least_iou, figures)


def _drawn(sitting: Sitting, label: str) -> Drawn:
    of = sitting.curve(label)
    return Drawn(*sitting.exam.key, label, thinned(of))


def thinned(of: Curve) -> tuple[tuple[float, float, float], ...]:
    """A curve's points at evenly spaced recalls, the first and last detection included."""
    if not len(of.score):
        return ()
    places = np.searchsorted(of.recall, np.linspace(0, of.recall[-1], POINTS))
    chosen = np.unique(np.concatenate([[0], np.minimum(places, len(of.score) - 1), [len(of.score) - 1]]))
    return tuple((float(of.score[at]), float(of.precision[at]), float(of.recall[at])) for at in chosen)


def _shipped(point: OperatingPoint, main: Mapping[str, Sitting], scores: Mapping[str, float], seed: int) -> Reading:
    """The card's score read where the chosen one was read."""
    label = point.label
    if label not in main:
        return reading(Curve(np.zeros(0), np.zeros(0), np.zeros(0), 0), scores[label])
    sitting = main[label]
    of = sitting.answers[label]
    if point.rule is not Rule.UNTRIED:
        of = of.of_pictures(~choosing_half(len(sitting.exam.items), seed))
    return reading(curve(of, sitting.exam.least_iou), scores[label])


def _play(
    shop: Workshop, detector: Detector, drives: Sequence[Drive], chosen: Mapping[str, float]
) -> tuple[list[DriveFigures], list[LeftOut]]:
    if not set(ALARMS) & set(detector.card.labels):
        return [], [LeftOut("drives", Gap.NOT_A_STREET_MODEL, f"none of {', '.join(ALARMS)} is a label of this model.")]
    played, left_out = [], []
    for drive in drives:
        base = DATASETS if drive.base == "datasets" else shop.data
        if not (base / drive.clip).exists():
            left_out.append(LeftOut(f"drive {drive.name}", Gap.NO_CLIP, f"{drive.clip} is not under {base.name}/."))
            continue
        truth = base / drive.truth if drive.truth else None
        played.append(count_alarms(drive, base / drive.clip, truth, detector, chosen))
        shop.say(f"played {drive.name} ({played[-1].n_frames} frames)")
    return played, left_out


def _show(
    shop: Workshop, main: Mapping[str, Sitting], mistakes: Mapping[str, Sequence[Mistake]]
) -> tuple[list[Shown], list[LeftOut]]:
    """The mistakes as pictures, by the shipped privacy step; of a privacy model nothing can be shown."""
    if PRIVATE & set(shop.recipe.labels):
        return [], [LeftOut("pictures", Gap.NOT_TO_BE_SHOWN, "what this model misses is what may not be shown.")]
    try:
        privacy = PrivacyStep(
            open_detector("privacy", threads=shop.threads), open_detector("street", threads=shop.threads)
        )
    except ModelError as error:
        return [], [LeftOut("pictures", Gap.NO_PRIVACY, f"the privacy step cannot run: {error}")]
    shown = [one for label, some in mistakes.items() for one in show(main[label], some, privacy)]
    shop.say(f"looked at {len(shown)} mistakes")
    return shown, []


def _header(shop: Workshop, asked: Asked, detector: Detector, sat: Sequence[Sitting]) -> Header:
    card = detector.card
    return Header(
        card.name, card.version, card.weights, card.digest, shop.recipe.name, shop.recipe.version,
        hashlib.sha256(asked.recipe.read_bytes()).hexdigest(), str(detector.session.provider),
        asked.command, asked.date, card.weaknesses, tuple(_data_set(one.exam, one) for one in sat),
    )  # fmt: skip


def _data_set(exam: Exam, sitting: Sitting) -> DataSet:
    digest = hashlib.sha256()
    for item in exam.items:
        digest.update(item.name.encode() + hashlib.sha256(item.picture.read_bytes()).digest())
        for box in item.boxes:
            corners = " ".join(f"{side:.6f}" for side in (box.x1, box.y1, box.x2, box.y2))
            digest.update(f"{box.label} {corners}\n".encode())
    counts = tuple((label, sitting.answers[label].n_boxes) for label in exam.labels)
    return DataSet(*exam.key, digest.hexdigest(), len(exam.items), counts)
