"""GPX 1.0 and 1.1 tracks and routes, read as a stream.

A point gives latitude, longitude and, where present, time (UTC), elevation, hdop, and speed and course (as GPX 1.0
elements or in extensions, whatever their namespace). A document type declaration is refused, so no entity is expanded.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from xml.parsers.expat import ExpatError, ParserCreate

from edge.errors import TelemetryError
from edge.telemetry.log import NoPositions, Tally, TelemetryKind, TelemetryLog, position_fault, usable_utc_ns
from pipeline.observation import ClockQuality
from pipeline.pose import Fix
from pipeline.reasons import Reason

MAX_BYTES: Final = 256 * 1024 * 1024
MAX_FIXES: Final = 2_000_000
MAX_TEXT: Final = 256
CHUNK: Final = 64 * 1024
DEFAULT_SIGMA_M: Final = 3.0
SIGMA_PER_HDOP_M: Final = 2.5
POINTS: Final = frozenset({"trkpt", "rtept"})
FIELDS: Final = {
    "time": "time",
    "ele": "ele",
    "hdop": "hdop",
    "speed": "speed",
    "course": "course",
    "bearing": "course",
    "heading": "course",
}


class _Points:
    """Collects points while expat walks the file."""

    def __init__(self, path: Path) -> None:
        self.path, self.tally = path, Tally()
        self.fixes: list[Fix] = []
        self.untimed: list[Fix] = []
        self.is_gpx = False
        self._point: dict[str, str] | None = None
        self._field: str | None = None
        self._text: list[str] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(" ")[2]
        if not self.is_gpx:
            if local != "gpx":
                raise TelemetryError(
                    f"{self.path}: the root element is <{local[:40]}>, not <gpx>: this is no GPX track. "
                    "Export the track as GPX 1.1."
                )
            self.is_gpx = True
        if local in POINTS:
            self._point = {key: attributes.get(key, "") for key in ("lat", "lon")}
        elif self._point is not None and local in FIELDS:
            self._field, self._text = FIELDS[local], []

    def text(self, piece: str) -> None:
        if self._field is not None and len(self._text) < MAX_TEXT:
            self._text.append(piece[:MAX_TEXT])

    def end(self, name: str) -> None:
        local = name.rpartition(" ")[2]
        if self._point is not None and self._field is not None and FIELDS.get(local) == self._field:
            self._point[self._field] = "".join(self._text).strip()
            self._field = None
        elif local in POINTS and self._point is not None:
            self._finish(self._point)
            self._point = self._field = None

    def _finish(self, point: dict[str, str]) -> None:
        lat, lon = _number(point["lat"]), _number(point["lon"])
        if lat is None or lon is None:
            self.tally.add(Reason.NO_POSITION if not (point["lat"] or point["lon"]) else Reason.MALFORMED)
            return
        if fault := position_fault(lat, lon):
            self.tally.add(fault)
            return
        if len(self.fixes) + len(self.untimed) >= MAX_FIXES:
            raise TelemetryError(f"{self.path}: more than {MAX_FIXES} points. Split the track.")
        utc_ns = utc_ns_of(point["time"]) if "time" in point else None
        hdop, course = _number(point.get("hdop", "")), _number(point.get("course", ""))
        speed = _number(point.get("speed", ""))
        fix = Fix(
            utc_ns=utc_ns,
            lat=lat,
            lon=lon,
            sigma_m=DEFAULT_SIGMA_M if not hdop or hdop <= 0 else min(100.0, max(0.5, SIGMA_PER_HDOP_M * hdop)),
            alt_m=_number(point.get("ele", "")),
            course_deg=course % 360.0 if course is not None else None,
            speed_mps=speed if speed is not None and speed >= 0 else None,
        )
        (self.untimed if utc_ns is None else self.fixes).append(fix)


def _number(text: str) -> float | None:
    """A finite number, or None."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def utc_ns_of(text: str) -> int | None:
    """Nanoseconds since 1970 of an ISO 8601 time, UTC where it names no zone; None where it is no usable time."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    try:
        since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    except OverflowError:
        return None
    return usable_utc_ns(((since.days * 86400 + since.seconds) * 1_000_000 + since.microseconds) * 1000)


def read_gpx(path: Path) -> TelemetryLog:
    """The points of a GPX file that carry a time; raises TelemetryError naming file, line and what to do."""
    points = _Points(path)
    parser = ParserCreate(namespace_separator=" ")
    parser.StartElementHandler, parser.EndElementHandler = points.start, points.end
    parser.CharacterDataHandler = points.text
    parser.buffer_text = True

    def refuse(*_: object) -> None:
        raise TelemetryError(
            f"{path}, line {parser.CurrentLineNumber}: a document type declaration is not accepted in a GPX file. "
            "Remove the <!DOCTYPE> line."
        )

    parser.StartDoctypeDeclHandler = refuse
    if path.stat().st_size > MAX_BYTES:
        raise TelemetryError(f"{path}: larger than {MAX_BYTES // 1024**2} MiB. Split the track.")
    try:
        with path.open("rb") as stream:
            while chunk := stream.read(CHUNK):
                parser.Parse(chunk, False)
            parser.Parse(b"", True)
    except (ExpatError, LookupError, ValueError) as error:  # LookupError: an encoding that nobody knows
        raise TelemetryError(f"{path}: not a readable GPX file: {error}. Export the track again.") from error
    return _log(points)


def _log(points: _Points) -> TelemetryLog:
    for _ in points.untimed:
        points.tally.add(Reason.BAD_TIME)
    if not points.fixes:
        if points.untimed:
            raise TelemetryError(
                f"{points.path}: none of its {len(points.untimed)} points has a <time>, so the track cannot be tied "
                "to the footage. Export the recorded track (not a planned route), with times."
            )
        told = points.tally.words()
        raise NoPositions(
            f"{points.path}: no track point with a position{f' ({told})' if told else ''}. Export the track again."
        )
    return TelemetryLog(TelemetryKind.GPX, tuple(points.fixes), points.tally.counts(), ClockQuality.GNSS)
