"""A citizen's picture is read or refused, in bounded time, and never ends in a mistake of the server's."""

from __future__ import annotations

import io
import random
import struct
from datetime import UTC

import numpy as np
import pytest
from PIL import ExifTags, Image

from server.pictures.reading import Fault, Picture, open_picture, read_picture


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_every_picture_with_broken_exif_is_read_or_refused() -> None:
    raw = _photo()
    whole = read_picture(raw, UTC)
    assert isinstance(whole, Picture)
    assert whole.image.shape == (64, 48, 3)
    rng = random.Random(5)
    start = raw.index(b"Exif")
    seen = set()
    for _ in range(500):
        broken = bytearray(raw)
        for _ in range(rng.randint(1, 6)):
            broken[start + rng.randrange(6, 220)] = rng.randrange(256)
        read = read_picture(bytes(broken), UTC)
        assert isinstance(read, Picture | Fault)
        seen.add(read if isinstance(read, Fault) else Picture)
    assert {Picture, Fault.BROKEN} <= seen


@pytest.mark.parametrize(
    ("scans", "side_px", "taken"),
    [(10, 64, True), (290, 64, True), (301, 64, False), (50, 7740, True), (100, 7740, False)],
)
def test_a_jpeg_has_no_more_scans_than_can_be_gone_over_in_seconds(scans: int, side_px: int, taken: bool) -> None:
    opened = open_picture(scanned(scans, side_px))
    assert (opened is Fault.TOO_MANY_PIECES) is not taken
    assert isinstance(opened, Image.Image) is taken


def test_a_jpeg_of_hundreds_of_scans_is_not_decoded() -> None:
    assert isinstance(read_picture(scanned(20), UTC), Picture)
    assert read_picture(scanned(2000), UTC) is Fault.TOO_MANY_PIECES


def test_a_film_behind_a_photo_does_not_count_as_scans() -> None:
    film = random.Random(3).randbytes(4_000_000)
    assert film.count(b"\xff\xda") > 20
    assert isinstance(read_picture(_photo() + film, UTC), Picture)


@pytest.mark.parametrize(("segments", "taken"), [(200, True), (300, False)])
def test_a_jpeg_of_hundreds_of_exif_segments_is_refused(segments: int, taken: bool) -> None:
    raw = _photo()
    read = read_picture(raw[:2] + b"\xff\xe1\x00\x12Exif\0\0" + bytes(10) + raw[2:], UTC)
    assert isinstance(read, Picture)
    behind = raw.index(b"\xff\xdb")
    more = (b"\xff\xe1\x00\x12Exif\0\0" + bytes(10)) * segments
    read = read_picture(raw[:behind] + more + raw[behind:], UTC)
    assert isinstance(read, Picture) if taken else read is Fault.TOO_MANY_PIECES


def test_of_a_phones_photo_with_a_second_picture_the_first_is_read() -> None:
    out = io.BytesIO()
    second = Image.new("RGB", (24, 32), (250, 0, 0))
    Image.open(io.BytesIO(_photo())).save(out, "MPO", save_all=True, append_images=[second])
    with Image.open(io.BytesIO(out.getvalue())) as opened:
        assert opened.format == "MPO"
    read = read_picture(out.getvalue(), UTC)
    assert isinstance(read, Picture)
    assert (read.media_type, read.image.shape) == ("image/jpeg", (48, 64, 3))
    assert np.abs(read.image.astype(int) - (60, 120, 90)).max() < 6


def test_large_pictures_lie_in_blocks_that_go_back_to_the_system_and_not_to_a_thread() -> None:
    assert Image.core.get_block_size() > 32 * 1024 * 1024


def scanned(scans: int, side_px: int = 64) -> bytes:
    """A progressive grey JPEG of so many scans, the last one repeated; a side over 64 px stands in its head alone."""
    out = io.BytesIO()
    noise = np.random.default_rng(1).integers(0, 255, (64, 64), dtype=np.uint8)
    Image.fromarray(noise).save(out, "JPEG", progressive=True)
    raw = out.getvalue()
    frame, last = raw.index(b"\xff\xc2"), raw.rindex(b"\xff\xda")
    raw = raw[: frame + 5] + struct.pack(">HH", side_px, side_px) + raw[frame + 9 :]
    return raw[:last] + raw[last:-2] * (scans - raw.count(b"\xff\xda") + 1) + raw[-2:]


def _photo() -> bytes:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    exif[ExifTags.Base.DateTime] = "2026:11:26 10:00:00"
    exif[ExifTags.IFD.Exif] = {ExifTags.Base.DateTimeOriginal: "2026:11:26 09:00:00"}
    exif[ExifTags.IFD.GPSInfo] = {
        ExifTags.GPS.GPSLatitudeRef: "N",
        ExifTags.GPS.GPSLatitude: (31.0, 14.0, 3.5),
        ExifTags.GPS.GPSLongitudeRef: "E",
        ExifTags.GPS.GPSLongitude: (121.0, 29.0, 4.5),
    }
    out = io.BytesIO()
    Image.new("RGB", (64, 48), (90, 120, 60)).save(out, "JPEG", exif=exif)
    return out.getvalue()
