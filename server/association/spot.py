"""Where passes from one direction saw a thing: the places that several passes gave, put together or weighed."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from server.association import ellipse
from server.association.ellipse import Ellipse
from server.association.plane import Pair, Plane
from server.association.priors import Priors
from server.association.state import Spot


class Pull(NamedTuple):
    """A spot as information: the inverse of its error, and that times its place (m) on a plane. What several spots of
    one thing say together is the sum of their pulls."""

    ee: float
    en: float
    nn: float
    east: float
    north: float


def pull(spot: Spot | None, plane: Plane, priors: Priors) -> Pull | None:
    """What a spot says of where the thing stands: of its middle, so its extent is added to the error."""
    if spot is None:
        return None
    weight = ellipse.of(spot.error).widened(priors.object_extent_m**2).inverse()
    return Pull(*weight, *weight.times(*plane.offset_m(spot.lat, spot.lon)))


def together(pairs: Sequence[tuple[Spot | None, Spot | None]], plane: Plane) -> list[Spot | None]:
    """Both of each pair as one place, by their information; the one that is known where the other is not. plane: near
    all of them."""
    both = [(one, other) for one, other in pairs if one is not None and other is not None]
    told = [
        ((one.lat, one.lon), ellipse.of(one.error), (other.lat, other.lon), ellipse.of(other.error))
        for one, other in both
    ]
    fused = iter(ellipse.each(partial(_fused, plane), told))
    return [_spot(*next(fused)) if one is not None and other is not None else one or other for one, other in pairs]


def _fused(plane: Plane, one: Pair, error: Ellipse, other: Pair, its: Ellipse) -> tuple[Pair, Ellipse]:
    """Where two places (lat, lon) are together, and how surely."""
    (east, north), (to_east, to_north) = plane.offset_m(*one), plane.offset_m(*other)
    by_east, by_north, left = ellipse.fused(error, its, to_east - east, to_north - north)
    return plane.to_latlon(east + by_east, north + by_north), left


def _spot(place: Pair, error: Ellipse) -> Spot:
    return Spot(*place, ellipse.covariance(error))
