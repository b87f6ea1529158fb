"""What a traverse teaches: how looks vary within a thing, between things and across directions, and what stays."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import numpy as np

from server.association import appearance
from server.association.cost import NEVER, Costs
from server.association.known import Known
from server.association.memory import Likeness, Memory
from server.association.offset import Solution
from server.association.sighting import Sighting

CERTAINLY_TWO_M: Final = 15.0
OTHER_FACE_DEG: Final = 60.0
CLEAR_LOOK: Final = 3.0
OPEN_QUESTION: Final = 4.0


def learned(memory: Memory, sightings: Sequence[Sighting], known: Known, costs: Costs, solution: Solution) -> Memory:
    """The memory after a traverse."""
    likeness = dict(memory.likeness)
    _within(likeness, sightings)
    _across(likeness, sightings, known, solution)
    _between(likeness, sightings)
    _over_time(likeness, sightings, costs, solution)
    return Memory(likeness)


def _within(likeness: dict[str, Likeness], sightings: Sequence[Sighting]) -> None:
    for one in sightings:
        if one.vectors:
            pairs = [float(((a - b) ** 2).sum()) / 2.0 for a, b in pairwise(one.vectors)]
            row = likeness.get(one.category, Likeness())
            likeness[one.category] = appearance.learn(row, one.vectors, pairs)


def _across(likeness: dict[str, Likeness], sightings: Sequence[Sighting], known: Known, solution: Solution) -> None:
    """Matches with a look from another direction."""
    for one, column in zip(sightings, solution.match, strict=True):
        vector = one.vector
        if column < 0 or vector is None:
            continue
        for look in known.cases[column].looks:
            turn = appearance.turn_deg(look.approach_deg, one.approach_deg)
            if turn > OTHER_FACE_DEG and len(look.mean) == len(vector):
                row = likeness[one.category]
                likeness[one.category] = appearance.learn_across(row, vector, np.array(look.mean))


def _between(likeness: dict[str, Likeness], sightings: Sequence[Sighting]) -> None:
    """Things of one category so far apart in one traverse that they are certainly two."""
    for one, other in pairwise(sightings):
        vector, beside = one.vector, other.vector
        apart = math.dist(one.place, other.place) > CERTAINLY_TWO_M and one.category == other.category
        if apart and vector is not None and beside is not None:
            likeness[one.category] = appearance.learn_strange(likeness[one.category], vector, beside)


def _over_time(likeness: dict[str, Likeness], sightings: Sequence[Sighting], costs: Costs, solution: Solution) -> None:
    """Where place and time alone leave it open but the looks are clear: did the thing stay, or was it another?"""
    if not costs.odds.shape[1]:
        return
    taken = solution.match[solution.match >= 0]
    for row, one in enumerate(sightings):
        alone = np.where(costs.odds[row] > NEVER, solution.gains[row] - costs.look[row], NEVER)
        alone[[column for column in taken if column != solution.match[row]]] = NEVER
        column = int(alone.argmax())
        look = float(costs.look[row, column])
        if abs(alone[column]) < OPEN_QUESTION and abs(look) > CLEAR_LOOK and one.category in likeness:
            unbiased = float(alone[column]) - costs.bias[column]
            likeness[one.category] = appearance.learn_bias(likeness[one.category], unbiased, look > 0.0)
