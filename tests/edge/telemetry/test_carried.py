"""Where photo files carry EXIF and XMP; what breaks off, and what is no photo."""

from __future__ import annotations

import contextlib
import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from edge.telemetry.carried import MOST_BYTES, SEARCHED, carried

TIFF = b"II*\0\x08\0\0\0\0\0\0\0\0\0"
XMP = b"<x:xmpmeta>here</x:xmpmeta>"


def photo(kind: str, exif: bytes = b"", xmp: bytes = b"") -> bytes:
    more = {"exif": b"Exif\0\0" * (kind == "JPEG") + exif} if exif else {}
    if xmp and kind == "PNG":
        text = PngInfo()
        text.add_itxt("XML:com.adobe.xmp", xmp.decode(), "en", "XMP")
        more["pnginfo"] = text  # type: ignore[assignment]
    elif xmp:
        more["xmp"] = xmp
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, kind, **more)
    return out.getvalue()


def found(content: bytes) -> tuple[bytes, bytes]:
    told = carried(io.BytesIO(content))
    return b"" if told.exif is None else told.exif.read(), told.xmp


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_both_are_found_and_either_may_lack(kind: str) -> None:
    assert found(photo(kind, TIFF, XMP)) == (TIFF, XMP)
    assert found(photo(kind, TIFF)) == (TIFF, b"")
    assert found(photo(kind, xmp=XMP)) == (b"", XMP)
    assert found(photo(kind)) == (b"", b"")


def test_a_tiff_is_its_own_exif() -> None:
    file = io.BytesIO(photo("TIFF"))
    assert carried(file).exif is file


def segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def test_exif_goes_on_from_one_segment_to_the_next_and_fill_bytes_count_for_nothing() -> None:
    jpeg = photo("JPEG")
    parts = segment(0xE1, b"Exif\0\0" + TIFF) + b"\xff\xff\0" + segment(0xE1, b"Exif\0\0more")
    assert found(jpeg[:2] + parts + jpeg[2:]) == (TIFF + b"more", b"")


class Counted(io.BytesIO):
    """Knows how often it was read from."""

    reads = 0

    def read(self, size: int | None = -1) -> bytes:
        self.reads += 1
        return super().read(size)


@pytest.mark.parametrize("gap", [0, 1, SEARCHED - 3, SEARCHED - 2, SEARCHED - 1, SEARCHED, 300 * SEARCHED])
def test_what_is_no_segment_is_passed_over_in_large_strides(gap: int) -> None:
    jpeg = photo("JPEG")
    damaged = Counted(jpeg[:2] + b"\xff\0" + bytes(gap) + segment(0xE1, b"Exif\0\0" + TIFF) + jpeg[2:])
    told = carried(damaged)
    assert told.exif is not None
    assert told.exif.read() == TIFF
    assert damaged.reads < 100 + gap // 1000


def test_what_lies_behind_the_picture_of_a_jpeg_is_not_looked_at() -> None:
    assert found(photo("JPEG") + segment(0xE1, b"Exif\0\0" + TIFF)) == (b"", b"")


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_a_block_that_is_twice_marked_as_exif_is_read(kind: str) -> None:
    content = photo(kind, TIFF)
    at, size = content.index(TIFF), struct.pack(">L" if kind == "PNG" else "<L", len(TIFF))
    longer = size.replace(bytes([len(TIFF)]), bytes([len(TIFF) + 6]))
    before = content[:at].rpartition(size)
    assert found(before[0] + longer + before[2] + b"Exif\0\0" + content[at:])[0] == TIFF


def test_a_block_has_a_bound() -> None:
    exif, xmp = found(photo("WEBP", TIFF + bytes(MOST_BYTES)))
    assert (len(exif), xmp) == (MOST_BYTES, b"")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"photo",
        b"GIF89a" + bytes(20),
        b"\xff\xd8\xff",
        b"\xff\xd8\xff\xe0 but then nothing",
        b"\xff\xd8" + segment(0xE1, b"Exif\0\0" + TIFF) + b"\xff\xda",
        photo("JPEG", TIFF)[:60],
    ],
)
def test_what_is_no_photo_or_breaks_off_before_its_picture_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"neither JPEG|breaks off|without a picture"):
        found(content)


@given(st.sampled_from(["JPEG", "PNG", "WEBP"]), st.integers(0, 400), st.binary(min_size=1, max_size=20))
def test_any_bytes_are_read_or_refused(kind: str, at: int, noise: bytes) -> None:
    whole = photo(kind, TIFF, XMP)
    at %= len(whole)
    with contextlib.suppress(ValueError):
        found(whole[:at] + noise + whole[at + len(noise) :])
