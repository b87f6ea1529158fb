"""East and north metres around a place, for whole columns at once; good to a centimetre within a kilometre."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
Pair = tuple[float, float]
"""East and north, metres."""

SEMI_MAJOR_M = 6378137.0
ECC2 = 0.00669437999014


@dataclass(frozen=True, slots=True)
class Plane:
    """A local plane: metres per degree at an origin (WGS-84 radii of curvature)."""

    lat: float
    lon: float
    m_per_lat: float
    m_per_lon: float

    @classmethod
    def at(cls, lat: float, lon: float) -> Self:
        """The plane that touches the ellipsoid here."""
        sine = math.sin(math.radians(lat))
        root = math.sqrt(1.0 - ECC2 * sine * sine)
        meridian, prime = SEMI_MAJOR_M * (1.0 - ECC2) / root**3, SEMI_MAJOR_M / root
        return cls(lat, lon, math.radians(meridian), math.radians(prime * math.cos(math.radians(lat))))

    def to_en(self, lat: Floats, lon: Floats) -> Floats:
        """[N, 2] east, north metres of places."""
        turn = (lon - self.lon + 180.0) % 360.0 - 180.0
        place = np.empty((*turn.shape, 2))
        place[..., 0], place[..., 1] = turn * self.m_per_lon, (lat - self.lat) * self.m_per_lat
        return place

    def offset_m(self, lat: float, lon: float) -> tuple[float, float]:
        """East, north metres of one place."""
        turn = (lon - self.lon + 180.0) % 360.0 - 180.0
        return turn * self.m_per_lon, (lat - self.lat) * self.m_per_lat

    def to_latlon(self, east_m: float, north_m: float) -> tuple[float, float]:
        """The place of a point of the plane."""
        lon = self.lon + east_m / self.m_per_lon
        return self.lat + north_m / self.m_per_lat, (lon + 180.0) % 360.0 - 180.0
