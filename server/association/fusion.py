"""Case states after a traverse: places that improve with every pass, looks, and what was looked for in vain."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, NamedTuple

from server.association import apart, ellipse, existence, plate, report, sighting
from server.association.drive import Drive
from server.association.ellipse import Ellipse
from server.association.looks import NO_VECTOR, add_look, add_looks
from server.association.plane import Floats, Pair, Plane
from server.association.priors import Priors
from server.association.sighting import Sighting
from server.association.solution import Solution
from server.association.state import Glance, Look, OpenCase, Spot, Standing

LOOKED_AT: Final = 0.02
"""A chance of detecting it from which a pass has looked at a place."""
NEGLIGIBLE: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Moved:
    """How a traverse's solved φ splits, at one place, between the traverse's own error and the map's.

    delta: shift (m) relative to the map; prior: what the fixes alone left open there; left: what is open after the
    match; common: the map's own error.
    """

    delta: tuple[float, float]
    prior: Ellipse
    left: Ellipse
    common: Ellipse

    @classmethod
    def at(cls, sightings: Sequence[Sighting], solution: Solution, drive: Drive, common: Ellipse) -> list[Moved]:
        """Where each was seen, and last in the middle of the traverse, which does not move as it turns."""
        arm = sighting.arms(sightings, 1)
        turned = arm.transpose(0, 2, 1)
        priors, lefts = _ellipses(arm @ drive.prior @ turned), _ellipses(arm @ solution.covariance @ turned)
        deltas = (arm @ solution.phi).tolist()
        return [
            cls((delta[0], delta[1]), prior, left, common)
            for delta, prior, left in zip(deltas, priors, lefts, strict=True)
        ]

    def absolute(self) -> tuple[float, float, Ellipse]:
        """The traverse's own error there, east and north and its covariance: the share of delta that is not the map's.

        With P the prior, S = P + common and L what is left: mean PS⁻¹δ, covariance P − PS⁻¹P + PS⁻¹LS⁻¹P.
        """
        return ellipse.settled(self.prior, self.common, self.left, *self.delta)


def _ellipses(matrices: Floats) -> list[Ellipse]:
    """Symmetric matrices [N, 2, 2], one by one."""
    return [Ellipse(ee, en, nn) for ee, en, _, nn in matrices.reshape(-1, 4).tolist()]


class Presence(NamedTuple):
    """What is believed of whether a case still stands: the fields of its state that say so."""

    solid: float
    faint: float
    as_of_ns: int
    waiting: float
    missed_ns: int
    gaps: float


class Again(NamedTuple):
    """A known case that was seen again: what is now believed of its presence, where it stood on the plane, how and when
    it was seen (at no time for a report), and how the traverse moved there."""

    case: OpenCase
    presence: Presence
    place: Pair
    one: Sighting
    glance: Glance | None
    moved: Moved


def attached(again: Sequence[Again], plane: Plane, priors: Priors) -> list[OpenCase]:
    """The cases that one traverse saw, with their looks, and with their places fused: first each one's own error, then
    the map's share of what the fixes said."""
    placed = _placed(again, plane, priors)
    seen = [_look(one, *spot) for (_, _, _, one, *_), (_, _, _, *spot) in zip(again, placed, strict=True)]
    told = [(case.looks, look) for (case, *_), look in zip(again, seen, strict=True) if look is not None]
    added = iter(add_looks(told, plane))
    looks = [case.looks if look is None else next(added) for (case, *_), look in zip(again, seen, strict=True)]
    return [
        _attached(one, place, own, shared, look)
        for one, (place, own, shared, *_), look in zip(again, placed, looks, strict=True)
    ]


def _attached(again: Again, place: Pair, own: Ellipse, shared: Ellipse, looks: tuple[Look, ...]) -> OpenCase:
    """The case with these looks, at this place (lat, lon)."""
    case, presence, _, one, glance, _ = again
    return OpenCase(
        case.case_id,
        case.category,
        case.standing,
        *place,
        ellipse.covariance(own),
        ellipse.covariance(shared),
        looks,
        presence.solid,
        presence.faint,
        case.worth + one.worth,
        min(case.first_seen_ns, one.first_ns),
        max(case.last_seen_ns, one.last_ns),
        presence.as_of_ns,
        case.traverses + 1,
        case.observations + len(one.members),
        presence.waiting,
        presence.missed_ns,
        presence.gaps,
        case.apart,
        case.names,
        case.glances if glance is None else apart.and_newer(case.glances, glance),
        plate.together(case.plates, one.plates) if one.plates else case.plates,
        case.part or one.part,
    )


def _placed(again: Sequence[Again], plane: Plane, priors: Priors) -> list[Any]:
    """Where each case stands afterwards (lat, lon), with its own error and the shared one; and, but for a report, where
    it was seen, and how surely."""
    told = [
        (place, one.place, one.own, ellipse.of(case.own), ellipse.of(case.shared))
        for case, _, place, one, _, _ in again
    ]
    if any(glance is None for *_, glance, _ in again):
        return ellipse.each(partial(report.placed, plane, priors), told)
    rows = [(*row, moved.delta, moved.prior, moved.left) for row, (*_, moved) in zip(told, again, strict=True)]
    return ellipse.each(partial(_after_pass, plane, priors), rows)


def _after_pass(
    plane: Plane,
    priors: Priors,
    place: Pair,
    seen: Pair,
    noise: Ellipse,
    own: Ellipse,
    shared: Ellipse,
    delta: Pair,
    prior: Ellipse,
    left: Ellipse,
) -> tuple[Pair, Ellipse, Ellipse, Pair, Ellipse]:
    """The same of one that a pass saw there, which moved so."""
    away = seen[0] + delta[0] - place[0], seen[1] + delta[1] - place[1]
    east, north, its = ellipse.settled(own, noise.widened(priors.object_extent_m**2), left, *away)
    back_east, back_north, common = ellipse.settled(shared, prior, left, *delta)
    there = plane.to_latlon(place[0] + east - back_east, place[1] + north - back_north)
    return there, its, common.widened(0.05 * priors.shared_floor_m**2), *_spotted(plane, seen, noise, delta, left)


def _spotted(plane: Plane, seen: Pair, noise: Ellipse, delta: Pair, left: Ellipse) -> tuple[Pair, Ellipse]:
    """Where on the map a thing was seen (lat, lon), and how surely."""
    return plane.to_latlon(seen[0] + delta[0], seen[1] + delta[1]), noise.plus(left)


def _look(one: Sighting, place: Pair | None = None, error: Ellipse | None = None) -> Look | None:
    """How a thing was seen, and where; a report that says nothing of looks has no direction either."""
    if place is None or error is None:
        return None if one.vector is None else Look(one.approach_deg, len(one.vectors), one.vector)
    mean = NO_VECTOR if one.vector is None else one.vector
    return Look(one.approach_deg, len(one.vectors), mean, Spot(*place, ellipse.covariance(error)))


def opened(
    one: Sighting,
    name: str,
    glance: Glance | None,
    moved: Moved,
    chance: tuple[float, float],
    plane: Plane,
    priors: Priors,
) -> OpenCase:
    """The state of a new case that other cases call by this name. chance: that this pass would have seen it at all, if
    it stood there solid, and faint."""
    solid, faint = existence.when_new(*chance, len(one.members), priors)
    east, north, spread = moved.absolute()
    spot = () if glance is None else _spotted(plane, one.place, one.own, moved.delta, moved.left)
    look = _look(one, *spot)
    lat, lon = plane.to_latlon(one.place[0] + east, one.place[1] + north)
    return OpenCase(
        case_id="",
        category=one.category,
        standing=Standing.OPEN,
        lat=lat,
        lon=lon,
        own=ellipse.covariance(one.own),
        shared=ellipse.covariance(spread),
        looks=() if look is None else add_look((), look, plane),
        solid=solid,
        faint=faint,
        worth=one.worth,
        first_seen_ns=one.first_ns,
        last_seen_ns=one.last_ns,
        as_of_ns=one.last_ns,
        traverses=1,
        observations=len(one.members),
        names=(name,),
        glances=() if glance is None else (glance,),
        plates=one.plates,
        part=one.part,
    )


def looked_for(
    cases: Sequence[OpenCase],
    seen: Mapping[int, int],
    maybe: Sequence[float],
    hits: Sequence[tuple[float, float]],
    there: Mapping[int, tuple[float, float]],
    utc_ns: int,
    priors: Priors,
) -> list[Presence | None]:
    """Per case what is now believed of its presence; None where nobody looked and nothing was seen.

    seen: by column how often it was; maybe: per column the probability that it was seen although it is not among those;
    hits: the chances that it would have been detected if it stood there solid, and faint; there: by column (solid,
    faint) at this time, for those of which it was worked out.
    """
    out: list[Presence | None] = []
    for column, (case, chance) in enumerate(zip(cases, hits, strict=True)):
        late = utc_ns < case.as_of_ns
        if column not in seen and (late or chance[0] <= LOOKED_AT):
            out.append(None)
            continue
        waiting, missed_ns, gaps = case.waiting, case.missed_ns, case.gaps
        before = there.get(column) or existence.at_time(case, utc_ns, priors)
        if column in seen and late:
            solid, faint, waiting = existence.after_late_hit(case, utc_ns, priors)
        elif column in seen:
            often = (existence.so_often(hit, seen[column], priors) for hit in chance)
            solid, faint = existence.after_hit(*before, *often)
            waiting, gaps = 0.0, gaps + waiting
        else:
            solid, faint = existence.after_miss(*before, *chance)
            if (again := maybe[column]) > NEGLIGIBLE:
                hit = existence.after_hit(*before, *chance)
                solid, faint = again * hit[0] + (1.0 - again) * solid, again * hit[1] + (1.0 - again) * faint
            missed_ns = missed_ns if waiting > 0.0 else utc_ns
            waiting -= math.log1p(-chance[0])
        out.append(Presence(solid, faint, max(case.as_of_ns, utc_ns), waiting, missed_ns, gaps))
    return out
