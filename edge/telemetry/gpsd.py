"""gpsd's JSON reports (gpsd_json(5)): TPV gives a position, ATT a heading. gpsd speaks with any receiver."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from edge.telemetry.log import position_fault, usable_utc_ns
from edge.telemetry.weeks import rolled
from pipeline.geo import wrap_180, wrap_360
from pipeline.pose import Attitude, Fix, FixQuality
from pipeline.reasons import Reason

HELLO: Final = b'?WATCH={"enable":true,"json":true};\n'
LONGEST: Final = 64 * 1024
AXIS_SIGMAS, RADIUS_SIGMAS = 1.96, 2.45
"""gpsd's error estimates hold for 95 % of the fixes: along an axis (epx, epy), within a radius (eph)."""
DEFAULT_SIGMA_M: Final = 5.0
LEAST_SIGMA_M: Final = 0.02
FRESH_S: Final = 5.0
SLOW_MPS: Final = 1.0
BACKWARDS_DEG: Final = 60.0
DEAD_RECKONED: Final = (5, 6)
NO_PLACE: Final = (7, 8)
"""Values of `status`: surveyed in or only time, and simulated."""

Real = Annotated[float, Field(allow_inf_nan=False)]


class Report(BaseModel):
    """What of a TPV or ATT report is used."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    kind: Annotated[Literal["TPV", "ATT"], Field(alias="class")]
    mode: int = 0
    status: int = 1
    time: datetime | None = None
    lat: Real | None = None
    lon: Real | None = None
    alt_m: Annotated[Real | None, Field(alias="altHAE")] = None
    epx: Real | None = None
    epy: Real | None = None
    eph: Real | None = None
    speed: Real | None = None
    track: Real | None = None
    heading: Real | None = None


@dataclass(slots=True)
class Reports:
    """Reports to fixes, line by line. today: as in weeks.rolled."""

    today: Callable[[], date]
    _heading: tuple[datetime, float] | None = None

    def feed(self, line: bytes) -> tuple[Fix | Reason, ...]:
        """The fix of a report, or why it gives none; nothing for reports of another class."""
        try:
            told = json.loads(line)
        except (ValueError, RecursionError):
            return (Reason.MALFORMED,) if line.strip() else ()
        if not isinstance(told, dict):
            return (Reason.MALFORMED,)
        if told.get("class") not in ("TPV", "ATT"):
            return ()
        try:
            report = Report.model_validate(told)
        except ValidationError:
            return (Reason.MALFORMED,)
        if report.kind == "ATT":
            if report.heading is not None and report.time is not None and report.time.tzinfo is not None:
                self._heading = (report.time, wrap_360(report.heading))
            return ()
        return (self._fix(report),)

    def _fix(self, report: Report) -> Fix | Reason:
        if report.mode < 2 or report.lat is None or report.lon is None or report.status in NO_PLACE:
            return Reason.NO_POSITION
        if fault := position_fault(report.lat, report.lon):
            return fault
        if report.time is None or report.time.tzinfo is None:
            return Reason.BAD_TIME
        utc_ns = _utc_ns(report.time, self.today())
        if utc_ns is None:
            return Reason.BAD_TIME
        return Fix(
            utc_ns=utc_ns,
            lat=report.lat,
            lon=report.lon,
            sigma_m=_sigma_m(report),
            alt_m=report.alt_m,
            course_deg=report.track,
            speed_mps=report.speed,
            attitude=self._attitude(report, report.time),
            quality=FixQuality.DEAD_RECKONED if report.status in DEAD_RECKONED else FixQuality.GNSS,
        )

    def _attitude(self, report: Report, at: datetime) -> Attitude | None:
        """The vehicle's heading, where its course does not tell it as well: at standstill and in reverse."""
        if self._heading is None or abs((at - self._heading[0]).total_seconds()) > FRESH_S:
            return None
        slow = report.speed is None or report.track is None or report.speed < SLOW_MPS
        backwards = abs(wrap_180(self._heading[1] - (report.track or 0.0))) > BACKWARDS_DEG
        return Attitude(self._heading[1]) if slow or backwards else None


def _sigma_m(report: Report) -> float:
    """1-sigma error per axis."""
    if report.epx and report.epy:
        sigma_m = math.hypot(report.epx, report.epy) / math.sqrt(2.0) / AXIS_SIGMAS
    else:
        sigma_m = report.eph / RADIUS_SIGMAS if report.eph else DEFAULT_SIGMA_M
    return max(LEAST_SIGMA_M, sigma_m)


def _utc_ns(told: datetime, today: date) -> int | None:
    """None for a time at which no receiver can have been listened to."""
    try:
        utc = told.astimezone(UTC)
        since = utc + timedelta(days=(rolled(utc.date(), today) - utc.date()).days) - datetime(1970, 1, 1, tzinfo=UTC)
    except OverflowError:
        return None
    return usable_utc_ns(((since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds) * 1000)
