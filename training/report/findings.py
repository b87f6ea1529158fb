"""What in a report asks for something to be done: few sentences, each by a rule that is written here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from training.evaluate import PEOPLE
from training.operating import ENOUGH_BOXES, Rule
from training.report.figures import Report
from training.report.mistakes import Cause

BADLY_CALIBRATED: Final = 0.1
ENOUGH_TO_CALIBRATE: Final = 100
ENOUGH_IN_SLICE: Final = 20
CLEARLY_WORSE: Final = 0.15
MAIN_CAUSE: Final = 0.5
ENOUGH_ALARMS: Final = 10


@dataclass(frozen=True, slots=True)
class Finding:
    """A sentence of the catalogue (`finding_KEY`) about labels, with the figures that fill it. weighty: act first."""

    key: str
    labels: tuple[str, ...]
    values: tuple[tuple[str, float | int | str], ...]
    weighty: bool = False


def findings(report: Report) -> list[Finding]:
    """The findings of a report, the weightiest kind first."""
    rules = (_targets, _drives, _slices, _calibration, _causes, _unproved)
    return [finding for rule in rules for finding in rule(report)]


def _targets(report: Report) -> Iterator[Finding]:
    """A target that the photos which chose do not reach, or that the others do not confirm."""
    for one in report.operating:
        point = one.point
        if point.target is None:
            continue
        told = point.at.precision if point.rule is Rule.PRECISION else point.at.recall
        other = point.at.recall if point.rule is Rule.PRECISION else point.at.precision
        values = (("target", point.target), ("score", point.at.score), ("told", told), ("other", other))
        if not point.reached:
            yield Finding(f"not_reached_{point.rule}", (point.label,), values, True)
        elif told < point.target:
            yield Finding(f"not_held_{point.rule}", (point.label,), values, True)


def _drives(report: Report) -> Iterator[Finding]:
    """False alarms on real streets, at the scores that ship."""
    real = [drive for drive in report.drives if drive.kind == "real" and drive.name]
    for label in dict.fromkeys(count.label for drive in real for count in drive.shipped):
        counts = [count for drive in real for count in drive.shipped if count.label == label and count.false]
        if counts:
            yield Finding("false_on_real", (label,), (("n", sum(count.false or 0 for count in counts)),), True)


def _slices(report: Report) -> Iterator[Finding]:
    """A slice in which clearly less is found than on the whole."""
    for label in dict.fromkeys(part.label for part in report.slices):
        parts = [part for part in report.slices if part.label == label]
        # Every box is in one part of a slicing, so the parts of one give the whole.
        whole = [part for part in parts if part.by == parts[0].by and part.n_boxes]
        boxes = sum(part.n_boxes for part in whole)
        recall = sum(part.recall * part.n_boxes for part in whole) / boxes if boxes else 0.0
        enough = [part for part in parts if part.n_boxes >= ENOUGH_IN_SLICE]
        worst = min(enough, key=lambda part: part.recall, default=None)
        if worst is not None and worst.recall <= recall - CLEARLY_WORSE:
            values = (("by", str(worst.by)), ("part", worst.name), ("recall", worst.recall), ("whole", recall))
            yield Finding("slice", (label,), (*values, ("n", worst.n_boxes)))


def _calibration(report: Report) -> Iterator[Finding]:
    for one in report.calibration:
        if one.n >= ENOUGH_TO_CALIBRATE and one.error >= BADLY_CALIBRATED:
            lean = sum(bin_.n * (bin_.mean_score - bin_.share_true) for bin_ in one.bins)
            yield Finding("too_sure" if lean > 0 else "too_shy", (one.label,), (("error", one.error), ("n", one.n)))


def _causes(report: Report) -> Iterator[Finding]:
    """False alarms that mostly are of something: another label, or the right thing boxed badly."""
    for one in report.causes:
        alarms = sum(count for _, count in one.by_cause)
        cause, most = max(one.by_cause, key=lambda pair: pair[1])
        if cause is not Cause.BACKGROUND and alarms >= ENOUGH_ALARMS and most >= MAIN_CAUSE * alarms:
            yield Finding("cause", (one.label,), (("cause", str(cause)), ("most", most), ("alarms", alarms)))


def _unproved(report: Report) -> Iterator[Finding]:
    """Labels of which people drew too few boxes for a figure to mean much."""

    def drawn(label: str) -> int:
        return max((row.n_boxes for row in report.rows if row.label == label and row.truth == PEOPLE), default=0)

    few = tuple(one.point.label for one in report.operating if drawn(one.point.label) < ENOUGH_BOXES)
    if few:
        yield Finding("unproved", few, (("n", ENOUGH_BOXES),))
