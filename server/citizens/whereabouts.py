"""Where a person says that something is: from a pin, a phone or a photo, on WGS-84, with how far that may be off."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from pipeline.observation import Covariance

ARM_M: Final = 5.0
"""People stand some metres from what they report."""
PIN_M: Final = 5.0
PHOTO_M: Final = 15.0
WORST_M: Final = 200.0
RAYLEIGH_68: Final = 1.51
"""A phone tells the radius that holds 68 % of a round Gaussian error; it is 1.51 times the sigma of an axis."""


class Datum(StrEnum):
    """What the coordinates refer to. Maps of China show gcj02."""

    WGS84 = "wgs84"
    GCJ02 = "gcj02"


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """WGS-84 degrees; sigma_m: per axis, of the thing that was reported."""

    lat: float
    lon: float
    sigma_m: float

    @property
    def covariance(self) -> Covariance:
        return Covariance(self.sigma_m**2, 0.0, self.sigma_m**2)


def by_phone(lat: float, lon: float, accuracy_m: float) -> Whereabouts:
    """A phone's own position with the 68 % radius that it tells."""
    return Whereabouts(lat, lon, math.hypot(max(accuracy_m, 1.0) / RAYLEIGH_68, ARM_M))


def by_pin(lat: float, lon: float) -> Whereabouts:
    """A pin that a person set on a map."""
    return Whereabouts(lat, lon, PIN_M)


def by_photo(lat: float, lon: float) -> Whereabouts:
    """The place that a photo's EXIF tells, which says nothing of its error."""
    return Whereabouts(lat, lon, math.hypot(PHOTO_M, ARM_M))


def on_wgs84(lat: float, lon: float, datum: Datum) -> tuple[float, float]:
    """Degrees on WGS-84. GCJ-02 has no closed inverse; iterated until it moves by less than a millimetre.

    The shift is the one that all open converters share (Krasovsky ellipsoid and a sum of sines); it is about half a
    kilometre inside China and not defined elsewhere, where coordinates are left as they are.
    """
    if datum is Datum.WGS84 or not _in_china(lat, lon):
        return lat, lon
    there_lat, there_lon = lat, lon
    for _ in range(10):
        north, east = gcj02_shift(there_lat, there_lon)
        step_lat, step_lon = lat - (there_lat + north), lon - (there_lon + east)
        there_lat, there_lon = there_lat + step_lat, there_lon + step_lon
        if max(abs(step_lat), abs(step_lon)) < 1e-8:
            break
    return there_lat, there_lon


def _in_china(lat: float, lon: float) -> bool:
    return 0.8293 <= lat <= 55.8271 and 72.004 <= lon <= 137.8347


def gcj02_shift(lat: float, lon: float) -> tuple[float, float]:
    """What GCJ-02 adds to WGS-84 degrees inside China, in degrees: north, east."""
    axis_m, flat = 6_378_245.0, 0.00669342162296594323
    x, y, pi = lon - 105.0, lat - 35.0, math.pi
    root = math.sqrt(abs(x))
    ripple = (20.0 * math.sin(6.0 * x * pi) + 20.0 * math.sin(2.0 * x * pi)) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + ripple
    north += (20.0 * math.sin(y * pi) + 40.0 * math.sin(y / 3.0 * pi)) * 2.0 / 3.0
    north += (160.0 * math.sin(y / 12.0 * pi) + 320.0 * math.sin(y * pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + ripple
    east += (20.0 * math.sin(x * pi) + 40.0 * math.sin(x / 3.0 * pi)) * 2.0 / 3.0
    east += (150.0 * math.sin(x / 12.0 * pi) + 300.0 * math.sin(x / 30.0 * pi)) * 2.0 / 3.0
    bend = 1.0 - flat * math.sin(math.radians(lat)) ** 2
    meridian = axis_m * (1.0 - flat) / bend**1.5
    parallel = axis_m / math.sqrt(bend) * math.cos(math.radians(lat))
    return math.degrees(north / meridian), math.degrees(east / parallel)
