"""One door for all telemetry: what a file is, is told by its content, not by its name."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Final

from edge.errors import TelemetryError
from edge.telemetry.dji_srt import read_dji_srt
from edge.telemetry.exif import read_exif
from edge.telemetry.gpmf import read_gpmf_raw, read_gpmf_video
from edge.telemetry.gpx import read_gpx
from edge.telemetry.log import TelemetryKind, TelemetryLog
from edge.telemetry.mavlink import is_tlog, read_tlog
from edge.telemetry.nmea_file import read_nmea
from edge.telemetry.track import fix_of, read_track
from pipeline.pose import Fix

HEAD_BYTES: Final = 16 * 1024
EXPECTED: Final = (
    "a GPX track, a DJI subtitle file (SRT), a GoPro video or GPMF payload, a photo with GPS, an NMEA 0183 log, "
    "a MAVLink log, or a plain track"
)
SUBTITLE: Final = re.compile(r"\d\d:\d\d:\d\d[,.]\d{1,3}\s*-->|\[\s*latitude\s*:|\bGPS\s*\(", re.IGNORECASE)
SENTENCE: Final = re.compile(r"\$(?:G[ABILNPQ]|BD|QZ)(?:GGA|RMC|GLL|GSV|GSA|VTG|ZDA|GST|TXT),[ -~]*\*[0-9A-F]{2}", re.I)
PHOTO_MARKS: Final = (b"\xff\xd8\xff", b"\x89PNG\r\n", b"II*\0", b"MM\0*")

Reader = Callable[[Path], TelemetryLog]


def kind_of(head: bytes) -> TelemetryKind | None:
    """What a file is by its first bytes; None for what is foreign. GPMF stands for GoPro videos and payloads alike."""
    if head[4:8] == b"ftyp" or head[4:8] in (b"moov", b"mdat", b"wide", b"skip") or head.startswith(b"DEVC"):
        return TelemetryKind.GPMF
    if head.startswith(PHOTO_MARKS) or (head.startswith(b"RIFF") and head[8:12] == b"WEBP"):
        return TelemetryKind.EXIF
    if is_tlog(head):
        return TelemetryKind.MAVLINK
    wide = head[:2] in (b"\xff\xfe", b"\xfe\xff")
    text = head.decode("utf-16" if wide else "utf-8", "replace").lstrip("\ufeff \t\r\n")
    if text.startswith("<") and not text.lstrip("< \n").lower().startswith("font"):
        return TelemetryKind.GPX
    if SUBTITLE.search(text):
        return TelemetryKind.DJI_SRT
    if SENTENCE.search(text):
        return TelemetryKind.NMEA
    first = next((line for line in text.splitlines() if line.strip()), "")
    return TelemetryKind.TRACK if isinstance(fix_of(first[:1024]), Fix) else None


def read_telemetry(path: Path, zone: tzinfo = UTC) -> TelemetryLog:
    """The fixes in a file of any kind that is understood; zone is that of a camera's clock without one of its own.

    Raises TelemetryError, naming the file, what was expected and what to do, for a file that is absent, empty, foreign
    or without a usable position.
    """
    try:
        with path.open("rb") as stream:
            head = stream.read(HEAD_BYTES)
    except OSError as error:
        raise TelemetryError(f"{path}: cannot be read: {error.strerror or error}.") from error
    if not head:
        raise TelemetryError(f"{path}: the file is empty; expected {EXPECTED}. Export the telemetry again.")
    kind = kind_of(head)
    if kind is None:
        raise TelemetryError(f"{path}: not a telemetry file that is understood; expected {EXPECTED}.")
    readers: dict[TelemetryKind, Reader] = {
        TelemetryKind.GPX: read_gpx,
        TelemetryKind.DJI_SRT: lambda file: read_dji_srt(file, zone),
        TelemetryKind.GPMF: read_gpmf_raw if head.startswith(b"DEVC") else read_gpmf_video,
        TelemetryKind.EXIF: lambda file: read_exif(file, zone),
        TelemetryKind.TRACK: read_track,
        TelemetryKind.NMEA: read_nmea,
        TelemetryKind.MAVLINK: read_tlog,
    }
    return readers[kind](path)


def embedded(video: Path) -> TelemetryLog | str:
    """The GPS that a GoPro wrote into its video, or in words why there is none."""
    with video.open("rb") as stream:
        if kind_of(stream.read(HEAD_BYTES)) is not TelemetryKind.GPMF:
            return f"{video.name}: no telemetry beside it, and its container carries none"
    try:
        return read_gpmf_video(video)
    except TelemetryError as error:
        return str(error)
