"""Case states after a traverse: places that improve with every pass, looks, and what was looked for in vain."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from server.association import apart, appearance, ellipse, existence, plate, report
from server.association.appearance import NO_VECTOR
from server.association.drive import Drive
from server.association.ellipse import Ellipse
from server.association.plane import Floats, Plane
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
    def at(cls, arm: Floats, solution: Solution, drive: Drive, common: Ellipse) -> list[Moved]:
        """For places with these Jacobians [N, 2, 4]."""
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
    return [Ellipse(ee, en, nn) for (ee, en), (_, nn) in matrices.tolist()]


class Presence(NamedTuple):
    """What is believed of whether a case still stands: the fields of its state that say so."""

    solid: float
    faint: float
    as_of_ns: int
    waiting: float
    missed_ns: int
    gaps: float


def attached(
    case: OpenCase,
    presence: Presence,
    place: Sequence[float],
    one: Sighting,
    glance: Glance | None,
    moved: Moved,
    plane: Plane,
    priors: Priors,
) -> OpenCase:
    """The case, which stood at this place, with this presence and with its place fused: first its own error, then the
    map's share of what the fixes said."""
    seen = _look(one, glance, moved, plane)
    placed = report.placed(case, place, one, priors) if glance is None else _placed(case, place, one, moved, priors)
    east, north, own, shared = placed
    lat, lon = plane.to_latlon(east, north)
    return OpenCase(
        case.case_id,
        case.category,
        case.standing,
        lat,
        lon,
        ellipse.covariance(own),
        ellipse.covariance(shared),
        case.looks if seen is None else appearance.add_look(case.looks, seen),
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
        case.glances if glance is None else apart.newest((*case.glances, glance)),
        plate.together(case.plates, one.plates) if one.plates else case.plates,
        case.part or one.part,
    )


def _placed(
    case: OpenCase, place: Sequence[float], one: Sighting, moved: Moved, priors: Priors
) -> tuple[float, float, Ellipse, Ellipse]:
    """Where a case stands after a pass saw it, east and north on the plane, with its own error and the shared one."""
    delta = moved.delta
    noise = one.own.widened(priors.object_extent_m**2)
    away = (one.place[0] + delta[0] - place[0], one.place[1] + delta[1] - place[1])
    east, north, own = ellipse.settled(ellipse.of(case.own), noise, moved.left, *away)
    back_east, back_north, shared = ellipse.settled(ellipse.of(case.shared), moved.prior, moved.left, *delta)
    shared = shared.widened(0.05 * priors.shared_floor_m**2)
    return place[0] + east - back_east, place[1] + north - back_north, own, shared


def _look(one: Sighting, glance: Glance | None, moved: Moved, plane: Plane) -> Look | None:
    """How and where a thing was seen; a report that says nothing of looks has no direction either."""
    if glance is None and one.vector is None:
        return None
    mean, spot = NO_VECTOR if one.vector is None else one.vector, None
    if glance is not None:
        lat, lon = plane.to_latlon(one.place[0] + moved.delta[0], one.place[1] + moved.delta[1])
        spot = Spot(lat, lon, ellipse.covariance(one.own.plus(moved.left)))
    return Look(one.approach_deg, len(one.vectors), mean, spot)


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
    seen = _look(one, glance, moved, plane)
    lat, lon = plane.to_latlon(one.place[0] + east, one.place[1] + north)
    return OpenCase(
        case_id="",
        category=one.category,
        standing=Standing.OPEN,
        lat=lat,
        lon=lon,
        own=ellipse.covariance(one.own),
        shared=ellipse.covariance(spread),
        looks=() if seen is None else appearance.add_look((), seen),
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
    utc_ns: int,
    priors: Priors,
) -> list[Presence | None]:
    """Per case what is now believed of its presence; None where nobody looked and nothing was seen.

    seen: by column how often it was; maybe: per column the probability that it was seen although it is not among those;
    hits: the chances that it would have been detected if it stood there solid, and faint.
    """
    out: list[Presence | None] = []
    for column, (case, chance) in enumerate(zip(cases, hits, strict=True)):
        late = utc_ns < case.as_of_ns
        if column not in seen and (late or chance[0] <= LOOKED_AT):
            out.append(None)
            continue
        waiting, missed_ns, gaps = case.waiting, case.missed_ns, case.gaps
        there = existence.at_time(case, utc_ns, priors)
        if column in seen and late:
            solid, faint, waiting = existence.after_late_hit(case, utc_ns, priors)
        elif column in seen:
            often = (existence.so_often(hit, seen[column], priors) for hit in chance)
            solid, faint = existence.after_hit(*there, *often)
            waiting, gaps = 0.0, gaps + waiting
        else:
            solid, faint = existence.after_miss(*there, *chance)
            if (again := maybe[column]) > NEGLIGIBLE:
                hit = existence.after_hit(*there, *chance)
                solid, faint = again * hit[0] + (1.0 - again) * solid, again * hit[1] + (1.0 - again) * faint
            missed_ns = missed_ns if waiting > 0.0 else utc_ns
            waiting -= math.log1p(-chance[0])
        out.append(Presence(solid, faint, max(case.as_of_ns, utc_ns), waiting, missed_ns, gaps))
    return out
