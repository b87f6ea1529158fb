"""What a satellite receiver says while it moves, as real lines: NMEA 0183 with checksums."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import reduce
from operator import xor

KNOT_MPS = 1852.0 / 3600.0


def sentence(body: str) -> bytes:
    """A body with its frame and checksum."""
    return f"${body}*{reduce(xor, body.encode()):02X}\r\n".encode()


def degrees(angle: float, digits: int, sides: str) -> str:
    """(d)ddmm.mmmmmm and the hemisphere."""
    size = abs(angle)
    minutes = f"{(size - int(size)) * 60:09.6f}"
    whole, minutes = (int(size) + 1, "00.000000") if minutes.startswith("60") else (int(size), minutes)
    return f"{whole:0{digits}d}{minutes},{sides[angle < 0]}"


def moment(utc_ns: int) -> tuple[str, str]:
    """hhmmss.ss and ddmmyy."""
    at = datetime.fromtimestamp(utc_ns / 1e9, UTC)
    return f"{at:%H%M%S}.{at.microsecond // 10_000:02d}", f"{at:%d%m%y}"


def epoch(
    utc_ns: int,
    lat: float,
    lon: float,
    course_deg: float = 0.0,
    speed_mps: float = 5.0,
    talker: str = "GN",
    kind: int = 1,
) -> bytes:
    """One moment as GGA and RMC."""
    time, day = moment(utc_ns)
    place = f"{degrees(lat, 2, 'NS')},{degrees(lon, 3, 'EW')}"
    gga = sentence(f"{talker}GGA,{time},{place},{kind},12,0.8,20.0,M,0.0,M,,")
    rmc = sentence(f"{talker}RMC,{time},A,{place},{speed_mps / KNOT_MPS:.3f},{course_deg:.2f},{day},,,A")
    return gga + rmc
