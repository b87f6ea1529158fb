"""Directories of tags as Pillow reads them, and broken ones within bounds."""

from __future__ import annotations

import io
import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from edge.telemetry.tiff import MOST_BYTES, Tiff, Value

LAT, NOTE, TIME, GPS = 2, 27, 7, 0x8825


class Counted(io.BytesIO):
    """A file that counts the bytes that are read of it."""

    taken = 0

    def read(self, size: int | None = -1, /) -> bytes:
        content = super().read(size)
        self.taken += len(content)
        return content


def tiff_of(*entries: tuple[int, int, int, bytes], order: str = "<", tail: bytes = b"") -> bytes:
    """A TIFF of one directory; each entry its tag, type, count, and four bytes: the value, or where it lies."""
    head = {"<": b"II*\0", ">": b"MM\0*"}[order] + struct.pack(f"{order}LH", 8, len(entries))
    return head + b"".join(struct.pack(f"{order}HHL4s", *one) for one in entries) + bytes(4) + tail


def read(content: bytes, *wanted: int) -> dict[int, Value]:
    tiff = Tiff.open(io.BytesIO(content))
    assert tiff is not None
    return tiff.directory(tiff.first, frozenset(wanted))


@given(
    st.sampled_from("<>"),
    st.lists(st.fractions(0, 10**6, max_denominator=10**4), min_size=1, max_size=4),
    st.text(st.characters(min_codepoint=1, max_codepoint=127)),
    st.binary(min_size=1, max_size=9),
)
def test_what_was_written_is_read(order: str, numbers: list[float], text: str, noise: bytes) -> None:
    exif = Image.Exif()
    exif.endian = order
    exif.get_ifd(GPS).update({LAT: tuple(numbers), 29: text, NOTE: noise})
    tiff = Tiff.open(io.BytesIO(exif.tobytes().removeprefix(b"Exif\0\0")))
    assert tiff is not None
    found = tiff.below(tiff.directory(tiff.first, {GPS}).get(GPS), {LAT, 29, NOTE})
    assert found == {LAT: tuple(map(float, numbers)), 29: text, NOTE: noise}


@pytest.mark.parametrize(
    ("kind", "packed", "value"),
    [
        (1, b"\x01\x02", b"\x01\x02"),
        (2, b"ab\0", "ab"),
        (2, b"abcd", "abcd"),
        (3, struct.pack(">2H", 1, 65_535), (1, 65_535)),
        (4, struct.pack(">L", 7), (7,)),
        (6, b"\xff", (-1,)),
        (7, b"ab\0", b"ab\0"),
        (8, struct.pack(">h", -2), (-2,)),
        (9, struct.pack(">l", -3), (-3,)),
        (11, struct.pack(">f", 0.5), (0.5,)),
    ],
)
def test_each_type_is_read_as_what_it_is(kind: int, packed: bytes, value: Value) -> None:
    count = len(packed) // {3: 2, 4: 4, 8: 2, 9: 4, 11: 4}.get(kind, 1)
    assert read(tiff_of((LAT, kind, count, packed), order=">"), LAT) == {LAT: value}


def test_a_rational_may_be_negative_and_over_nothing_it_is_no_number() -> None:
    tail = struct.pack("<4l", -3, 2, 5, 0)
    (whole, none) = read(tiff_of((LAT, 10, 2, struct.pack("<L", 26)), tail=tail), LAT)[LAT]
    assert whole == -1.5
    assert math.isnan(none)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "broken",
    [
        (NOTE, 5, 3, struct.pack("<L", 4_000_000_000)),
        (NOTE, 5, 0, bytes(4)),
        (NOTE, 99, 1, bytes(4)),
        (NOTE, 7, 4_000_000_000, bytes(4)),
    ],
)
def test_a_broken_tag_costs_no_other(broken: tuple[int, int, int, bytes]) -> None:
    assert read(tiff_of(broken, (LAT, 3, 1, b"\x05\0\0\0")), NOTE, LAT) == {LAT: (5,)}


def test_of_a_tag_that_is_there_twice_the_first_counts() -> None:
    assert read(tiff_of((LAT, 3, 1, b"\x05\0\0\0"), (LAT, 3, 1, b"\x06\0\0\0")), LAT) == {LAT: (5,)}


def test_a_directory_that_breaks_off_gives_what_is_there() -> None:
    whole = tiff_of((LAT, 3, 1, b"\x05\0\0\0"), (TIME, 3, 1, b"\x06\0\0\0"))
    assert read(whole[:33], LAT, TIME) == {LAT: (5,)}
    assert read(whole[:9], LAT, TIME) == {}


def test_no_more_is_read_than_the_wanted_tags_can_hold() -> None:
    greedy = [(NOTE + i % 3, 7, MOST_BYTES + i % 2, bytes(4)) for i in range(65_535)]
    file = Counted(tiff_of(*greedy, tail=bytes(MOST_BYTES)))
    tiff = Tiff.open(file)
    assert tiff is not None
    assert len(tiff.directory(tiff.first, {NOTE, NOTE + 1})) == 2
    assert file.taken < 65_536 * 12 + 3 * MOST_BYTES


@pytest.mark.parametrize("head", [b"", b"II*\0\x08", b"II+\0\x08\0\0\0", b"Exif\0\0II*\0"])
def test_what_does_not_begin_as_a_tiff_is_none(head: bytes) -> None:
    assert Tiff.open(io.BytesIO(head)) is None


@pytest.mark.parametrize("pointer", [None, b"\x08\0\0\0", "8", (8.0,), (-8,), (4_000_000_000,)])
def test_what_points_nowhere_leads_to_nothing(pointer: Value | None) -> None:
    tiff = Tiff.open(io.BytesIO(tiff_of((LAT, 3, 1, b"\x05\0\0\0"))))
    assert tiff is not None
    assert tiff.below(pointer, {LAT}) == {}
    assert tiff.below((8,), {LAT}) == {LAT: (5,)}
