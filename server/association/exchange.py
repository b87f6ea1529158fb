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
from itertools import product
from typing import Final

from server.association import appearance, ellipse, existence
from server.association.appearance import SAME_DIRECTION_DEG
from server.association.ellipse import Ellipse
from server.association.memory import Likeness, Memory
from server.association.plane import Plane
from server.association.priors import Priors
from server.association.spot import together
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
class _Spot:
    """Where a look was seen, metres from the middle of the two, as information: its inverse error and that times it."""

    weight: Ellipse
    pull: tuple[float, float]


@dataclass(frozen=True, slots=True)
class _Side:
    """The looks of both from one direction, either of which may be missing; and where those were seen."""

    mine: Look | None
    its: Look | None
    my_spot: _Spot | None
    its_spot: _Spot | None

    def of(self, first: bool, sign: int) -> tuple[Look | None, _Spot | None]:
        """What one of the two has from here after the exchange."""
        return (self.mine, self.my_spot) if first == (sign > 0) else (self.its, self.its_spot)

    @property
    def count(self) -> int:
        """Views from here."""
        return sum(look.count for look in (self.mine, self.its) if look is not None)

    def covers(self, approach_deg: float) -> bool:
        """Whether a direction is this one."""
        looks = [look for look in (self.mine, self.its) if look is not None]
        return any(appearance.turn_deg(look.approach_deg, approach_deg) <= SAME_DIRECTION_DEG for look in looks)


def neighbours(one: OpenCase, other: OpenCase, priors: Priors) -> bool:
    """Whether two cases are of two things for certain that stand close enough to be taken for each other, and nobody
    has said which of them is which."""
    if one.category != other.category or one.standing is not Standing.OPEN or other.standing is not Standing.OPEN:
        return False
    if one.part or other.part or one.case_id == other.case_id:
        return False
    near = math.hypot(*_gap(one, other)) <= NEIGHBOURS * priors.of(one.category).spacing_m
    return near and not (set(one.apart).isdisjoint(other.known_as) and set(other.apart).isdisjoint(one.known_as))


def _gap(one: OpenCase, other: OpenCase) -> tuple[float, float]:
    return Plane.at(one.lat, one.lon).offset_m(other.lat, other.lon)


def put_right(one: OpenCase, other: OpenCase, priors: Priors, memory: Memory) -> tuple[OpenCase, OpenCase] | None:
    """Both neighbours with the looks that are theirs, where it is clearly likelier that some were exchanged."""
    sides = _sides(one, other, priors)
    if not 2 <= len(sides) <= MOST_SIDES:
        return None
    likeness, seen = memory.of(one.category), _Seen.of(one, other, sides)
    now = (1,) * len(sides)
    known = _place(sides, now, priors) + seen.turns(now, priors)
    gains = {
        signs: _place(sides, signs, priors) + seen.turns(signs, priors) - known
        for signs in ((1, *rest) for rest in product((1, -1), repeat=len(sides) - 1))
    }
    likely = [signs for signs, gain in gains.items() if gain > 0.0]
    if not likely:
        return None
    looks = _looks(sides, now, likeness, priors)
    worth = {signs: gains[signs] + _looks(sides, signs, likeness, priors) - looks for signs in likely}
    best = max(worth, key=worth.__getitem__)
    if worth[best] <= priors.exchange_log_odds:
        return None
    return _exchanged(one, other, sides, seen, best, priors)


def _sides(one: OpenCase, other: OpenCase, priors: Priors) -> list[_Side]:
    """The directions from which passes saw either."""
    plane, left = Plane.at(one.lat, one.lon), list(other.looks)
    both: list[tuple[Look | None, Look | None]] = []
    for mine in one.looks:
        its = min(left, key=lambda look: appearance.turn_deg(look.approach_deg, mine.approach_deg), default=None)
        if its is not None and appearance.turn_deg(its.approach_deg, mine.approach_deg) > SAME_DIRECTION_DEG:
            its = None
        left = [look for look in left if look is not its]
        both.append((mine, its))
    both.extend((None, look) for look in left)
    return [_Side(mine, its, _spot(mine, plane, priors), _spot(its, plane, priors)) for mine, its in both]


def _spot(look: Look | None, plane: Plane, priors: Priors) -> _Spot | None:
    if look is None or look.spot is None:
        return None
    weight = ellipse.of(look.spot.error).widened(priors.object_extent_m**2).inverse()
    return _Spot(weight, weight.times(*plane.offset_m(look.spot.lat, look.spot.lon)))


def _place(sides: Sequence[_Side], signs: Signs, priors: Priors) -> float:
    """Log-likelihood of where each side was seen if all of a thing's are one place within the company radius, without
    what all signs have in common: for a thing ½ yᵀΛ⁻¹y − ½ log |Λ|, Λ the sum of its weights, y that of its pulls."""
    total, wide = 0.0, priors.company_radius_m**-2
    for first in (True, False):
        whole, east, north = Ellipse(wide, 0.0, wide), 0.0, 0.0
        for side, sign in zip(sides, signs, strict=True):
            _, spot = side.of(first, sign)
            if spot is not None:
                whole, east, north = whole.plus(spot.weight), east + spot.pull[0], north + spot.pull[1]
        total += 0.5 * whole.inverse().square(east, north) - 0.5 * math.log(whole.det())
    return total


def _looks(sides: Sequence[_Side], signs: Signs, likeness: Likeness, priors: Priors) -> float:
    """Logarithm of how much likelier the looks are of these two things than each of a thing of its own."""
    total = 0.0
    for first in (True, False):
        known: tuple[Look, ...] = ()
        for side, sign in zip(sides, signs, strict=True):
            look, _ = side.of(first, sign)
            if look is None:
                continue
            if known and len(look.mean):
                total += appearance.log_ratio(look.mean, look.count, look.approach_deg, known, likeness, priors)
            known = (*known, look)
    return total


@dataclass(frozen=True, slots=True)
class _Seen:
    """The newest sightings of both, oldest first: (glance, whether of the first, its side); apart_ns: when they were
    last in one picture."""

    order: tuple[tuple[Glance, bool, int], ...]
    apart_ns: int

    @classmethod
    def of(cls, one: OpenCase, other: OpenCase, sides: Sequence[_Side]) -> _Seen:
        """What the glances of two cases tell."""
        told = [(glance, True) for glance in one.glances] + [(glance, False) for glance in other.glances]
        met = [
            max(mine.last_ns, its.last_ns)
            for mine in one.glances
            for its in other.glances
            if mine.device == its.device and mine.first_ns <= its.last_ns and its.first_ns <= mine.last_ns
        ]
        order = sorted(told, key=lambda pair: (pair[0].last_ns, pair[1]))
        return cls(tuple((glance, first, _side_of(glance, sides)) for glance, first in order), max(met, default=0))

    def owners(self, signs: Signs) -> list[bool]:
        """Which of the two each sighting shows after the exchange."""
        return [first == (side < 0 or signs[side] > 0) for _, first, side in self.order]

    def missed(self, signs: Signs) -> dict[bool, tuple[int, int]]:
        """For each of the two how often the other was seen without it, before and after it was last seen itself."""
        out = {}
        for first in (True, False):
            between = waiting = 0
            for (glance, _, _), owner in zip(self.order, self.owners(signs), strict=True):
                if owner == first:
                    between, waiting = between + waiting, 0
                elif glance.last_ns > self.apart_ns:
                    waiting += 1
            out[first] = between, waiting
        return out

    def turns(self, signs: Signs, priors: Priors) -> float:
        """How likely it is (log) that they were seen by turns as they were since they were last seen side by side.

        A pass misses what something stands before, and what stays there hides it from many passes: no number of misses
        says more than that. After its last sighting a thing may have ended as well.
        """
        if not self.apart_ns:
            return 0.0
        total, hidden = 0.0, priors.occluded
        for between, waiting in self.missed(signs).values():
            total += math.log(hidden + (1.0 - hidden) * hidden**between)
            total += math.log(1.0 - MAY_STAND + MAY_STAND * hidden**waiting)
        return total


def _side_of(glance: Glance, sides: Sequence[_Side]) -> int:
    """The side from which a sighting was, or −1."""
    if glance.approach_deg is None:
        return -1
    return next((k for k, side in enumerate(sides) if side.covers(glance.approach_deg)), -1)


def _exchanged(
    one: OpenCase, other: OpenCase, sides: Sequence[_Side], seen: _Seen, signs: Signs, priors: Priors
) -> tuple[OpenCase, OpenCase] | None:
    """Both after the looks were exchanged that are fewer; None where one of them would be left without any."""
    if sum(sign * side.count for side, sign in zip(sides, signs, strict=True)) < 0:
        signs = tuple(-sign for sign in signs)
    missed, owners = seen.missed(signs), seen.owners(signs)
    out: list[OpenCase] = []
    for first, case in ((True, one), (False, other)):
        looks = tuple(look for side, sign in zip(sides, signs, strict=True) if (look := side.of(first, sign)[0]))
        glances = tuple(glance for (glance, _, _), owner in zip(seen.order, owners, strict=True) if owner == first)
        if not looks or not glances:
            return None
        out.append(_with(case, looks, glances, missed[first], priors))
    return out[0], out[1]


def _with(
    case: OpenCase, looks: tuple[Look, ...], glances: tuple[Glance, ...], missed: tuple[int, int], priors: Priors
) -> OpenCase:
    """The case with these looks and sightings: it stands where they say, and was missed so often."""
    where = None
    for look in looks:
        where = together(where, look.spot)
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
