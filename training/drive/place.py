"""From the street frame to the earth: a rotation to east and north, then WGS-84 by a local tangent plane. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

from pyproj import Transformer

from training.drive.scene import Block


@dataclass(frozen=True, slots=True)
class Spot:
    """A point of the ground: metres east and north of the block's origin, and WGS-84 degrees."""

    east_m: float
    north_m: float
    lat: float
    lon: float


@lru_cache(maxsize=8)
def _to_wgs84(lat: float, lon: float) -> Transformer:
    plane = f"+proj=aeqd +lat_0={lat!r} +lon_0={lon!r} +datum=WGS84 +units=m"
    return Transformer.from_crs(plane, "EPSG:4326", always_xy=True)


def spot(block: Block, x_m: float, y_m: float) -> Spot:
    """Where a street point lies; +x points along the block's bearing (degrees clockwise from north)."""
    a = math.radians(block.bearing_deg)
    return spot_of(block, x_m * math.sin(a) - y_m * math.cos(a), x_m * math.cos(a) + y_m * math.sin(a))


def spot_of(block: Block, east_m: float, north_m: float) -> Spot:
    """The same from metres east and north."""
    lon, lat = _to_wgs84(block.origin_lat, block.origin_lon).transform(east_m, north_m)
    return Spot(east_m, north_m, lat, lon)


def azimuth_deg(block: Block, yaw_deg: float) -> float:
    """A street heading (counter-clockwise from +x) as degrees clockwise from north, 0 ≤ azimuth < 360."""
    return (block.bearing_deg - yaw_deg) % 360.0
