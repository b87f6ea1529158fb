"""What a telemetry reader gives back, and how it counts what it could not use."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from edge.errors import TelemetryError
from pipeline.geo import MOST_LAT
from pipeline.observation import ClockQuality
from pipeline.pose import Fix
from pipeline.reasons import Reason


class NoPositions(TelemetryError):
    """A readable file that holds no usable position."""


class TelemetryKind(StrEnum):
    """The formats that are understood."""

    GPX = "gpx"
    DJI_SRT = "dji_srt"
    GPMF = "gpmf"
    EXIF = "exif"
    TRACK = "track"
    NMEA = "nmea"
    MAVLINK = "mavlink"


@dataclass(frozen=True, slots=True)
class TelemetryLog:
    """Fixes in the order of the file, at least one; what was left out, by reason; how far the fixes' UTC goes.

    clock: GNSS where the receiver wrote the time, FILE where the camera's clock did, UNKNOWN where there is none (then
    every fix has utc_ns None).
    """

    kind: TelemetryKind
    fixes: tuple[Fix, ...]
    rejected: tuple[tuple[Reason, int], ...]
    clock: ClockQuality


class Tally:
    """Counts of what was left out while reading."""

    def __init__(self) -> None:
        self._counts: Counter[Reason] = Counter()

    def add(self, reason: Reason) -> None:
        self._counts[reason] += 1

    def counts(self) -> tuple[tuple[Reason, int], ...]:
        """By reason, most frequent first."""
        return tuple(self._counts.most_common())

    def words(self) -> str:
        """For people: "10 zero_position, 2 malformed"; "" where nothing was left out."""
        return ", ".join(f"{count} {reason.value}" for reason, count in self.counts())


LATEST_UTC_NS: Final = 4_102_444_800 * 1_000_000_000
"""The year 2100: a later time is a damaged one, and the wire takes none that is much later."""


def usable_utc_ns(utc_ns: int | None) -> int | None:
    """A time that telemetry told, None where it is none that a vehicle can have been anywhere at."""
    return utc_ns if utc_ns is not None and 0 <= utc_ns < LATEST_UTC_NS else None


def position_fault(lat: float, lon: float) -> Reason | None:
    """Why a position cannot be used; None where it can. NaN is out of range, and so is a pole; 0, 0 is a receiver
    without a fix."""
    if not (-MOST_LAT <= lat <= MOST_LAT and -180.0 <= lon <= 180.0):
        return Reason.OUT_OF_RANGE
    return Reason.ZERO_POSITION if lat == 0.0 and lon == 0.0 else None
