"""Case states after a traverse: places that improve with every pass, looks, and what was looked for in vain."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from server.association import appearance, existence
from server.association.drive import Drive
from server.association.known import Known, covariance
from server.association.offset import Solution
from server.association.plane import Floats, Plane
from server.association.priors import Priors
from server.association.sighting import Sighting
from server.association.state import OpenCase, Standing


@dataclass(frozen=True, slots=True, eq=False)
class Moved:
    """How a traverse's solved φ splits, at one place, between the traverse's own error and the map's.

    delta [2]: shift relative to the map; prior [2, 2]: what the fixes alone left open there; left [2, 2]: what is
    open after the match; common [2, 2]: the map's own error.
    """

    delta: Floats
    prior: Floats
    left: Floats
    common: Floats

    @classmethod
    def at(cls, arm: Floats, solution: Solution, drive: Drive, common: Floats) -> Moved:
        """For a place with this Jacobian [2, 4]."""
        return cls(arm @ solution.phi, arm @ drive.prior @ arm.T, arm @ solution.covariance @ arm.T, common)

    def absolute(self) -> tuple[Floats, Floats]:
        """The traverse's own error there, mean [2] and covariance [2, 2]: the share of delta that is not the map's."""
        gain = self.prior @ np.linalg.inv(self.prior + self.common)
        spread = self.prior - gain @ (self.prior + self.common - self.left) @ gain.T
        return gain @ self.delta, spread


def attached(
    case: OpenCase,
    place: Floats,
    own: Floats,
    shared: Floats,
    one: Sighting,
    moved: Moved,
    plane: Plane,
    priors: Priors,
) -> OpenCase:
    """The case with its place fused: first its own error, then the map's share of what the fixes said."""
    away = one.place + moved.delta - place
    noise = one.own + moved.left + np.eye(2) * priors.object_extent_m**2
    gain = own @ np.linalg.inv(own + noise)
    anchor = shared @ np.linalg.inv(shared + moved.prior + moved.left)
    at = place + gain @ away - anchor @ moved.delta
    floor = np.eye(2) * priors.shared_floor_m**2
    lat, lon = plane.to_latlon(float(at[0]), float(at[1]))
    return replace(
        case,
        lat=lat,
        lon=lon,
        own=covariance(own - gain @ own),
        shared=covariance(shared - anchor @ shared + 0.05 * floor),
        looks=appearance.add_look(case.looks, one.approach_deg, len(one.vectors), one.vector),
        worth=case.worth + one.worth,
        first_seen_ns=min(case.first_seen_ns, one.first_ns),
        last_seen_ns=max(case.last_seen_ns, one.last_ns),
        traverses=case.traverses + 1,
        observations=case.observations + len(one.members),
    )


def opened(one: Sighting, moved: Moved, plane: Plane, priors: Priors) -> OpenCase:
    """The state of a new case."""
    shift, spread = moved.absolute()
    lat, lon = plane.to_latlon(*(float(v) for v in one.place + shift))
    return OpenCase(
        case_id="",
        category=one.category,
        standing=Standing.OPEN,
        lat=lat,
        lon=lon,
        own=covariance(one.own),
        shared=covariance(spread),
        looks=appearance.add_look((), one.approach_deg, len(one.vectors), one.vector),
        solid=1.0 - priors.faint_share,
        faint=priors.faint_share,
        worth=one.worth,
        first_seen_ns=one.first_ns,
        last_seen_ns=one.last_ns,
        as_of_ns=one.last_ns,
        traverses=1,
        observations=len(one.members),
    )


def looked_for(
    known: Known, solution: Solution, hits: tuple[Floats, Floats], utc_ns: int, priors: Priors
) -> list[OpenCase | None]:
    """Per known case its state with the existence filter moved on; None where nobody looked and nothing was seen."""
    seen = set(solution.match[solution.match >= 0].tolist())
    out: list[OpenCase | None] = []
    for column, case in enumerate(known.cases):
        before = (float(known.solid[column]), float(known.faint[column]))
        chance = (float(hits[0][column]), float(hits[1][column]))
        late, waiting, missed_ns, gaps = utc_ns < case.as_of_ns, case.waiting, case.missed_ns, case.gaps
        if column in seen and late:
            solid, faint, waiting = existence.after_late_hit(case, utc_ns, priors)
        elif column in seen:
            solid, faint = existence.after_hit(*before, *chance)
            waiting, gaps = 0.0, gaps + waiting
        elif chance[0] > 0.02 and not late:
            maybe = float(solution.maybe[column])
            hit, miss = existence.after_hit(*before, *chance), existence.after_miss(*before, *chance)
            solid, faint = (maybe * one + (1.0 - maybe) * two for one, two in zip(hit, miss, strict=True))
            missed_ns = missed_ns if waiting > 0.0 else utc_ns
            waiting -= math.log1p(-chance[0])
        else:
            out.append(None)
            continue
        moved = replace(case, solid=solid, faint=faint, as_of_ns=max(case.as_of_ns, utc_ns))
        out.append(replace(moved, waiting=waiting, missed_ns=missed_ns, gaps=gaps))
    return out
