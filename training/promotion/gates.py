"""The gates between a challenger and the cars: figures in, rulings out. Pure; the limits are `datasets/gates.toml`.

All gates are ruled on, also when one has failed. What was not measured fails: a gate is passed by a figure, never by
its absence, but for the twin, which a model may go without. A figure that is no number passes nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import Field

from pipeline.table import Table


class AccuracyLimits(Table):
    largest_loss: Annotated[float, Field(ge=0, le=1)]
    least_boxes: Annotated[int, Field(ge=1)]
    labels: Mapping[str, tuple[str, ...]]


class TwinLimits(Table):
    largest_loss: Annotated[float, Field(ge=0, le=1)]


class ParityLimits(Table):
    least_iou: Annotated[float, Field(gt=0, le=1)]
    largest_score_difference: Annotated[float, Field(ge=0, le=1)]


class SizeLimits(Table):
    largest_mb: Annotated[float, Field(gt=0)]


class LatencyLimits(Table):
    largest_ratio: Annotated[float, Field(gt=0)]
    least_pictures: Annotated[int, Field(ge=1)]


class Limits(Table):
    """See datasets/gates.toml."""

    accuracy: AccuracyLimits
    twin: TwinLimits
    parity: ParityLimits
    size: SizeLimits
    latency: LatencyLimits


@dataclass(frozen=True, slots=True)
class Accuracy:
    """One label of one exam: average precision of both, and the ends of their difference's 95 % interval."""

    label: str
    dataset: str
    truth: str
    n_boxes: int
    champion: float
    challenger: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class TwinFound:
    """One label of one exam: average precision of the challenger, and of its twin in 8-bit integers."""

    label: str
    dataset: str
    truth: str
    n_boxes: int
    float32: float
    int8: float


@dataclass(frozen=True, slots=True)
class ParityFound:
    """How far the ONNX file and its torch original lie apart over the anchors that score, and when that was found."""

    least_iou: float
    largest_score_difference: float
    n_anchors: int
    found: str


@dataclass(frozen=True, slots=True)
class Facts:
    """All that the gates rule on.

    twin: None where the card names no twin; empty where it names one that was not there to be measured.
    parity: None where neither torch weights were given nor the card has figures. ratio: challenger's time over the
    champion's on n_timed pictures. lacking: what the card ought to say and does not. n_trained, n_shared: training
    photos whose bytes were compared with the exams' pictures, and exam pictures found among them.
    rival_digest, reigning_digest: of the champion that was measured, and of the one that the channel names, if any.
    """

    model: str
    accuracy: tuple[Accuracy, ...]
    twin: tuple[TwinFound, ...] | None
    parity: ParityFound | None
    size_mb: float
    ratio: float
    n_timed: int
    lacking: tuple[str, ...]
    n_trained: int
    n_shared: int
    rival_digest: str
    reigning_digest: str | None


@dataclass(frozen=True, slots=True)
class Ruling:
    """One gate's decision: what was measured (None: nothing), the bar, and why, for people."""

    gate: str
    measured: float | None
    bar: float
    passed: bool
    why: str

    @property
    def measured_text(self) -> str:
        return "none" if self.measured is None else f"{self.measured:g}"

    @property
    def bar_text(self) -> str:
        return f"{self.bar:g}"


def decide(facts: Facts, limits: Limits) -> tuple[Ruling, ...]:
    """Every gate's ruling, in the order of GATES."""
    return tuple(ruling for gate in GATES for ruling in gate(facts, limits))


def not_ruled_on(facts: Facts, limits: Limits) -> tuple[str, ...]:
    """What was measured and no gate ruled on, a line each, so that nobody takes silence for a pass."""
    guarded, least = limits.accuracy.labels.get(facts.model, ()), limits.accuracy.least_boxes
    few = ", ".join(
        f"{one.label} on {one.dataset} ({one.truth}) {one.n_boxes}"
        f" AP {100 * one.champion:.1f} → {100 * one.challenger:.1f}"
        for one in facts.accuracy
        if one.label in guarded and one.n_boxes < least
    )
    free = ", ".join(dict.fromkeys(one.label for one in facts.accuracy if one.label not in guarded))
    return tuple(
        line
        for named, line in (
            (few, f"not ruled on, fewer than {least} true boxes 真值框不足 {least} 个, 未裁定: {few}"),
            (free, f"not ruled on, in no gate 无关卡, 未裁定: {free}"),
        )
        if named
    )


def _accuracy(facts: Facts, limits: Limits) -> Iterator[Ruling]:
    bar = limits.accuracy.largest_loss
    for label in limits.accuracy.labels.get(facts.model, ()):
        about = [one for one in facts.accuracy if one.label == label]
        enough = [one for one in about if one.n_boxes >= limits.accuracy.least_boxes]
        if not enough:
            most = max((one.n_boxes for one in about), default=0)
            yield Ruling(
                f"accuracy of {label}", None, bar, False,
                f"no exam has {limits.accuracy.least_boxes} true boxes of {label} that both models could look for "
                f"(most: {most}), so nothing is known about it; add pictures.",
            )  # fmt: skip
        for one in enough:
            loss = _written(one.champion - one.challenger)
            yield Ruling(
                f"accuracy of {label} on {one.dataset} ({one.truth})", loss, bar, _at_most(loss, bar),
                f"AP {100 * one.challenger:.2f}, champion {100 * one.champion:.2f}, on {one.n_boxes} boxes; the "
                f"difference lies in {100 * one.low:+.1f} to {100 * one.high:+.1f} points (95 %). Lost may be "
                f"{100 * bar:g}.",
            )  # fmt: skip
    if not limits.accuracy.labels.get(facts.model):
        yield Ruling(
            "accuracy", None, bar, False, f"the gates name no label of the model {facts.model!r}: [accuracy.labels]."
        )


def _twin(facts: Facts, limits: Limits) -> Iterator[Ruling]:
    bar = limits.twin.largest_loss
    if facts.twin is None:
        yield Ruling("twin", None, bar, True, "no twin: the card names none, so vehicles run float32.")
        return
    for label in limits.accuracy.labels.get(facts.model, ()):
        enough = [one for one in facts.twin if one.label == label and one.n_boxes >= limits.accuracy.least_boxes]
        if not enough:
            yield Ruling(
                f"twin on {label}", None, bar, False,
                f"the card names a twin, but it was not measured on {limits.accuracy.least_boxes} true boxes of "
                f"{label}; put its file beside the weights and add pictures, or publish without a twin.",
            )  # fmt: skip
        for one in enough:
            loss = _written(one.float32 - one.int8)
            yield Ruling(
                f"twin on {label} of {one.dataset} ({one.truth})", loss, bar, _at_most(loss, bar),
                f"AP {100 * one.int8:.2f} in 8-bit integers, {100 * one.float32:.2f} in float32, on {one.n_boxes} "
                f"boxes. Lost may be {100 * bar:g}.",
            )  # fmt: skip


def _parity(facts: Facts, limits: Limits) -> Iterator[Ruling]:
    overlap, apart, found = limits.parity.least_iou, limits.parity.largest_score_difference, facts.parity
    if found is None:
        why = "the card has no figure for it; pass --torch with the weights that it was exported from."
        yield Ruling("parity of boxes with torch", None, overlap, False, why)
        yield Ruling("parity of scores with torch", None, apart, False, why)
        return
    why = f"{found.found}, over {found.n_anchors} anchors that score."
    least, largest = _written(found.least_iou), _written(found.largest_score_difference, 6)
    passed = found.n_anchors > 0 and _at_least(least, overlap)
    yield Ruling("parity of boxes with torch", least, overlap, passed, f"least overlap, {why}")
    passed = found.n_anchors > 0 and _at_most(largest, apart)
    yield Ruling("parity of scores with torch", largest, apart, passed, f"largest difference, {why}")


def _size(facts: Facts, limits: Limits) -> Iterator[Ruling]:
    measured = _written(facts.size_mb)
    passed = _at_most(measured, limits.size.largest_mb)
    yield Ruling("size", measured, limits.size.largest_mb, passed, "MB of the weights, which a vehicle downloads.")


def _latency(facts: Facts, limits: Limits) -> Iterator[Ruling]:
    ratio, bar, least = _written(facts.ratio), limits.latency.largest_ratio, limits.latency.least_pictures
    if facts.n_timed < least:
        why = f"timed on {facts.n_timed} pictures, which is too few: at least {least}."
        yield Ruling("latency", None, bar, False, why)
        return
    why = f"times the champion's, median of {facts.n_timed} pictures run in turn."
    yield Ruling("latency", ratio, bar, _at_most(ratio, bar), why)


def _card(facts: Facts, limits: Limits) -> Iterator[Ruling]:  # noqa: ARG001
    n = len(facts.lacking)
    why = f"the card lacks {'; '.join(facts.lacking)}." if n else "sources, licences, figures and weaknesses are there."
    yield Ruling("card complete", float(n), 0.0, n == 0, why)


def _held_out(facts: Facts, limits: Limits) -> Iterator[Ruling]:  # noqa: ARG001
    if facts.n_trained == 0:
        why = "no training photo was there to compare the exams with; pass the challenger's --recipe and --data."
        yield Ruling("held out", None, 0.0, False, why)
        return
    why = (
        f"{facts.n_shared} exam pictures are byte for byte among the {facts.n_trained} training photos that are here; "
        "copies that were saved again are not recognised."
    )
    yield Ruling("held out", float(facts.n_shared), 0.0, facts.n_shared == 0, why)


def _champion(facts: Facts, limits: Limits) -> Iterator[Ruling]:  # noqa: ARG001
    reigning = facts.reigning_digest
    if reigning is None:
        yield Ruling("against the champion", 0.0, 0.0, True, "the channel has no champion yet.")
        return
    same = reigning == facts.rival_digest
    why = (
        "measured against the model that the channel names."
        if same
        else f"measured against {facts.rival_digest[:12]}…, but the channel names {reigning[:12]}…; "
        "pass that one's card as --champion."
    )
    yield Ruling("against the champion", 0.0 if same else 1.0, 0.0, same, why)


GATES: Final[tuple[Callable[[Facts, Limits], Iterator[Ruling]], ...]] = (
    _accuracy,
    _twin,
    _parity,
    _size,
    _latency,
    _card,
    _held_out,
    _champion,
)


def _written(figure: float, decimals: int = 4) -> float:
    return round(figure, decimals)


def _at_most(measured: float, bar: float) -> bool:
    return not math.isnan(measured) and measured <= bar


def _at_least(measured: float, bar: float) -> bool:
    return not math.isnan(measured) and measured >= bar
