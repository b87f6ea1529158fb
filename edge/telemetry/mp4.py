"""The samples of one track of an MP4 or MOV file, read by its index (ISO/IEC 14496-12) without decoding anything.

Only the boxes on the way to the track are read, so a video of many gigabytes costs a few seeks. Sizes are checked
against the file before anything is allocated.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from edge.errors import TelemetryError

MAX_INDEX_BYTES: Final = 64 * 1024 * 1024
MAX_SAMPLE_BYTES: Final = 16 * 1024 * 1024
MAX_SAMPLES: Final = 1_000_000
MAX_BOXES: Final = 10_000


@dataclass(frozen=True, slots=True)
class Sample:
    """One sample of a track: when it begins, how long it holds (ns of media time), and its bytes."""

    media_ns: int
    span_ns: int
    content: bytes


@dataclass(frozen=True, slots=True)
class _Box:
    kind: bytes
    start: int
    end: int


def samples_of(path: Path, wanted: bytes) -> Iterator[Sample]:
    """The samples of every track whose sample description has the wanted format (such as b"gpmd"), in file order.

    Nothing where there is no such track; raises TelemetryError naming the file where its index is missing or broken.
    """
    with path.open("rb") as stream:
        stream.seek(0, 2)
        size = stream.tell()
        try:
            moov = next((box for box in _boxes(stream, 0, size) if box.kind == b"moov"), None)
            if moov is None:
                raise TelemetryError(
                    f"{path}: the video has no index (moov): its recording was cut off. Repair the file."
                )
            for trak in _boxes(stream, moov.start, moov.end):
                if trak.kind == b"trak":
                    yield from _track_samples(stream, trak, wanted, size)
        except (struct.error, _Broken) as error:
            raise TelemetryError(f"{path}: the video's index is broken: {error}. Copy the file again.") from error


class _Broken(Exception):
    """The index contradicts itself or the file."""


def _boxes(stream: BinaryIO, start: int, end: int) -> Iterator[_Box]:
    """The boxes between two places, one level deep."""
    for _ in range(MAX_BOXES):
        if start + 8 > end:
            return
        stream.seek(start)
        length, kind = struct.unpack(">I4s", _exactly(stream, 8))
        head = 8
        if length == 1:
            length, head = struct.unpack(">Q", _exactly(stream, 8))[0], 16
        elif length == 0:
            length = end - start
        if length < head:
            raise _Broken(f"a box of {length} bytes at byte {start}")
        yield _Box(kind, start + head, min(end, start + length))
        start += length


def _exactly(stream: BinaryIO, count: int) -> bytes:
    content = stream.read(count)
    if len(content) != count:
        raise _Broken("it ends too early")
    return content


def _find(stream: BinaryIO, box: _Box, *way: bytes) -> _Box | None:
    """The first box along a way of kinds."""
    for kind in way:
        found = next((inner for inner in _boxes(stream, box.start, box.end) if inner.kind == kind), None)
        if found is None:
            return None
        box = found
    return box


def _content(stream: BinaryIO, box: _Box | None) -> bytes:
    if box is None:
        raise _Broken("a table is missing")
    if box.end - box.start > MAX_INDEX_BYTES:
        raise _Broken(f"a table of {box.end - box.start} bytes")
    stream.seek(box.start)
    return _exactly(stream, box.end - box.start)


def _track_samples(stream: BinaryIO, trak: _Box, wanted: bytes, size: int) -> Iterator[Sample]:
    stbl = _find(stream, trak, b"mdia", b"minf", b"stbl")
    stsd = None if stbl is None else _find(stream, stbl, b"stsd")
    if stbl is None or stsd is None or _content(stream, stsd)[12:16] != wanted:
        return
    mdhd = _content(stream, _find(stream, trak, b"mdia", b"mdhd"))
    timescale = struct.unpack_from(">I", mdhd, 20 if mdhd[:1] == b"\x01" else 12)[0]
    if timescale == 0:
        raise _Broken("a time scale of 0")
    lengths = _lengths(_content(stream, _find(stream, stbl, b"stsz")))
    spans = _spans(_content(stream, _find(stream, stbl, b"stts")), len(lengths))
    places = _places(stream, stbl, lengths)
    begins = 0
    for place, length, span in zip(places, lengths, spans, strict=True):
        if length > MAX_SAMPLE_BYTES or place + length > size:
            raise _Broken(f"a sample of {length} bytes at byte {place}, outside the file")
        stream.seek(place)
        begins_ns, ends_ns = begins * 1_000_000_000 // timescale, (begins + span) * 1_000_000_000 // timescale
        yield Sample(begins_ns, ends_ns - begins_ns, _exactly(stream, length))
        begins += span


def _lengths(stsz: bytes) -> list[int]:
    same, count = struct.unpack_from(">II", stsz, 4)
    if count > MAX_SAMPLES:
        raise _Broken(f"{count} samples")
    return [same] * count if same else list(struct.unpack_from(f">{count}I", stsz, 12))


def _spans(stts: bytes, count: int) -> list[int]:
    """How long each sample holds, in the track's time scale."""
    spans: list[int] = []
    for row in range(struct.unpack_from(">I", stts, 4)[0]):
        many, span = struct.unpack_from(">II", stts, 8 + 8 * row)
        spans += [span] * min(many, count - len(spans))
        if len(spans) == count:
            return spans
    raise _Broken(f"times for {len(spans)} of {count} samples")


def _places(stream: BinaryIO, stbl: _Box, lengths: list[int]) -> list[int]:
    """Where each sample begins in the file: chunk offsets, and how many samples each chunk holds."""
    wide = _find(stream, stbl, b"co64")
    table = _content(stream, wide or _find(stream, stbl, b"stco"))
    chunks = struct.unpack_from(">I", table, 4)[0]
    if chunks > MAX_SAMPLES:
        raise _Broken(f"{chunks} chunks")
    offsets = struct.unpack_from(f">{chunks}{'Q' if wide else 'I'}", table, 8)
    stsc = _content(stream, _find(stream, stbl, b"stsc"))
    count = struct.unpack_from(">I", stsc, 4)[0]
    if count > MAX_SAMPLES:
        raise _Broken(f"{count} chunk runs")
    runs = [struct.unpack_from(">III", stsc, 8 + 12 * row) for row in range(count)]
    places: list[int] = []
    for row, (first, per_chunk, _) in enumerate(runs):
        last = runs[row + 1][0] if row + 1 < len(runs) else chunks + 1
        for offset in offsets[max(0, first - 1) : max(0, last - 1)]:
            for _ in range(per_chunk):
                if len(places) == len(lengths):
                    return places
                places.append(offset)
                offset += lengths[len(places) - 1]
    if len(places) < len(lengths):
        raise _Broken(f"places for {len(places)} of {len(lengths)} samples")
    return places
