"""One door for all telemetry: the formats that are understood, each told by a file's content and not by its name."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Final, Self

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
SUBTITLE: Final = re.compile(r"\d\d:\d\d:\d\d[,.]\d{1,3}\s*-->|\[\s*latitude\s*:|\bGPS\s*\(", re.IGNORECASE)
SENTENCE: Final = re.compile(r"\$(?:G[ABILNPQ]|BD|QZ)(?:GGA|RMC|GLL|GSV|GSA|VTG|ZDA|GST|TXT),[ -~]*\*[0-9A-F]{2}", re.I)
MOVIE_BOXES: Final = (b"ftyp", b"moov", b"mdat", b"wide", b"skip")
PHOTO_MARKS: Final = (b"\xff\xd8\xff", b"\x89PNG\r\n", b"II*\0", b"MM\0*")


@dataclass(frozen=True, slots=True)
class Head:
    """The first bytes of a file, and as text."""

    raw: bytes
    text: str

    @classmethod
    def of(cls, raw: bytes) -> Self:
        wide = raw[:2] in (b"\xff\xfe", b"\xfe\xff")
        return cls(raw, raw.decode("utf-16" if wide else "utf-8", "replace").lstrip("\ufeff \t\r\n"))


@dataclass(frozen=True, slots=True)
class Format:
    """A format of telemetry. words: what people call it; is_it: whether a file begins so; read: its reader, with the
    zone of a camera's clock without one of its own; beside: under which suffixes it may lie beside footage of its name.
    """

    kind: TelemetryKind
    words: str
    is_it: Callable[[Head], bool]
    read: Callable[[Path, tzinfo], TelemetryLog]
    beside: tuple[str, ...] = ()


def _is_gopro(head: Head) -> bool:
    return head.raw[4:8] in MOVIE_BOXES or head.raw.startswith(b"DEVC")


def _read_gopro(path: Path, _: tzinfo) -> TelemetryLog:
    with path.open("rb") as stream:
        bare = stream.read(4) == b"DEVC"
    return read_gpmf_raw(path) if bare else read_gpmf_video(path)


def _is_photo(head: Head) -> bool:
    return head.raw.startswith(PHOTO_MARKS) or (head.raw.startswith(b"RIFF") and head.raw[8:12] == b"WEBP")


def _is_gpx(head: Head) -> bool:
    return head.text.startswith("<") and not head.text.lstrip("< \n").lower().startswith("font")  # a subtitle may


def _is_track(head: Head) -> bool:
    first = next((line for line in head.text.splitlines() if line.strip()), "")
    return isinstance(fix_of(first[:1024]), Fix)


FORMATS: Final = (
    Format(TelemetryKind.GPMF, "a GoPro video or GPMF payload", _is_gopro, _read_gopro),
    Format(TelemetryKind.EXIF, "a photo with GPS", _is_photo, read_exif),
    Format(
        TelemetryKind.MAVLINK,
        "a MAVLink log",
        lambda head: is_tlog(head.raw),
        lambda path, _: read_tlog(path),
        (".tlog",),
    ),
    Format(TelemetryKind.GPX, "a GPX track", _is_gpx, lambda path, _: read_gpx(path), (".gpx",)),
    Format(
        TelemetryKind.DJI_SRT,
        "a DJI subtitle file (SRT)",
        lambda head: SUBTITLE.search(head.text) is not None,
        read_dji_srt,
        (".srt",),
    ),
    Format(
        TelemetryKind.NMEA,
        "an NMEA 0183 log",
        lambda head: SENTENCE.search(head.text) is not None,
        lambda path, _: read_nmea(path),
        (".nmea",),
    ),
    Format(TelemetryKind.TRACK, "a plain track", _is_track, lambda path, _: read_track(path)),
)
"""In the order in which they are tried: what is no text comes before what is looked for anywhere in a text."""
EXPECTED: Final = f"{', '.join(one.words for one in FORMATS[:-1])}, or {FORMATS[-1].words}"


def format_of(head: bytes) -> Format | None:
    """What a file is by its first bytes; None for what is foreign."""
    told = Head.of(head)
    return next((one for one in FORMATS if one.is_it(told)), None)


def kind_of(head: bytes) -> TelemetryKind | None:
    """The kind of that. GPMF stands for GoPro videos and payloads alike."""
    found = format_of(head)
    return None if found is None else found.kind


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
    found = format_of(head)
    if found is None:
        raise TelemetryError(f"{path}: not a telemetry file that is understood; expected {EXPECTED}.")
    return found.read(path, zone)


def sidecar(footage: Path) -> Path | None:
    """Telemetry of the same name beside the footage, in either case of the suffix."""
    for suffix in (suffix for one in FORMATS for suffix in one.beside):
        for written in (suffix, suffix.upper()):
            if (beside := footage.with_suffix(written)).is_file():
                return beside
    return None


def embedded(video: Path) -> TelemetryLog | str:
    """The GPS that a GoPro wrote into its video, or in words why there is none."""
    with video.open("rb") as stream:
        if kind_of(stream.read(HEAD_BYTES)) is not TelemetryKind.GPMF:
            return f"{video.name}: no telemetry beside it, and its container carries none"
    try:
        return read_gpmf_video(video)
    except TelemetryError as error:
        return str(error)
