"""A report: what a person or a sensor tells of one place, with no path along which it could have looked around.

It shares its error with nothing, so it corrects no map; it is no look at its neighbours, so it says of none that it is
gone; and its place may be far off, so what it can mean is looked for as far as that.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Final

from pipeline.traverse import Traverse
from server.association import ellipse, existence
from server.association.ellipse import Ellipse
from server.association.plane import Pair, Plane
from server.association.priors import Priors
from server.association.state import OpenCase

REACH_SIGMAS: Final = 3.0
NAMED: Final = 0.5
"""Chance to be told of that makes a known problem and a new one weigh as much as their numbers: whoever reports picks
one of those that stand there, and has not looked for the others."""

SENSED: Final = 0.95
"""Chance that a bin which still overflows is not taken for an emptied one by its sensor."""


def priors_of(traverse: Traverse, priors: Priors) -> Priors:
    """The priors for a traverse. For a report cases are looked for within three sigmas of its place, and company counts
    as spread over its error: problems in company lie within ten metres of each other, not of where a phone says."""
    places = [seen.covariance for seen in traverse.observations if seen.covariance is not None]
    if traverse.poses or not places:
        return priors
    widest = max(math.sqrt(place.ee + place.nn) for place in places)
    area = max(math.sqrt(place.ee * place.nn - place.en**2) for place in places)
    return replace(
        priors,
        reach_m=priors.reach_m + REACH_SIGMAS * widest,
        company_radius_m=math.sqrt(priors.company_radius_m**2 + 2.0 * area),
    )


def was_emptied(case: OpenCase, utc_ns: int, priors: Priors) -> OpenCase:
    """The case after a sensor there found nothing, at a time not before its state: as a pass that looked well."""
    there = existence.at_time(case, utc_ns, priors)
    solid, faint = existence.after_miss(*there, SENSED, SENSED)
    missed_ns = case.missed_ns if case.waiting > 0.0 else utc_ns
    return case.believed(solid, faint, utc_ns, case.waiting - math.log1p(-SENSED), missed_ns, case.gaps)


def placed(
    plane: Plane, priors: Priors, place: Pair, seen: Pair, noise: Ellipse, own: Ellipse, shared: Ellipse
) -> tuple[Pair, Ellipse, Ellipse]:
    """Where a case stands after a report of it (lat, lon), with its own error and the shared one. place, seen: where it
    stood on the plane and where the report says, with this error (noise).

    The residual is split over the case's own error and the map's as a Kalman step would: each keeps what the other
    and the report leave open. That the two are then anticorrelated is left out, which only makes the sum wider.
    """
    noise = noise.widened(priors.object_extent_m**2)
    away = seen[0] - place[0], seen[1] - place[1]
    east, north, its = ellipse.fused(own, noise.plus(shared), *away)
    more_east, more_north, common = ellipse.fused(shared, noise.plus(own), *away)
    return plane.to_latlon(place[0] + east + more_east, place[1] + north + more_north), its, common
