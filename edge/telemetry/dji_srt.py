"""DJI subtitle telemetry, in every dialect seen so far.

| dialect | position | time | what else |
|---|---|---|---|
| bracketed (Mavic 2 to Avata 360) | `[latitude: …] [longitude: …]`, also spelt `longtitude` | in the block | rel_alt/abs_alt, altitude, gb_yaw/gb_pitch/gb_roll |
| Phantom line (`F/2.8, SS …, GPS (lon, lat, n)`) | longitude first | none | `H` height, `H.S` speed, `G.PRY` gimbal pitch, roll, yaw |
| HOME line (Mavic Pro and before) | `GPS(lon,lat,n)`, longitude first | after HOME | BAROMETER or Hb height |
| Matrice 300 (`GPS(lat,lon,0.0M)`) | latitude first, the altitude carries an M | own line | BAROMETER height |
| Avata 2 (`BAROMETER(91.2)`) | latitude first | none | |

The block's timecode is media time; its date is the camera's clock, taken as UTC unless a zone is given. Blocks without
timecodes (early Mavic 2) carry only the clock. Coordinates are as precise as they are written, so four decimals add
three metres of error.
"""  # noqa: E501

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Final

from edge.errors import TelemetryError
from edge.telemetry.log import NoPositions, Tally, TelemetryKind, TelemetryLog, position_fault, usable_utc_ns
from pipeline.observation import ClockQuality
from pipeline.pose import Attitude, Fix
from pipeline.reasons import Reason

MAX_BYTES: Final = 256 * 1024 * 1024
MAX_BLOCK_LINES: Final = 32
MAX_LINE: Final = 4096
GNSS_SIGMA_M: Final = 2.0
FEW_SATELLITES: Final = 8
FEW_SATELLITES_SIGMA_M: Final = 6.0
METRES_PER_DEGREE: Final = 111_320.0
N: Final = r"([-+]?\d{1,9}(?:\.\d{1,12})?)"

TIMECODE: Final = re.compile(r"^(\d{1,3}):(\d{2}):(\d{2})[,.](\d{1,3})\s*-->\s*\d{1,3}:\d{2}:\d{2}[,.]\d{1,3}")
CLOCK: Final = re.compile(
    r"(\d{4})[-./](\d{1,2})[-./](\d{1,2})[ T](\d{1,2}):(\d{2}):(\d{2})(?:[.,](\d{1,3})\b)?(?:,(\d{3})\b)?"
)
LATITUDE: Final = re.compile(rf"\blatitude\s*:\s*{N}\s*[\]\s]", re.IGNORECASE)
LONGITUDE: Final = re.compile(rf"\blongt?itude\s*:\s*{N}\s*[\]\s]", re.IGNORECASE)
GPS: Final = re.compile(rf"(?<!\w)GPS\s*\(\s*{N}\s*,\s*{N}\s*(?:,\s*{N}\s*(M?)\s*)?\)")
GPS_WORD: Final = re.compile(r"\blatitude\b|(?<!\w)GPS\s*\(", re.IGNORECASE)
BAROMETER: Final = re.compile(rf"\b(?:BAROMETER|Hb)\s*:\s*{N}")
HEIGHT: Final = re.compile(rf"(?:\bH\s+{N}m\b)|(?:\brel_alt\s*:\s*{N})")
ALTITUDE: Final = re.compile(rf"\b(?:abs_alt|altitude)\s*:\s*{N}")
SPEED: Final = re.compile(rf"\bH\.S\s+{N}m/s")
GIMBAL: Final = re.compile(rf"\bgb_yaw\s*:\s*{N}\s+gb_pitch\s*:\s*{N}\s+gb_roll\s*:\s*{N}")
GIMBAL_PRY: Final = re.compile(rf"\bG\.PRY\s*\(\s*{N}°?\s*,\s*{N}°?\s*,\s*{N}°?\s*\)")
LATITUDE_FIRST_MARK: Final = re.compile(r"\bBAROMETER\(")


class _Block:
    """One subtitle: its lines joined, and where it began."""

    __slots__ = ("line", "media_ns", "text")

    def __init__(self, line: int, media_ns: int | None, text: str) -> None:
        self.line, self.media_ns, self.text = line, media_ns, text


def _blocks(lines: Iterable[str]) -> Iterator[_Block]:
    """Subtitles in order, split at blank lines and at timecodes."""
    began, media_ns, gathered = 1, None, list[str]()
    for number, raw in enumerate(lines, start=1):
        line = raw.strip().lstrip("\ufeff")
        code = TIMECODE.match(line)
        if code is not None and media_ns is not None and gathered:
            yield _Block(began, media_ns, " \n".join(gathered))
            gathered, media_ns = [], None
        if code is not None:
            hours, minutes, seconds = (int(code[group]) for group in (1, 2, 3))
            milliseconds = int(code[4].ljust(3, "0"))
            media_ns = ((hours * 60 + minutes) * 60 + seconds) * 1_000_000_000 + milliseconds * 1_000_000
        elif line and len(gathered) < MAX_BLOCK_LINES:
            if not gathered and media_ns is None:
                began = number
            gathered.append(line)
        elif not line and (gathered or media_ns is not None):
            yield _Block(began, media_ns, " \n".join(gathered))
            gathered, media_ns = [], None
    if gathered or media_ns is not None:
        yield _Block(began, media_ns, " \n".join(gathered))


def _utc_ns(text: str, zone: tzinfo) -> int | None:
    """The camera's clock in a block; raises ValueError where it is written but is no time."""
    found = CLOCK.search(text)
    if found is None:
        return None
    year, month, day, hour, minute, second = (int(found[group]) for group in range(1, 7))
    microseconds = int((found[7] or "0").ljust(3, "0")) * 1000 + int(found[8] or "0")
    moment = datetime(year, month, day, hour, minute, second, microseconds, tzinfo=zone)
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return ((since.days * 86400 + since.seconds) * 1_000_000 + since.microseconds) * 1000


def _decimals_sigma_m(*numbers: str) -> float:
    """The error of writing a coordinate with so many decimals: one step, evenly spread."""
    decimals = min(len(number.partition(".")[2]) for number in numbers)
    return METRES_PER_DEGREE * 10.0**-decimals / math.sqrt(12.0)


def _position(text: str) -> tuple[float, float, float] | Reason:
    """Latitude, longitude and 1-sigma error of a block, or why there is none."""
    one, two = LATITUDE.search(text), LONGITUDE.search(text)
    if one is not None and two is not None:
        lat, lon, sigma = float(one[1]), float(two[1]), math.hypot(GNSS_SIGMA_M, _decimals_sigma_m(one[1], two[1]))
    elif (found := GPS.search(text)) is not None:
        first, second = float(found[1]), float(found[2])
        latitude_first = bool(found[4]) or LATITUDE_FIRST_MARK.search(text) is not None
        lat, lon = (first, second) if latitude_first else (second, first)
        told = found[3] is not None and not latitude_first and "." not in found[3]
        poor = told and float(found[3]) < FEW_SATELLITES
        own = FEW_SATELLITES_SIGMA_M if poor else GNSS_SIGMA_M
        sigma = math.hypot(own, _decimals_sigma_m(found[1], found[2]))
    else:
        told_so = re.search(r"GPS\s*\(\s*N/?A", text, re.IGNORECASE)
        return Reason.MALFORMED if GPS_WORD.search(text) and told_so is None else Reason.NO_POSITION
    return position_fault(lat, lon) or (lat, lon, sigma)


def _number(pattern: re.Pattern[str], text: str) -> float | None:
    found = pattern.search(text)
    return None if found is None else float(next(group for group in found.groups() if group is not None))


def _attitude(text: str) -> Attitude | None:
    if (told := GIMBAL.search(text)) is not None:
        return Attitude(float(told[1]), float(told[2]), float(told[3]))
    if (told := GIMBAL_PRY.search(text)) is not None:
        return Attitude(float(told[3]), float(told[1]), float(told[2]))
    return None


def _fix(block: _Block, zone: tzinfo) -> Fix | Reason:
    """What one subtitle says, or why it says nothing."""
    text = block.text
    position = _position(text)
    if isinstance(position, Reason):
        return position
    try:
        utc_ns = _utc_ns(text, zone)
    except (ValueError, OverflowError):
        return Reason.BAD_TIME
    if usable_utc_ns(utc_ns) != utc_ns or (utc_ns is None and block.media_ns is None):
        return Reason.BAD_TIME
    lat, lon, sigma_m = position
    height_m = _number(HEIGHT, text)
    return Fix(
        utc_ns=utc_ns,
        lat=lat,
        lon=lon,
        sigma_m=sigma_m,
        media_ns=block.media_ns,
        alt_m=_number(ALTITUDE, text),
        height_m=height_m if height_m is not None else _number(BAROMETER, text),
        speed_mps=_number(SPEED, text),
        attitude=_attitude(text),
    )


def read_dji_srt(path: Path, zone: tzinfo = UTC) -> TelemetryLog:
    """The fixes of a DJI subtitle file; zone is that of the camera's clock.

    Raises TelemetryError naming the file, the line and what to do where there is no subtitle, no DJI subtitle, or none
    with a position.
    """
    if path.stat().st_size > MAX_BYTES:
        raise TelemetryError(f"{path}: larger than {MAX_BYTES // 1024**2} MiB, which no subtitle file is.")
    tally, fixes, seen, first_line = Tally(), list[Fix](), 0, 0
    with path.open("r", encoding=_encoding(path), errors="replace", newline=None) as stream:
        for block in _blocks(_bounded(stream)):
            seen, first_line = seen + 1, first_line or block.line
            fix = _fix(block, zone)
            if isinstance(fix, Reason):
                tally.add(fix)
            else:
                fixes.append(fix)
    if not fixes:
        raise NoPositions(_why_nothing(path, seen, first_line, tally))
    clock = ClockQuality.FILE if any(fix.utc_ns is not None for fix in fixes) else ClockQuality.UNKNOWN
    return TelemetryLog(TelemetryKind.DJI_SRT, tuple(fixes), tally.counts(), clock)


def _encoding(path: Path) -> str:
    with path.open("rb") as stream:
        return "utf-16" if stream.read(2) in (b"\xff\xfe", b"\xfe\xff") else "utf-8"


def _bounded(stream: Iterable[str]) -> Iterator[str]:
    for line in stream:
        yield line[:MAX_LINE]


def _why_nothing(path: Path, seen: int, first_line: int, tally: Tally) -> str:
    if seen == 0:
        return f"{path}: the file is empty; a DJI subtitle file was expected. Export the telemetry again."
    advice = "Switch on video captions with GPS on the drone, or give another --telemetry file."
    told = f"none of its {seen} subtitle blocks holds a usable position ({tally.words()})"
    return f"{path}, line {first_line}: {told}. {advice}"
