"""The score from which a label's detections are used, and what that costs: chosen on one half of the photos, told on
the other, so that the figures beside a chosen score are not flattered by the choice.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np

from models.card import ModelCard
from training.evaluate import Sitting
from training.recipe import PublishPart
from training.scoring import Curve, Mask, curve
from training.split import BLOCK

ENOUGH_BOXES: Final = 30
LEAST, MOST, MOST_BY_F = 0.05, 0.95, 0.7
SCORES: Final = tuple(place / 100 for place in range(round(100 * LEAST), round(100 * MOST) + 1))
"""A card tells scores in hundredths, and what is told of one is of just that score."""
STEPS: Final = (-0.1, -0.05, 0.05, 0.1)
"""How far the neighbours that are shown lie from the chosen score."""


class Rule(StrEnum):
    """How an operating score was chosen."""

    PRECISION = "precision"
    RECALL = "recall"
    F_MEASURE = "f_measure"
    UNTRIED = "untried"


@dataclass(frozen=True, slots=True)
class Reading:
    """What using a label from a score on gives: NaN precision and recall where nothing could be measured."""

    score: float
    precision: float
    recall: float
    n_used: int
    n_boxes: int


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """A label's chosen score.

    reached: whether the target was reached on the photos that chose; where not, the F-measure chose (for precision) or
    the lowest score that may be used (for recall). by: the exam that chose, or that could only be read, or None.
    at, neighbours: on the photos that did not choose; chosen_on: at the same score, on those that did.
    """

    label: str
    rule: Rule
    target: float | None
    reached: bool
    by: tuple[str, str] | None
    at: Reading
    chosen_on: Reading
    neighbours: tuple[Reading, ...]


def choosing_half(n_pictures: int, seed: int) -> Mask:
    """bool [n_pictures], which photos choose: half of the blocks of neighbouring ids, drawn by the seed.

    Neighbours may show the same wall, so a block is never divided.
    """
    blocks = np.arange(n_pictures) // BLOCK
    order = list(range(int(blocks[-1]) + 1)) if n_pictures else []
    random.Random(seed).shuffle(order)  # noqa: S311
    return np.isin(blocks, order[: (len(order) + 1) // 2])


def choose(labels: Sequence[str], sat: Sequence[Sitting], how: PublishPart, seed: int) -> dict[str, OperatingPoint]:
    """Every label's operating point, from the first exam with enough true boxes of it; see `PublishPart`."""
    return {label: _choose(label, [one for one in sat if label in one.answers], how, seed) for label in labels}


def untried(card: ModelCard) -> tuple[str, ...]:
    """The labels of a card whose operating score no exam chose: none had enough true boxes of it."""
    tried = {one.label for one in card.metrics if one.n_boxes >= ENOUGH_BOXES}
    return tuple(label for label in card.labels if label not in tried)


def said_untried(card: ModelCard) -> str:
    """For whoever publishes or promotes a model: its untried labels and their scores; empty where there are none."""
    labels = ", ".join(f"{label} ({card.thresholds[label]:.2f})" for label in untried(card))
    if not labels:
        return ""
    return (
        f"no exam has {ENOUGH_BOXES} true boxes of these, so nothing chose the score from which they count: {labels}\n"
        f"以下标签没有任何考卷含 {ENOUGH_BOXES} 个真值框, 其采用分数未经检验: {labels}"
    )


def reading(of: Curve, score: float) -> Reading:
    """A curve read at a score."""
    if of.n_boxes == 0:
        return Reading(score, math.nan, math.nan, of.used(score), 0)
    return Reading(score, *of.at(score), of.used(score), of.n_boxes)


def _choose(label: str, sat: Sequence[Sitting], how: PublishPart, seed: int) -> OperatingPoint:
    enough = [one for one in sat if one.answers[label].n_boxes >= ENOUGH_BOXES]
    if not enough:
        some = [one for one in sat if one.answers[label].n_boxes]
        whole = some[0].curve(label) if some else Curve(np.zeros(0), np.zeros(0), np.zeros(0), 0)
        by, at = some[0].exam.key if some else None, reading(whole, how.untried_score)
        return OperatingPoint(label, Rule.UNTRIED, None, False, by, at, at, _around(whole, how.untried_score))
    first = enough[0]
    half = choosing_half(len(first.exam.items), seed)
    choosing, telling = (curve(first.answers[label].of_pictures(part), first.exam.least_iou) for part in (half, ~half))
    rule, target, reached, score = _score(label, choosing, how)
    return OperatingPoint(
        label, rule, target, reached, first.exam.key,
        reading(telling, score), reading(choosing, score), _around(telling, score),
    )  # fmt: skip


def _score(label: str, of: Curve, how: PublishPart) -> tuple[Rule, float | None, bool, float]:
    by_f = round(min(MOST_BY_F, max(LEAST, of.best_f(how.recall_weight))), 2)
    if label in how.target_precision:
        target = how.target_precision[label]
        found = of.for_precision(target, SCORES)
        return Rule.PRECISION, target, found is not None, by_f if found is None else found
    if label in how.target_recall:
        target = how.target_recall[label]
        found = of.for_recall(target, SCORES)
        return Rule.RECALL, target, found is not None, LEAST if found is None else found
    return Rule.F_MEASURE, None, True, by_f


def _around(of: Curve, score: float) -> tuple[Reading, ...]:
    near = (round(score + step, 2) for step in STEPS)
    return tuple(reading(of, one) for one in near if LEAST <= one <= MOST)
