"""Plain tracks: one line a fix, longitude, latitude and seconds since the start, separated by white space.

Their time is a time within the footage: they carry no clock.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Final

from edge.errors import TelemetryError
from edge.telemetry.log import NoPositions, Tally, TelemetryKind, TelemetryLog, position_fault
from pipeline.observation import ClockQuality
from pipeline.pose import Fix
from pipeline.reasons import Reason

MAX_BYTES: Final = 256 * 1024 * 1024
MAX_LINE: Final = 1024
MAX_SECONDS: Final = 1e7
SIGMA_M: Final = 4.0


def fix_of(line: str) -> Fix | Reason:
    """One line's fix, or why it is none."""
    parts = line.split()
    try:
        lon, lat, seconds = (float(part) for part in parts)
    except ValueError:
        return Reason.MALFORMED
    if fault := position_fault(lat, lon):
        return fault
    if not (math.isfinite(seconds) and 0.0 <= seconds <= MAX_SECONDS):
        return Reason.BAD_TIME
    return Fix(None, lat, lon, SIGMA_M, media_ns=round(seconds * 1e9))


def read_track(path: Path) -> TelemetryLog:
    """The fixes of a plain track; raises TelemetryError naming file, line and what is expected where it has none."""
    if path.stat().st_size > MAX_BYTES:
        raise TelemetryError(f"{path}: larger than {MAX_BYTES // 1024**2} MiB. Split the track.")
    tally, fixes = Tally(), list[Fix]()
    with path.open("r", encoding="utf-8", errors="replace") as stream:
        for line in stream:
            if not line.strip():
                continue
            fix = fix_of(line[:MAX_LINE])
            if isinstance(fix, Reason):
                tally.add(fix)
            else:
                fixes.append(fix)
    if not fixes:
        raise NoPositions(
            f"{path}, line 1: no line holds longitude, latitude and seconds ({tally.words() or 'the file is empty'}). "
            "Export the track again."
        )
    return TelemetryLog(TelemetryKind.TRACK, tuple(fixes), tally.counts(), ClockQuality.UNKNOWN)
