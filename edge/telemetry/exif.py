"""The position, direction and time that a photo carries: EXIF, and DJI's XMP for height above take-off and gimbal.

GPSDateStamp with GPSTimeStamp is the receiver's UTC; DateTimeOriginal is the camera's clock, taken in the given zone
unless OffsetTimeOriginal says it. A direction (GPSImgDirection) is the camera's; GPSTrack is the course of travel.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Final, TypeAlias

from edge.errors import TelemetryError
from edge.telemetry.carried import carried
from edge.telemetry.log import NoPositions, Tally, TelemetryKind, TelemetryLog, position_fault, usable_utc_ns
from edge.telemetry.tiff import Tiff, Value
from pipeline.observation import ClockQuality
from pipeline.pose import Attitude, Fix
from pipeline.reasons import Reason, Rejected

GPS_IFD, EXIF_IFD, XMP_TAG = 0x8825, 0x8769, 700
LAT_REF, LAT, LON_REF, LON, ALT_REF, ALT, TIME, DOP = 1, 2, 3, 4, 5, 6, 7, 11
SPEED_REF, SPEED, TRACK, DIRECTION, DATE, ERROR_M = 12, 13, 15, 17, 29, 31
TAKEN, TAKEN_OFFSET, TAKEN_SUBSECOND = 0x9003, 0x9011, 0x9291
DEFAULT_SIGMA_M: Final = 5.0
MOST_SIGMA_M: Final = 10.0
SIGMA_PER_DOP_M: Final = 2.5
METRES_PER_SECOND: Final = {"K": 1 / 3.6, "M": 0.44704, "N": 0.514444}
XMP_NUMBER: Final = r"drone-dji:{}(?:\s*=\s*\"|>)\s*([-+]?\d{{1,6}}(?:\.\d{{1,8}})?)"
MAX_XMP: Final = 256 * 1024
GPS_TAGS: Final = frozenset(
    (LAT_REF, LAT, LON_REF, LON, ALT_REF, ALT, TIME, DOP, SPEED_REF, SPEED, TRACK, DIRECTION, DATE, ERROR_M)
)
TAKEN_TAGS: Final = frozenset((TAKEN, TAKEN_OFFSET, TAKEN_SUBSECOND))
Tags: TypeAlias = Mapping[int, Value]


@dataclass(frozen=True, slots=True)
class PhotoLog:
    """Fixes of photos in the photos' order, None where one has no position; why, by reason; the worst clock of all."""

    fixes: tuple[Fix | None, ...]
    rejected: tuple[tuple[Reason, int], ...]
    clock: ClockQuality


def read_photos(paths: Sequence[Path], zone: tzinfo = UTC) -> PhotoLog:
    """What each of some photos says of its place. One that breaks off says nothing, and costs the others nothing."""
    tally, fixes, clocks = Tally(), list[Fix | None](), set[ClockQuality]()
    for path in paths:
        try:
            found = photo_fix(path, zone)
        except TelemetryError:
            found = Rejected(Reason.MALFORMED)
        if isinstance(found, Rejected):
            tally.add(found.reason)
            fixes.append(None)
        else:
            fixes.append(found[0])
            clocks.add(found[1])
    order = (ClockQuality.UNKNOWN, ClockQuality.FILE, ClockQuality.GNSS)
    return PhotoLog(tuple(fixes), tally.counts(), next((one for one in order if one in clocks), ClockQuality.UNKNOWN))


def read_exif(path: Path, zone: tzinfo = UTC) -> TelemetryLog:
    """One photo as a log of one fix; raises TelemetryError where it has none."""
    found = photo_fix(path, zone)
    if isinstance(found, Rejected):
        raise NoPositions(
            f"{path}: the photo carries no usable GPS position ({found.reason.value}). Switch on location in the "
            "camera, or give a track with --telemetry."
        )
    return TelemetryLog(TelemetryKind.EXIF, (found[0],), (), found[1])


def photo_fix(path: Path, zone: tzinfo = UTC) -> tuple[Fix, ClockQuality] | Rejected:
    """A photo's fix and its time's quality, or why it has none; raises TelemetryError for a file that is no photo."""
    try:
        gps, taken, xmp = _read(path)
    except (OSError, ValueError) as error:
        raise TelemetryError(f"{path}: not a readable photo: {error}. Copy the file again.") from error
    try:
        lat, lon = _degrees(gps[LAT], gps.get(LAT_REF), "S"), _degrees(gps[LON], gps.get(LON_REF), "W")
    except KeyError:
        return Rejected(Reason.NO_POSITION)
    except ValueError:
        return Rejected(Reason.MALFORMED)
    if fault := position_fault(lat, lon):
        return Rejected(fault)
    utc_ns, clock = _time(gps, taken, zone)
    speed = _number(gps.get(SPEED))
    told = xmp.decode("utf-8", "replace")[:MAX_XMP]
    fix = Fix(
        utc_ns=utc_ns,
        lat=lat,
        lon=lon,
        sigma_m=_sigma_m(gps),
        alt_m=_altitude_m(gps),
        height_m=_xmp(told, "RelativeAltitude"),
        course_deg=_turn(gps.get(TRACK)),
        speed_mps=None if speed is None else speed * METRES_PER_SECOND.get(str(gps.get(SPEED_REF, "K"))[:1], 1 / 3.6),
        attitude=_attitude(gps, told),
    )
    return fix, clock


def _read(path: Path) -> tuple[Tags, Tags, bytes]:
    """What the receiver and the camera's clock said, and XMP; raises OSError or ValueError for what is no photo."""
    with path.open("rb") as file:
        found = carried(file)
        tiff = None if found.exif is None else Tiff.open(found.exif)
        if tiff is None:
            return {}, {}, found.xmp
        first = tiff.directory(tiff.first, frozenset((GPS_IFD, EXIF_IFD, XMP_TAG)))
        gps, taken = tiff.below(first.get(GPS_IFD), GPS_TAGS), tiff.below(first.get(EXIF_IFD), TAKEN_TAGS)
        xmp = first.get(XMP_TAG)
        return gps, taken, found.xmp or (xmp if isinstance(xmp, bytes) else b"")


def _number(value: Value | None) -> float | None:
    """The first of some numbers where it is finite, or None."""
    return float(value[0]) if isinstance(value, tuple) and math.isfinite(value[0]) else None


def _degrees(parts: Value, reference: Value | None, negative: str) -> float:
    """Degrees from degrees, minutes and seconds; raises ValueError where they are none."""
    if not isinstance(parts, tuple) or len(parts) < 2:
        raise ValueError("not degrees and minutes")
    degrees, minutes, seconds = (*parts, 0.0)[:3]
    size = degrees + minutes / 60.0 + seconds / 3600.0
    if not math.isfinite(size):
        raise ValueError("not a number")
    return -size if str(reference).strip("\0 ").upper().startswith(negative) else size


def _sigma_m(gps: Tags) -> float:
    error = _number(gps.get(ERROR_M))
    if error is not None and error > 0:
        return min(1000.0, max(1.0, error))
    dop = _number(gps.get(DOP))
    return DEFAULT_SIGMA_M if dop is None or dop <= 0 else min(MOST_SIGMA_M, max(2.0, SIGMA_PER_DOP_M * dop))


def _altitude_m(gps: Tags) -> float | None:
    altitude = _number(gps.get(ALT))
    below = gps.get(ALT_REF) == b"\x01" or _number(gps.get(ALT_REF)) == 1
    return None if altitude is None else (-altitude if below else altitude)


def _turn(value: Value | None) -> float | None:
    angle = _number(value)
    return None if angle is None else angle % 360.0


def _xmp(told: str, name: str) -> float | None:
    found = re.search(XMP_NUMBER.format(name), told)
    return None if found is None else float(found[1])


def _attitude(gps: Tags, told: str) -> Attitude | None:
    yaw, pitch, roll = (_xmp(told, f"Gimbal{name}Degree") for name in ("Yaw", "Pitch", "Roll"))
    if yaw is not None and pitch is not None:
        return Attitude(yaw, pitch, roll or 0.0)
    direction = _turn(gps.get(DIRECTION))
    return None if direction is None else Attitude(direction)


def _time(gps: Tags, taken: Tags, zone: tzinfo) -> tuple[int | None, ClockQuality]:
    """UTC and its quality: the receiver's where it is there, else the camera's, else none."""
    try:
        year, month, day = (int(part) for part in str(gps[DATE]).strip("\0 ").replace("-", ":").split(":"))
        hour, minute, second = (float(part) for part in gps[TIME])
        midnight = datetime(year, month, day, tzinfo=UTC)
        utc_ns = usable_utc_ns(_ns(midnight) + round((hour * 3600 + minute * 60 + second) * 1e3) * 1_000_000)
        if utc_ns is not None:
            return utc_ns, ClockQuality.GNSS
    except (LookupError, ValueError, ArithmeticError):
        pass
    try:
        moment = datetime.strptime(str(taken[TAKEN]).strip("\0 "), "%Y:%m:%d %H:%M:%S").replace(tzinfo=zone)
        offset = str(taken.get(TAKEN_OFFSET, "")).strip("\0 ")
        if re.fullmatch(r"[-+]\d\d:\d\d", offset):
            moment = datetime.fromisoformat(f"{moment:%Y-%m-%dT%H:%M:%S}{offset}")
        part = str(taken.get(TAKEN_SUBSECOND, "")).strip("\0 ")
        nanoseconds = int(part[:9].ljust(9, "0")) if part.isascii() and part.isdigit() else 0
        utc_ns = usable_utc_ns(_ns(moment) + nanoseconds)
    except (LookupError, ValueError, ArithmeticError):
        utc_ns = None
    return utc_ns, ClockQuality.UNKNOWN if utc_ns is None else ClockQuality.FILE


def _ns(moment: datetime) -> int:
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86400 + since.seconds) * 1_000_000_000
