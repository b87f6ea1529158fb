"""From the street frame to the earth: a rotation to east and north, then WGS-84 by a local tangent plane. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass

from pipeline.geo import LocalFrame
from training.drive.scene import Block


@dataclass(frozen=True, slots=True)
class Spot:
    """A point of the ground: metres east and north of the block's origin, and WGS-84 degrees."""

    east_m: float
    north_m: float
    lat: float
    lon: float


def spot(block: Block, x_m: float, y_m: float) -> Spot:
    """Where a street point lies; +x points along the block's bearing (degrees clockwise from north)."""
    a = math.radians(block.bearing_deg)
    return spot_of(block, x_m * math.sin(a) - y_m * math.cos(a), x_m * math.cos(a) + y_m * math.sin(a))


def spot_of(block: Block, east_m: float, north_m: float) -> Spot:
    """The same from metres east and north."""
    lat, lon = LocalFrame(block.origin_lat, block.origin_lon).to_latlon(east_m, north_m)
    return Spot(east_m, north_m, lat, lon)


def azimuth_deg(block: Block, yaw_deg: float) -> float:
    """A street heading (counter-clockwise from +x) as degrees clockwise from north, 0 ≤ azimuth < 360."""
    return (block.bearing_deg - yaw_deg) % 360.0
