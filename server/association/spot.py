"""Where passes from one direction saw a thing: the places that several passes gave, put together."""

from __future__ import annotations

from server.association import ellipse
from server.association.plane import Plane
from server.association.state import Spot


def together(one: Spot | None, other: Spot | None) -> Spot | None:
    """Both as one place, by their information."""
    if one is None or other is None:
        return one or other
    plane = Plane.at(one.lat, one.lon)
    east, north, error = ellipse.fused(
        ellipse.of(one.error), ellipse.of(other.error), *plane.offset_m(other.lat, other.lon)
    )
    return Spot(*plane.to_latlon(east, north), ellipse.covariance(error))
