"""Where passes from one direction saw a thing: the places that several passes gave, put together or weighed."""

from __future__ import annotations

from typing import NamedTuple

from server.association import ellipse
from server.association.plane import Plane
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


def together(one: Spot | None, other: Spot | None) -> Spot | None:
    """Both as one place, by their information."""
    if one is None or other is None:
        return one or other
    plane = Plane.at(one.lat, one.lon)
    east, north, error = ellipse.fused(
        ellipse.of(one.error), ellipse.of(other.error), *plane.offset_m(other.lat, other.lon)
    )
    return Spot(*plane.to_latlon(east, north), ellipse.covariance(error))
