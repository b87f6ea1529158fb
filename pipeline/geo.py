"""Metres on the ground: a local east/north frame, distance, bearing, and angles that wrap.

Everything is WGS-84, degrees, latitude first. A frame is good for some 10 km around its origin: there a distance in it
differs from the geodesic by less than a centimetre (the tangent plane's error is d³/6R²).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray
from pyproj import Geod

SEMI_MAJOR_M: Final = 6378137.0
FLATTENING: Final = 1.0 / 298.257223563
ECC2: Final = FLATTENING * (2.0 - FLATTENING)
GEOD: Final = Geod(ellps="WGS84")


def wrap_180(angle_deg: float) -> float:
    """The same angle in −180 (excluded) to 180."""
    wrapped = math.fmod(angle_deg, 360.0)
    if wrapped <= -180.0:
        return wrapped + 360.0
    return wrapped - 360.0 if wrapped > 180.0 else wrapped


def wrap_360(angle_deg: float) -> float:
    """The same angle in 0 to 360 (excluded, also after rounding)."""
    wrapped = angle_deg % 360.0
    return 0.0 if wrapped >= 360.0 else wrapped


def turn_deg(start_deg: float, end_deg: float) -> float:
    """The shorter turn from one heading to another, clockwise positive, −180 (excluded) to 180."""
    return wrap_180(end_deg - start_deg)


def between_deg(start_deg: float, end_deg: float, share: float) -> float:
    """The heading a share (0..1) of the shorter turn away from start, in 0..360."""
    return wrap_360(start_deg + share * turn_deg(start_deg, end_deg))


def distance_m(lat_a: float, lon_a: float, lat_b: float, lon_b: float) -> float:
    """Length of the geodesic between two places."""
    return float(GEOD.inv(lon_a, lat_a, lon_b, lat_b)[2])


def bearing_deg(lat_a: float, lon_a: float, lat_b: float, lon_b: float) -> float:
    """Heading at a under which b is seen, 0..360; 0 where both are the same place."""
    return wrap_360(float(GEOD.inv(lon_a, lat_a, lon_b, lat_b)[0]))


def _ecef(lat: float, lon: float) -> tuple[float, float, float]:
    """Earth-centred coordinates of a place on the ellipsoid (metres)."""
    sin_lat, cos_lat = math.sin(math.radians(lat)), math.cos(math.radians(lat))
    prime = SEMI_MAJOR_M / math.sqrt(1.0 - ECC2 * sin_lat * sin_lat)
    around = math.radians(lon)
    return prime * cos_lat * math.cos(around), prime * cos_lat * math.sin(around), prime * (1.0 - ECC2) * sin_lat


@dataclass(frozen=True, slots=True)
class LocalFrame:
    """East and north metres on the plane that touches the ellipsoid at an origin.

    Both ways are exact to rounding for places on the ellipsoid, whatever the longitude's turn (±180° included); the
    poles themselves are no origins.
    """

    lat: float
    lon: float
    _origin: tuple[float, float, float] = field(init=False, repr=False, compare=False)
    _east: tuple[float, float, float] = field(init=False, repr=False, compare=False)
    _north: tuple[float, float, float] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not (abs(self.lat) <= 89.9 and abs(self.lon) <= 360.0):
            raise ValueError(f"no local frame at latitude {self.lat}, longitude {self.lon}")
        lat, lon = math.radians(self.lat), math.radians(self.lon)
        object.__setattr__(self, "_origin", _ecef(self.lat, self.lon))
        object.__setattr__(self, "_east", (-math.sin(lon), math.cos(lon), 0.0))
        object.__setattr__(
            self, "_north", (-math.sin(lat) * math.cos(lon), -math.sin(lat) * math.sin(lon), math.cos(lat))
        )

    @classmethod
    def around(cls, places: Iterable[tuple[float, float]]) -> Self:
        """A frame at the first of some (lat, lon) places; raises ValueError where there is none."""
        for lat, lon in places:
            return cls(lat, lon)
        raise ValueError("a local frame needs at least one place")

    def to_en(self, lat: float, lon: float) -> tuple[float, float]:
        """East and north metres of a place."""
        x, y, z = _ecef(lat, lon)
        dx, dy, dz = x - self._origin[0], y - self._origin[1], z - self._origin[2]
        east, north = self._east, self._north
        return east[0] * dx + east[1] * dy, north[0] * dx + north[1] * dy + north[2] * dz

    def to_latlon(self, east_m: float, north_m: float) -> tuple[float, float]:
        """Latitude and longitude (−180..180) of a place on the ellipsoid with these coordinates."""
        lat, lon = self._first_guess(east_m, north_m)
        for _ in range(6):
            east, north = self.to_en(lat, lon)
            off_east, off_north = east_m - east, north_m - north
            if abs(off_east) + abs(off_north) < 1e-9:
                break
            d_lat, d_lon = _degrees_of(lat, off_east, off_north)
            lat, lon = lat + d_lat, lon + d_lon
        return lat, wrap_180(lon)

    def _first_guess(self, east_m: float, north_m: float) -> tuple[float, float]:
        d_lat, d_lon = _degrees_of(self.lat, east_m, north_m)
        return self.lat + d_lat, self.lon + d_lon

    def many_to_en(self, latlon: NDArray[np.float64]) -> NDArray[np.float64]:
        """East and north metres [N, 2] of places [N, 2] given as latitude, longitude."""
        return np.array([self.to_en(float(lat), float(lon)) for lat, lon in latlon]).reshape(-1, 2)


def _degrees_of(lat: float, east_m: float, north_m: float) -> tuple[float, float]:
    """Small metres as degrees at a latitude: WGS-84's radii of curvature in the meridian and the prime vertical."""
    sin_lat = math.sin(math.radians(lat))
    root = math.sqrt(1.0 - ECC2 * sin_lat * sin_lat)
    meridian, prime = SEMI_MAJOR_M * (1.0 - ECC2) / root**3, SEMI_MAJOR_M / root
    return math.degrees(north_m / meridian), math.degrees(east_m / (prime * math.cos(math.radians(lat))))
