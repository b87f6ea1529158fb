"""GoPro's GPMF: positions from the `gpmd` track of a video, or from raw payload files.

GPMF is key, type, size, repeat, payload padded to four bytes, big-endian, nested by type 0 (gopro/gpmf-parser, README).
A stream of kind GPS5 has latitude, longitude, altitude, 2D and 3D speed, with lock (GPSF), dilution (GPSP, ×100) and
time (GPSU) once a payload; GPS9 (from the Hero 11 on) has days, seconds, dilution and lock in every sample, so where a
file has both, GPS9 counts. Samples are spread evenly over their payload's time.
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from edge.errors import TelemetryError
from edge.telemetry.log import NoPositions, Tally, TelemetryKind, TelemetryLog, position_fault, usable_utc_ns
from edge.telemetry.mp4 import Sample, samples_of
from pipeline.observation import ClockQuality
from pipeline.pose import Fix
from pipeline.reasons import Reason

MAX_RAW_BYTES: Final = 256 * 1024 * 1024
MAX_DEPTH: Final = 5
MAX_FIXES: Final = 2_000_000
PAYLOAD_NS: Final = 1_001_000_000
"""How long a payload holds where no video says it (NTSC second)."""
SIGMA_PER_DOP_M: Final = 2.0
LEAST_SIGMA_M: Final = 1.5
NO_DOP: Final = 99.0
UNIX_DAYS_OF_2000: Final = 10_957
GPSU: Final = re.compile(rb"(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)\.(\d{3})")


@dataclass(frozen=True, slots=True)
class _Item:
    """One key with its payload. kind: the type character, 0 for nested items."""

    key: bytes
    kind: int
    size: int
    repeat: int
    payload: bytes


def _items(content: bytes) -> Iterator[_Item]:
    """The items of a payload, one level deep; stops at padding. Raises struct.error where one is cut off."""
    at = 0
    while at + 8 <= len(content):
        key, kind, size, repeat = struct.unpack_from(">4sBBH", content, at)
        if key == b"\0\0\0\0":
            return
        length = size * repeat
        if at + 8 + length > len(content):
            raise struct.error(f"item {key!r} is cut off")
        yield _Item(key, kind, size, repeat, content[at + 8 : at + 8 + length])
        at += 8 + (length + 3) // 4 * 4


@dataclass(frozen=True, slots=True)
class _Reading:
    """One GPS sample as written; utc_ns and dop may be unknown. lock: 0 none, 2 or 3 dimensions."""

    lat: float
    lon: float
    alt_m: float
    speed_mps: float
    utc_ns: int | None
    dop: float | None
    lock: int


def _streams(content: bytes, depth: int = 0) -> Iterator[dict[bytes, _Item]]:
    """Every STRM of a payload, as its items by key."""
    for item in _items(content):
        if item.kind == 0 and item.key == b"STRM":
            yield {inner.key: inner for inner in _items(item.payload)}
        elif item.kind == 0 and depth < MAX_DEPTH:
            yield from _streams(item.payload, depth + 1)


def _whole(item: _Item | None) -> int | None:
    if item is None or item.kind not in b"LSBlsb" or item.size not in (1, 2, 4) or len(item.payload) < item.size:
        return None
    return int.from_bytes(item.payload[: item.size], "big", signed=chr(item.kind).islower())


def _scales(item: _Item | None, count: int) -> list[float] | None:
    """The divisors of a sample's columns; one divisor stands for all."""
    if item is None or item.kind not in b"lLsSf" or item.size not in (2, 4):
        return None
    letter = {"l": "i", "L": "I", "s": "h", "S": "H", "f": "f"}[chr(item.kind)]
    if struct.calcsize(letter) != item.size:
        return None
    told = [float(value) for value in struct.unpack_from(f">{len(item.payload) // item.size}{letter}", item.payload)]
    told = told * count if len(told) == 1 else told
    return told if len(told) == count and all(value and math.isfinite(value) for value in told) else None


def _gpsu_ns(item: _Item | None) -> int | None:
    found = None if item is None else GPSU.match(item.payload)
    if found is None:
        return None
    year, month, day, hour, minute, second, milliseconds = (int(part) for part in found.groups())
    try:
        moment = datetime(2000 + year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return ((since.days * 86400 + since.seconds) * 1000 + milliseconds) * 1_000_000


def _gps5(stream: dict[bytes, _Item], span_ns: int) -> list[_Reading] | None:
    item, scales = stream[b"GPS5"], _scales(stream.get(b"SCAL"), 5)
    if scales is None or item.size != 20 or item.kind != ord("l"):
        return None
    dop, lock, utc_ns = _whole(stream.get(b"GPSP")), _whole(stream.get(b"GPSF")), _gpsu_ns(stream.get(b"GPSU"))
    readings = []
    for row, values in enumerate(struct.iter_unpack(">5i", item.payload)):
        lat, lon, alt, speed, _ = (value / scale for value, scale in zip(values, scales, strict=True))
        at_ns = None if utc_ns is None else utc_ns + span_ns * row // max(1, item.repeat)
        readings.append(_Reading(lat, lon, alt, speed, at_ns, None if dop is None else dop / 100.0, lock or 0))
    return readings


def _gps9(stream: dict[bytes, _Item]) -> list[_Reading] | None:
    item, scales = stream[b"GPS9"], _scales(stream.get(b"SCAL"), 9)
    told = stream.get(b"TYPE")
    if scales is None or item.size != 32 or told is None or told.payload.rstrip(b"\0") != b"lllllllSS":
        return None
    readings = []
    for values in struct.iter_unpack(">7i2H", item.payload):
        lat, lon, alt, speed, _, days, seconds, dop, lock = (v / s for v, s in zip(values, scales, strict=True))
        utc_ns = ((UNIX_DAYS_OF_2000 + int(days)) * 86400 * 1000 + round(seconds * 1000)) * 1_000_000
        readings.append(_Reading(lat, lon, alt, speed, usable_utc_ns(utc_ns) or None, dop, int(lock)))
    return readings


def _fix(reading: _Reading, media_ns: int) -> Fix | Reason:
    """A fix with a lock; without one a receiver repeats its last place, which is no position."""
    if reading.lock < 2 or (reading.dop is not None and reading.dop >= NO_DOP):
        return Reason.NO_POSITION
    if fault := position_fault(reading.lat, reading.lon):
        return fault
    sigma_m = max(LEAST_SIGMA_M, SIGMA_PER_DOP_M * (reading.dop if reading.dop is not None else 2.0))
    speed = reading.speed_mps if 0 <= reading.speed_mps < 500 else None
    return Fix(
        reading.utc_ns, reading.lat, reading.lon, sigma_m, media_ns=media_ns, alt_m=reading.alt_m, speed_mps=speed
    )


class _Gathered:
    """Fixes of both kinds of stream, so that the better one can be chosen when the file is through."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.fixes: dict[bytes, list[Fix]] = {b"GPS5": [], b"GPS9": []}
        self.tallies = {b"GPS5": Tally(), b"GPS9": Tally()}
        self.payloads = self.broken = 0

    def take(self, sample: Sample) -> None:
        self.payloads += 1
        try:
            streams = list(_streams(sample.content))
        except struct.error:
            self.broken += 1
            return
        for stream in streams:
            for key in (b"GPS5", b"GPS9"):
                if key in stream:
                    self._stream(key, stream, sample)

    def _stream(self, key: bytes, stream: dict[bytes, _Item], sample: Sample) -> None:
        readings = _gps9(stream) if key == b"GPS9" else _gps5(stream, sample.span_ns)
        if readings is None:
            self.tallies[key].add(Reason.MALFORMED)
            return
        if len(self.fixes[key]) + len(readings) > MAX_FIXES:
            raise TelemetryError(f"{self.path}: more than {MAX_FIXES} GPS samples. Split the recording.")
        for row, reading in enumerate(readings):
            fix = _fix(reading, sample.media_ns + sample.span_ns * row // len(readings))
            if isinstance(fix, Reason):
                self.tallies[key].add(fix)
            else:
                self.fixes[key].append(fix)

    def log(self) -> TelemetryLog:
        key = b"GPS9" if self.fixes[b"GPS9"] else b"GPS5"
        fixes, tally = self.fixes[key], self.tallies[key]
        for _ in range(self.broken):
            tally.add(Reason.MALFORMED)
        if not fixes:
            raise NoPositions(f"{self.path}: {self._why_nothing()}")
        timed = any(fix.utc_ns is not None for fix in fixes)
        clock = ClockQuality.GNSS if timed else ClockQuality.UNKNOWN
        return TelemetryLog(TelemetryKind.GPMF, tuple(fixes), tally.counts(), clock)

    def _why_nothing(self) -> str:
        if self.payloads == 0:
            return "no GoPro telemetry (GPMF) in it. Give the positions with --telemetry (GPX, DJI SRT)."
        if self.broken == self.payloads:
            return "its GoPro telemetry is broken. Copy the file again, or give a track with --telemetry."
        told = self.tallies[b"GPS9"].words() or self.tallies[b"GPS5"].words()
        why = f"no GPS sample with a lock ({told})" if told else "no GPS stream (GPS5 or GPS9) in its GoPro telemetry"
        return f"{why}. Switch the camera's GPS on and wait for its lock, or give a track with --telemetry."


def read_gpmf_video(path: Path) -> TelemetryLog:
    """The GPS samples of a GoPro video; raises TelemetryError naming the file and what to do where there are none."""
    gathered = _Gathered(path)
    for sample in samples_of(path, b"gpmd"):
        gathered.take(sample)
    return gathered.log()


def read_gpmf_raw(path: Path) -> TelemetryLog:
    """The GPS samples of a file of raw GPMF payloads, each taken to hold 1.001 s; raises TelemetryError likewise."""
    if path.stat().st_size > MAX_RAW_BYTES:
        raise TelemetryError(f"{path}: larger than {MAX_RAW_BYTES // 1024**2} MiB. Split the file.")
    gathered = _Gathered(path)
    for sample in _raw_payloads(path.read_bytes()):
        gathered.take(sample)
    return gathered.log()


def _raw_payloads(content: bytes) -> Iterable[Sample]:
    """Payloads of a raw file: a new one begins where a device comes up again (several devices share a payload)."""
    payload, devices, number = b"", set[bytes](), 0
    at = 0
    while at + 8 <= len(content):
        key, _, size, repeat = struct.unpack_from(">4sBBH", content, at)
        if key != b"DEVC":
            break
        end = at + 8 + (size * repeat + 3) // 4 * 4
        device = content[at + 8 : min(end, at + 20)]
        if device in devices:
            yield Sample(number * PAYLOAD_NS, PAYLOAD_NS, payload)
            payload, devices, number = b"", set(), number + 1
        payload += content[at:end]
        devices.add(device)
        at = end
    if payload:
        yield Sample(number * PAYLOAD_NS, PAYLOAD_NS, payload)
