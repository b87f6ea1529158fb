"""Real photos paired with a real track: the photos of one street, seen again when the vehicle comes by again.

Which photo stands where along the street is our choice; the two positions of one photo are those that the vehicle's own
receiver gave on its two passes, so their difference is real GNSS error. Say "paired" wherever a figure comes from this.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import numpy as np
from PIL import Image
from PIL.TiffImagePlugin import IFDRational
from pyproj import Geod

_WGS84 = Geod(ellps="WGS84")
BEGAN_S = datetime(2026, 11, 2, 1, 0, tzinfo=UTC).timestamp()


@dataclass(frozen=True, slots=True)
class Moment:
    """One moment of a track: seconds since its start, position, direction of travel."""

    t_s: float
    lat: float
    lon: float
    course_deg: float


def read_track(path: Path) -> list[Moment]:
    """The track of a .track file (lon lat seconds a line) with the course over a second before and after."""
    rows = np.loadtxt(path)
    moments = []
    for i in range(1, len(rows) - 1):
        course_deg, _, _ = _WGS84.inv(rows[i - 1, 0], rows[i - 1, 1], rows[i + 1, 0], rows[i + 1, 1])
        moments.append(Moment(float(rows[i, 2]), float(rows[i, 1]), float(rows[i, 0]), course_deg % 360.0))
    return moments


def abreast(track: list[Moment], at: Moment, later_than_s: float) -> Moment | None:
    """The moment of a later pass, in the same direction, at which the vehicle was nearest to where it was at `at`."""
    again = [
        one
        for one in track
        if one.t_s > at.t_s + later_than_s and abs((one.course_deg - at.course_deg + 180) % 360 - 180) < 25
    ]
    nearest = min(again, key=lambda one: _apart_m(one, at), default=None)
    return nearest if nearest is not None and _apart_m(nearest, at) < 15 else None


def write_geotagged(photo: Path, to: Path, at: Moment) -> None:
    """A copy of a photo with the EXIF position, direction and time of a moment."""
    exif = Image.Exif()
    when = datetime.fromtimestamp(BEGAN_S + at.t_s, UTC)
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2] = "N" if at.lat >= 0 else "S", _dms(abs(at.lat))
    gps[3], gps[4] = "E" if at.lon >= 0 else "W", _dms(abs(at.lon))
    gps[7] = (IFDRational(when.hour), IFDRational(when.minute), IFDRational(when.second))
    gps[16], gps[17] = "T", IFDRational(round(at.course_deg * 100), 100)
    gps[29] = when.strftime("%Y:%m:%d")
    with Image.open(photo) as image:
        image.convert("RGB").save(to, "JPEG", quality=95, exif=exif)


def _dms(degrees: float) -> tuple[IFDRational, IFDRational, IFDRational]:
    whole = int(degrees)
    minutes = int((degrees - whole) * 60)
    seconds = Fraction((degrees - whole - minutes / 60) * 3600).limit_denominator(100_000)
    return IFDRational(whole), IFDRational(minutes), IFDRational(seconds.numerator, seconds.denominator)


def _apart_m(a: Moment, b: Moment) -> float:
    return float(_WGS84.inv(a.lon, a.lat, b.lon, b.lat)[2])
