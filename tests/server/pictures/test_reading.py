"""A citizen's picture whose EXIF is broken is read or refused, and never ends in a mistake of the server's."""

from __future__ import annotations

import io
import random
from datetime import UTC

import pytest
from PIL import ExifTags, Image

from server.pictures.reading import Fault, Picture, read_picture


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
