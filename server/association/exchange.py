"""Neighbours that changed places: two cases of which each holds some of the other's looks.

From a new side two things that stand close by are easily taken for each other. Looks of one direction tell little of
another, so every later pass repeats the mistake: each case comes to hold one side of both things, and when one of them
has ended, the other is seen as both by turns. What gives it away is where the passes of each direction placed the two,
and that one is always missed where the other is seen.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from itertools import product
from typing import Final

import numpy as np

from server.association import apart, appearance, existence
from server.association.known import Rivals
from server.association.looks import SAME_DIRECTION_DEG
from server.association.memory import Likeness, Memory
from server.association.pairs import alike, squares
from server.association.plane import Plane
from server.association.priors import Priors
from server.association.spot import Pull, pull, together
from server.association.state import Glance, Look, OpenCase, Standing

MOST_SIDES: Final = 6
"""Beyond so many directions nothing is exchanged: the ways to share them out double with each."""
NEIGHBOURS: Final = 2.0
"""Two are taken for each other that stand within so many times the least spacing of their kind."""

MAY_STAND: Final = 0.5
"""Chance that a thing still stands that is no longer seen, before the misses are counted."""

Signs = tuple[int, ...]
"""For each side 1 where the looks stay as they are, −1 where the two cases change them."""


@dataclass(frozen=True, slots=True)
class _Side:
    """The looks of both from one direction, either of which may be missing; and where those were seen."""

    mine: Look | None
    its: Look | None
    my_spot: Pull | None
    its_spot: Pull | None

    def look(self, first: bool, sign: int) -> Look | None:
        """That of one of the two after the exchange."""
        return self.mine if first == (sign > 0) else self.its

    @property
    def count(self) -> int:
        """Views from here."""
        return sum(look.count for look in (self.mine, self.its) if look is not None)

    @property
    def approach_deg(self) -> float:
        """The direction."""
        look = self.mine or self.its
        return 0.0 if look is None else look.approach_deg


def reach_m(category: str, priors: Priors) -> float:
    """How far apart two of a category may stand and still be taken for each other."""
    return NEIGHBOURS * priors.of(category).spacing_m


def close(near: Rivals, touched: Sequence[int], priors: Priors) -> list[tuple[int, int]]:
    """The columns of a touched case and another that may be neighbours, each two once. Where they stand now is not that
    far from where they stood before, so twice the reach is looked at."""
    if not touched or len(near.cases) < 2:
        return []
    cases = [near.cases[column] for column in touched]
    reach = np.array([2.0 * reach_m(case.category, priors) for case in cases])[:, None]
    met = alike(cases, near.cases) & (squares(near.place[touched], near.place) <= reach * reach)
    for row, column in enumerate(touched):
        met[row:, column] = False
    rows, columns = np.nonzero(met)
    return [(touched[row], column) for row, column in zip(rows.tolist(), columns.tolist(), strict=True)]


def from_several_sides(one: OpenCase, other: OpenCase) -> bool:
    """Whether passes saw either of two from more than one direction; else there is nothing to exchange."""
    if len(one.looks) > 1 or len(other.looks) > 1:
        return True
    turns = [look.approach_deg for look in (*one.looks, *other.looks)]
    return len(turns) == 2 and appearance.turn_deg(*turns) > SAME_DIRECTION_DEG


def neighbours(one: OpenCase, other: OpenCase, priors: Priors) -> bool:
    """Whether two cases are of two things for certain that stand close enough to be taken for each other, and nobody
    has said which of them is which."""
    if one.category != other.category or one.standing is not Standing.OPEN or other.standing is not Standing.OPEN:
        return False
    if one.part or other.part or one.case_id == other.case_id:
        return False
    near = math.hypot(*_gap(one, other)) <= reach_m(one.category, priors)
    return near and apart.told(one, other)


def _gap(one: OpenCase, other: OpenCase) -> tuple[float, float]:
    return Plane.at(one.lat, one.lon).offset_m(other.lat, other.lon)


def put_right(one: OpenCase, other: OpenCase, priors: Priors, memory: Memory) -> tuple[OpenCase, OpenCase] | None:
    """Both neighbours with the looks that are theirs, where it is clearly likelier that some were exchanged."""
    looks = _paired(one, other)
    if not 2 <= len(looks) <= MOST_SIDES:
        return None
    sides = _sides(looks, Plane.at(one.lat, one.lon), priors)
    seen, likeness, now = _Seen.of(one, other, sides), memory.of(one.category), (1,) * len(sides)

    def gain(signs: Signs) -> float:
        return _place(sides, signs, priors) + seen.turns(signs, priors)

    known = gain(now)
    gains = {signs: gain(signs) - known for signs in _exchanges(len(sides))}
    likely = [signs for signs in gains if gains[signs] > 0.0]
    if not likely:
        return None
    told = _looks(sides, now, likeness, priors)
    worth = {signs: gains[signs] + _looks(sides, signs, likeness, priors) - told for signs in likely}
    best = max(worth, key=worth.__getitem__)
    return _exchanged(one, other, sides, seen, best, priors) if worth[best] > priors.exchange_log_odds else None


@cache
def _exchanges(count: int) -> tuple[Signs, ...]:
    """All ways to exchange some of so many sides, up to which of the two cases is which."""
    return tuple((1, *rest) for rest in product((1, -1), repeat=count - 1) if -1 in rest)


def _paired(one: OpenCase, other: OpenCase) -> list[tuple[Look | None, Look | None]]:
    """The looks of both from each direction from which passes saw either, for each width of vectors."""
    left = list(other.looks)
    both: list[tuple[Look | None, Look | None]] = []
    for mine in one.looks:
        alike = [look for look in left if len(look.mean) in (0, len(mine.mean)) or not len(mine.mean)]
        its = min(alike, key=lambda look: appearance.turn_deg(look.approach_deg, mine.approach_deg), default=None)
        if its is not None and appearance.turn_deg(its.approach_deg, mine.approach_deg) > SAME_DIRECTION_DEG:
            its = None
        left = [look for look in left if look is not its]
        both.append((mine, its))
    both.extend((None, look) for look in left)
    return both


def _sides(both: Sequence[tuple[Look | None, Look | None]], plane: Plane, priors: Priors) -> list[_Side]:
    """Those directions, with what was seen from each of where the two stand."""
    pulls = [[None if look is None else pull(look.spot, plane, priors) for look in pair] for pair in both]
    return [_Side(*pair, *spots) for pair, spots in zip(both, pulls, strict=True)]


def _place(sides: Sequence[_Side], signs: Signs, priors: Priors) -> float:
    """Log-likelihood of where each side was seen if all of a thing's are one place within the company radius, without
    what all signs have in common: for a thing ½ yᵀΛ⁻¹y − ½ log |Λ|, Λ the sum of its weights, y that of its pulls."""
    total, wide = 0.0, priors.company_radius_m**-2
    for first in (True, False):
        ee, en, nn, east, north = wide, 0.0, wide, 0.0, 0.0
        for side, sign in zip(sides, signs, strict=True):
            spot = side.my_spot if first == (sign > 0) else side.its_spot
            if spot is not None:
                ee, en, nn = ee + spot.ee, en + spot.en, nn + spot.nn
                east, north = east + spot.east, north + spot.north
        det = ee * nn - en * en
        total += 0.5 * ((nn * east - 2.0 * en * north) * east + ee * north * north) / det - 0.5 * math.log(det)
    return total


def _looks(sides: Sequence[_Side], signs: Signs, likeness: Likeness, priors: Priors) -> float:
    """Logarithm of how much likelier the looks are of these two things than each of a thing of its own."""
    total = 0.0
    for first in (True, False):
        known: tuple[Look, ...] = ()
        for side, sign in zip(sides, signs, strict=True):
            look = side.look(first, sign)
            if look is None:
                continue
            if known and len(look.mean):
                total += appearance.log_ratio(look.mean, look.count, look.approach_deg, known, likeness, priors)
            known = (*known, look)
    return total


@dataclass(frozen=True)
class _Seen:
    """The newest sightings of both, oldest first, and whether each is of the first; turns_deg: directions of the sides;
    apart_ns: when they were last in one picture, 0 where no such moment is remembered."""

    order: tuple[tuple[Glance, bool], ...]
    turns_deg: tuple[float, ...]
    apart_ns: int

    @classmethod
    def of(cls, one: OpenCase, other: OpenCase, sides: Sequence[_Side]) -> _Seen:
        """What the glances of two cases tell."""
        told = [(glance, True) for glance in one.glances] + [(glance, False) for glance in other.glances]
        told.sort(key=lambda pair: (pair[0].last_ns, pair[1]))
        met_ns = apart.last_met_ns(one.glances, other.glances)
        return cls(tuple(told), tuple(side.approach_deg for side in sides), met_ns)

    @cached_property
    def sides(self) -> list[int]:
        """The side from which each sighting was, or −1."""
        return [_side_of(glance, self.turns_deg) for glance, _ in self.order]

    def owners(self, signs: Signs) -> list[bool]:
        """Which of the two each sighting shows after the exchange."""
        sighted = zip(self.order, self.sides, strict=True)
        return [first == (side < 0 or signs[side] > 0) for (_, first), side in sighted]

    def missed(self, signs: Signs) -> dict[bool, tuple[int, int]]:
        """For each of the two how often the other was seen without it, before and after it was last seen itself."""
        between, waiting = [0, 0], [0, 0]
        for (glance, _), owner in zip(self.order, self.owners(signs), strict=True):
            between[owner] += waiting[owner]
            waiting[owner] = 0
            waiting[not owner] += glance.last_ns > self.apart_ns
        return {first: (between[first], waiting[first]) for first in (True, False)}

    def turns(self, signs: Signs, priors: Priors) -> float:
        """How likely it is (log) that they were seen by turns as they were since they were last seen side by side.

        A pass misses what something stands before, and what stays there hides it from many passes: no number of misses
        says more than that. After its last sighting a thing may have ended as well.
        """
        if not self.apart_ns or self.order[-1][0].last_ns <= self.apart_ns:
            return 0.0
        total, hidden = 0.0, priors.occluded
        for between, waiting in self.missed(signs).values():
            total += math.log(hidden + (1.0 - hidden) * hidden**between)
            total += math.log(1.0 - MAY_STAND + MAY_STAND * hidden**waiting)
        return total


def _side_of(glance: Glance, turns: Sequence[float]) -> int:
    """The side, by these directions, from which a sighting was, or −1."""
    if glance.approach_deg is None:
        return -1
    away = [appearance.turn_deg(turn, glance.approach_deg) for turn in turns]
    nearest = min(range(len(away)), key=away.__getitem__)
    return nearest if away[nearest] <= SAME_DIRECTION_DEG else -1


def _exchanged(
    one: OpenCase, other: OpenCase, sides: Sequence[_Side], seen: _Seen, signs: Signs, priors: Priors
) -> tuple[OpenCase, OpenCase] | None:
    """Both after the looks were exchanged that are fewer; None where one of them would be left without any."""
    if sum(sign * side.count for side, sign in zip(sides, signs, strict=True)) < 0:
        signs = tuple(-sign for sign in signs)
    missed, owners = seen.missed(signs), seen.owners(signs)
    out: list[OpenCase] = []
    for first, case in ((True, one), (False, other)):
        looks = tuple(look for side, sign in zip(sides, signs, strict=True) if (look := side.look(first, sign)))
        glances = tuple(glance for (glance, _), owner in zip(seen.order, owners, strict=True) if owner == first)
        if not looks or not glances:
            return None
        out.append(_with(case, looks, glances, missed[first], priors))
    return out[0], out[1]


def _with(
    case: OpenCase, looks: tuple[Look, ...], glances: tuple[Glance, ...], missed: tuple[int, int], priors: Priors
) -> OpenCase:
    """The case with these looks and sightings: it stands where they say, and was missed so often."""
    plane, where = Plane.at(case.lat, case.lon), None
    for look in looks:
        (where,) = together([(where, look.spot)], plane)
    if where is None:
        return case
    last_ns, nats = max(glance.last_ns for glance in glances), -math.log(priors.occluded)
    between, waiting = missed
    known = replace(
        case,
        looks=looks,
        glances=glances,
        lat=where.lat,
        lon=where.lon,
        own=where.error,
        first_seen_ns=min(case.first_seen_ns, last_ns),
        last_seen_ns=last_ns,
    )
    solid, faint = existence.after_misses(known, nats * waiting, priors)
    return known.believed(solid, faint, known.as_of_ns, nats * waiting, last_ns, nats * between)
