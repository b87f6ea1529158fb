"""What a traverse teaches: how looks vary within a thing, between things and across directions, and what stays."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import numpy as np

from server.association import appearance
from server.association.cost import Costs
from server.association.existence import MOST_TIMES
from server.association.known import Rivals
from server.association.memory import Likeness, Memory
from server.association.plane import Floats
from server.association.sighting import Sighting
from server.association.solution import Solution

CERTAINLY_TWO_M: Final = 15.0
OTHER_FACE_DEG: Final = 60.0
CLEAR_LOOK: Final = 3.0
OPEN_QUESTION: Final = 4.0


def learned(
    memory: Memory, sightings: Sequence[Sighting], near: Rivals, costs: Costs | None, solution: Solution
) -> Memory:
    """The memory after a traverse. near: the cases that the solution's columns stand for; costs: of matches with them,
    None where there are none."""
    likeness = dict(memory.likeness)
    if any(one.vectors for one in sightings):
        _within(likeness, sightings)
        _across(likeness, sightings, near, solution)
        _between(likeness, sightings)
    if costs is not None:
        _over_time(likeness, sightings, costs, solution)
    return Memory(likeness)


def _within(likeness: dict[str, Likeness], sightings: Sequence[Sighting]) -> None:
    """Views, and how much those of one thing differ from one to the next."""
    for category in dict.fromkeys(one.category for one in sightings if one.vectors):
        mine = [_spread(one.vectors) for one in sightings if one.category == category]
        steps = [a - b for vectors in mine for a, b in pairwise(vectors)]
        views = [vector for vectors in mine for vector in vectors]
        row = likeness.get(category, Likeness())
        likeness[category] = appearance.learn(row, views, [0.5 * float(step @ step) for step in steps])


def _spread(views: Sequence[Floats]) -> Sequence[Floats]:
    """Of the views of one thing so many as may differ, evenly from the first on: a vehicle that stands before it makes
    one view again and again, which would teach that views of one thing are all alike."""
    return views[:: max(1, math.ceil(len(views) / MOST_TIMES))]


def _across(likeness: dict[str, Likeness], sightings: Sequence[Sighting], near: Rivals, solution: Solution) -> None:
    """Matches with looks from another direction."""
    met: dict[str, list[tuple[Floats, Floats]]] = {}
    for one, column in zip(sightings, solution.match, strict=True):
        if column < 0 or one.total is None:
            continue
        others = [
            look.mean
            for look in near.cases[column].looks
            if len(look.mean) == len(one.total)
            and appearance.turn_deg(look.approach_deg, one.approach_deg) > OTHER_FACE_DEG
        ]
        if others:
            met.setdefault(one.category, []).append((one.total / len(one.vectors), np.array(others)))
    for category, pairs in met.items():
        likeness[category] = appearance.learn_across(likeness[category], pairs)


def _between(likeness: dict[str, Likeness], sightings: Sequence[Sighting]) -> None:
    """Things of one category so far apart in one traverse that they are certainly two."""
    for one, other in pairwise(sightings):
        apart = one.category == other.category and math.dist(one.place, other.place) > CERTAINLY_TWO_M
        if apart and one.vector is not None and other.vector is not None:
            row = likeness[one.category]
            likeness[one.category] = appearance.learn_strange(row, one.vector, other.vector)


def _over_time(likeness: dict[str, Likeness], sightings: Sequence[Sighting], costs: Costs, solution: Solution) -> None:
    """Where place and time alone leave it open but the looks are clear: did the thing stay, or was it another?"""
    if not (np.abs(costs.look) > CLEAR_LOOK).any():
        return
    match, looks = np.array(solution.match), costs.pairs.table(costs.look, 0.0)
    rows, matched = np.arange(len(match)), np.flatnonzero(match >= 0)
    place = solution.gains - looks
    free = np.ones(place.shape, np.bool_)
    free[:, match[matched]] = False
    free[matched, match[matched]] = True
    place = np.where(free, place, -np.inf)
    best = place.argmax(axis=1)
    told = zip(sightings, best.tolist(), place[rows, best].tolist(), looks[rows, best].tolist(), strict=True)
    for one, column, alone, look in told:
        if abs(alone) < OPEN_QUESTION and abs(look) > CLEAR_LOOK and one.category in likeness:
            unbiased = alone - float(costs.bias[column])
            likeness[one.category] = appearance.learn_bias(likeness[one.category], unbiased, look > 0.0)
