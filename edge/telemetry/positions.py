"""Where the camera was: the telemetry that belongs to footage, found where it is not named, and tied to its time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from edge.errors import TelemetryError
from edge.sources.open import Source
from edge.sources.optics import Optics
from edge.sources.photos import Photos
from edge.sources.video import Video
from edge.telemetry.clocks import TIED_SIGMA_S, Clocks, Tie, compare_clocks
from edge.telemetry.exif import read_photos
from edge.telemetry.fixes import aboard
from edge.telemetry.log import TelemetryKind, TelemetryLog
from edge.telemetry.open import embedded, read_telemetry, sidecar
from pipeline.observation import ClockQuality
from pipeline.timeline import PhotoPoses, PoseSource, Timeline

SECOND_NS: Final = 1_000_000_000
ABOARD: Final = frozenset({TelemetryKind.NMEA, TelemetryKind.MAVLINK})
"""Their headings are the vehicle's, not the camera's."""


@dataclass(frozen=True, slots=True)
class Positions:
    """poses is None where nothing says where the camera was. utc_ns: of a media time. timed: whether times are real.
    clocks: how footage and fixes are tied in time, None where there is nothing to tie."""

    poses: PoseSource | None
    utc_ns: Callable[[int], int]
    clock: ClockQuality
    timed: bool
    told: dict[str, Any] | None
    notes: tuple[str, ...]
    clocks: Clocks | None = None


def find_positions(
    source: Source, telemetry: Path | None, optics: Optics, clock_offset_s: float | None = None
) -> Positions:
    """The positions of footage; raises TelemetryError where telemetry is named or found but cannot be used.

    clock_offset_s: by how much the camera's clock is ahead, where that is known. Else it is found by looking where
    footage and fixes have clocks of their own, and where it cannot be found, places are told as that much less certain.
    """
    if isinstance(source, Photos):
        return _of_photos(source, telemetry, optics)
    return _of_video(source, telemetry, optics, clock_offset_s)


def _of_video(video: Video, telemetry: Path | None, optics: Optics, clock_offset_s: float | None) -> Positions:
    path, mount = telemetry or sidecar(video.path), optics.mount
    log = embedded(video.path) if path is None else read_telemetry(path, optics.clock_zone)
    start_ns = video.start_utc_ns if video.start_utc_ns is not None else _written_at(video)
    if isinstance(log, str):
        why = f"observations have no place: {log}"
        return Positions(None, lambda media_ns: start_ns + media_ns, ClockQuality.FILE, True, None, (why,))
    place, notes = path or video.path, list[str]()
    base_ns = video.start_utc_ns
    if base_ns is None:
        base_ns = next((fix.utc_ns for fix in log.fixes if fix.utc_ns is not None), start_ns)
        if all(fix.media_ns is None for fix in log.fixes):
            notes.append("the footage does not say when it was taken: its start is taken to be the telemetry's")
    elif path is not None:
        _check_overlap(video, base_ns + int((clock_offset_s or 0.0) * SECOND_NS), log, place)
    try:
        fixes = aboard(log.fixes, mount) if log.kind in ABOARD else log.fixes
        line = Timeline(fixes, mount, start_utc_ns=base_ns)
        clocks = _clocks(video, log, line, optics, clock_offset_s)
        if clocks.offset_s or clocks.sigma_s:
            ahead_ns = round(clocks.offset_s * SECOND_NS)
            line = Timeline(fixes, mount, start_utc_ns=base_ns, clock_offset_ns=ahead_ns, clock_sigma_s=clocks.sigma_s)
    except ValueError as error:
        raise TelemetryError(f"{place}: {error}") from error
    clock = log.clock if clocks.known else ClockQuality.UNKNOWN
    if not clocks.known:
        notes.append(
            f"by how much the camera's clock is ahead of the receiver's this footage does not tell ({clocks.why}), so "
            "places are less certain along the way; if both are known to agree, say so: --clock-offset 0, in edge.toml "
            "clock_offset_s = 0"
        )
    return Positions(line, line.utc_ns, clock, True, _told(place, log, line.dropped), tuple(notes), clocks)


def _clocks(video: Video, log: TelemetryLog, line: Timeline, optics: Optics, given_s: float | None) -> Clocks:
    """How footage and fixes are tied in time. Fixes with a time within the footage (subtitles, GPMF) are its own."""
    if given_s is not None:
        return Clocks(Tie.GIVEN, given_s, TIED_SIGMA_S)
    if 2 * sum(fix.media_ns is not None for fix in log.fixes) >= len(log.fixes):
        return Clocks(Tie.BUILT_IN, 0.0, TIED_SIGMA_S)
    return compare_clocks(video, line.log, optics.camera, optics.mount)


def _of_photos(photos: Photos, telemetry: Path | None, optics: Optics) -> Positions:
    if telemetry is not None:
        raise TelemetryError(f"{telemetry}: photos carry their own position in EXIF; leave --telemetry out")
    log = read_photos(photos.files, optics.clock_zone)
    timed = all(fix is not None and fix.utc_ns is not None for fix in log.fixes)
    start_ns = _written_at(photos)
    known = sum(fix is not None for fix in log.fixes)
    if not known:
        why = "no photo carries a position: observations have no place"
        return Positions(None, lambda media_ns: start_ns + media_ns, ClockQuality.FILE, False, None, (why,))
    poses = PhotoPoses(log.fixes, optics.mount, start_utc_ns=start_ns)
    notes = [] if timed else ["not every photo carries a time: their order counts, and dwell is not told"]
    rejected = {reason.value: count for reason, count in log.rejected}
    told = {"path": str(photos.path), "kind": "exif", "fixes": known, "rejected": rejected, "dropped": {}}
    return Positions(poses, lambda media_ns: start_ns + media_ns, log.clock, timed, told, tuple(notes))


def _check_overlap(video: Video, start_ns: int, log: TelemetryLog, place: Path) -> None:
    """Telemetry with a clock of its own must be of the time at which the footage was taken."""
    times = [fix.utc_ns for fix in log.fixes if fix.utc_ns is not None]
    if not times or any(fix.media_ns is not None for fix in log.fixes):
        return
    if max(times) < start_ns or min(times) > start_ns + video.duration_ns:
        off_s = (min(times) - start_ns) / SECOND_NS
        raise TelemetryError(
            f"{place}: covers {_when(min(times))} to {_when(max(times))} UTC, but {video.path.name} was taken from "
            f"{_when(start_ns)} on. Name the telemetry of this drive; if the camera's clock was wrong, say by how much "
            f"with --clock-offset (here {-off_s:.0f} would make both begin together)."
        )


def _when(utc_ns: int) -> str:
    return datetime.fromtimestamp(utc_ns / SECOND_NS, UTC).strftime("%Y-%m-%d %H:%M:%S")


def _written_at(source: Source) -> int:
    """When the footage's file was last written: the best guess where nothing else tells a time."""
    path = source.files[0] if isinstance(source, Photos) else source.path
    return path.stat().st_mtime_ns


def _told(place: Path, log: TelemetryLog, dropped: Sequence[tuple[Any, int]]) -> dict[str, Any]:
    return {
        "path": str(place),
        "kind": log.kind.value,
        "fixes": len(log.fixes),
        "rejected": {reason.value: count for reason, count in log.rejected},
        "dropped": {reason.value: count for reason, count in dropped},
    }
