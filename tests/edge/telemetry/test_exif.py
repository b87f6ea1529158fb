"""What photos say of their place: real ones, made ones, broken ones."""

from __future__ import annotations

from datetime import timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from edge.errors import ConfigError, TelemetryError
from edge.sources.open import open_source
from edge.sources.optics import read_optics
from edge.telemetry.exif import photo_fix, read_exif, read_photos
from edge.telemetry.log import NoPositions
from edge.telemetry.positions import find_positions
from pipeline.geo import distance_m, turn_deg
from pipeline.observation import ClockQuality, SourceKind
from pipeline.pose import Attitude, Fix, Mount, Pose
from pipeline.reasons import Reason, Rejected
from pipeline.timeline import PhotoPoses
from tests.examples import ONE_FIXTURE

GPS: dict[int, Any] = {1: "N", 2: (31.0, 13.0, 49.5), 3: "E", 4: (121.0, 28.0, 25.25)}


def photo(
    tmp_path: Path, gps: dict[int, Any] | None, taken: dict[int, Any] | None = None, xmp: bytes = b"", kind: str = "jpg"
) -> Path:
    path = tmp_path / f"photo.{kind}"
    exif = Image.Exif()
    if gps is not None:
        exif.get_ifd(0x8825).update(gps)
    exif.get_ifd(0x8769).update(taken or {})
    Image.new("RGB", (8, 8)).save(path, exif=exif, **({"xmp": xmp} if xmp else {}))
    return path


def fix_of(path: Path, **more: Any) -> tuple[Fix, ClockQuality]:
    found = photo_fix(path, **more)
    assert not isinstance(found, Rejected), found
    return found


@pytest.mark.shared
def test_the_lund_street_is_one_pass_in_the_order_of_its_files(shared_data: Path) -> None:
    paths = sorted((shared_data / "footage" / "lund_street").glob("*.jpg"))
    log = read_photos(paths)
    assert len(log.fixes) == 15
    assert log.rejected == ()
    assert log.clock is ClockQuality.UNKNOWN
    poses = PhotoPoses(log.fixes, Mount(1.6), start_utc_ns=0)
    headings = []
    for index in range(15):
        pose = poses.pose(index, 0)
        assert isinstance(pose, Pose)
        headings.append(pose.heading_deg)
    first, last = log.fixes[0], log.fixes[-1]
    assert first is not None
    assert last is not None
    assert 70 < distance_m(first.lat, first.lon, last.lat, last.lon) < 90
    assert all(abs(turn_deg(heading, 345.0)) < 60 for heading in headings), "north by north-west all along"


@pytest.mark.shared
def test_a_real_photo_without_gps_is_a_clear_error(shared_data: Path) -> None:
    path = shared_data / "footage" / "drone_small_vehicles1.jpeg"
    assert photo_fix(path) == Rejected(Reason.NO_POSITION)
    with pytest.raises(NoPositions, match=r"drone_small_vehicles1\.jpeg.*no_position"):
        read_exif(path)


@pytest.mark.parametrize("kind", ["jpg", "webp"])
def test_a_position_is_read_whatever_the_format(tmp_path: Path, kind: str) -> None:
    fix, clock = fix_of(photo(tmp_path, GPS, kind=kind))
    assert (fix.lat, fix.lon) == pytest.approx((31.230416666, 121.473680555))
    assert (fix.utc_ns, clock, fix.sigma_m) == (None, ClockQuality.UNKNOWN, 5.0)


def test_south_and_west_are_negative_and_below_sea_level_too(tmp_path: Path) -> None:
    fix, _ = fix_of(photo(tmp_path, {**GPS, 1: "S", 3: "W", 5: b"\x01", 6: 12.5}))
    assert fix.lat < 0
    assert fix.lon < 0
    assert fix.alt_m == -12.5


def test_the_receivers_time_is_better_than_the_cameras(tmp_path: Path) -> None:
    gps = {**GPS, 29: "2025:10:15", 7: (1.0, 30.0, 5.5)}
    taken = {0x9003: "2025:10:15 09:31:00", 0x9011: "+08:00", 0x9291: "25"}
    fix, clock = fix_of(photo(tmp_path, gps, taken))
    assert (fix.utc_ns, clock) == (1_760_491_805_500_000_000, ClockQuality.GNSS)
    fix, clock = fix_of(photo(tmp_path, GPS, taken))
    assert (fix.utc_ns, clock) == (1_760_491_860_250_000_000, ClockQuality.FILE)
    del taken[0x9011]
    fix, _ = fix_of(photo(tmp_path, GPS, taken), zone=timezone(timedelta(hours=8)))
    assert fix.utc_ns == 1_760_491_860_250_000_000


def test_a_camera_file_says_in_which_zone_the_cameras_clock_goes(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    photo(tmp_path / "photos", GPS, {0x9003: "2025:10:15 09:31:00"})
    camera = tmp_path / "camera.toml"
    camera.write_text('[camera]\ntime_zone = "Asia/Shanghai"\n', "utf-8")
    optics = read_optics(camera, 8, 8, SourceKind.DRONE)
    poses = find_positions(open_source(tmp_path / "photos"), None, optics).poses
    assert poses is not None
    pose = poses.pose(0, 0)
    assert isinstance(pose, Pose)
    assert pose.utc_ns == 1_760_491_860_000_000_000
    camera.write_text('[camera]\ntime_zone = "Mars/Base"\n', "utf-8")
    with pytest.raises(ConfigError, match=r"field camera.time_zone: .*'Mars/Base' is no time zone; write one such as"):
        read_optics(camera, 8, 8, SourceKind.DRONE)


@pytest.mark.parametrize(
    "taken", ["0000:00:00 00:00:00", "yesterday", "2025:13:40 00:00:00", "1950:01:01 00:00:00", "9999:12:31 00:00:00"]
)
def test_a_time_that_is_none_leaves_the_position(tmp_path: Path, taken: str) -> None:
    fix, clock = fix_of(photo(tmp_path, GPS, {0x9003: taken}))
    assert (fix.utc_ns, clock) == (None, ClockQuality.UNKNOWN)


def test_direction_speed_and_error_are_read(tmp_path: Path) -> None:
    fix, _ = fix_of(photo(tmp_path, {**GPS, 12: "K", 13: 36.0, 15: 80.0, 16: "T", 17: 170.5, 31: 3.25}))
    assert fix.attitude == Attitude(170.5)
    assert (fix.course_deg, fix.sigma_m) == (80.0, 3.25)
    assert fix.speed_mps == pytest.approx(10.0)


def test_a_drones_gimbal_and_height_come_from_its_xmp(tmp_path: Path) -> None:
    xmp = (
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description drone-dji:RelativeAltitude="+25.30" '
        b'drone-dji:GimbalRollDegree="+0.00" drone-dji:GimbalYawDegree="-73.40" drone-dji:GimbalPitchDegree="-60.00"/>'
        b"</x:xmpmeta>"
    )
    fix, _ = fix_of(photo(tmp_path, {**GPS, 17: 12.0}, xmp=xmp))
    assert fix.attitude == Attitude(-73.4, -60.0, 0.0)
    assert fix.height_m == 25.3


@pytest.mark.parametrize(
    ("gps", "reason"),
    [
        (None, Reason.NO_POSITION),
        ({1: "N", 3: "E"}, Reason.NO_POSITION),
        ({**GPS, 2: (0.0, 0.0, 0.0), 4: (0.0, 0.0, 0.0)}, Reason.ZERO_POSITION),
        ({**GPS, 2: (95.0, 0.0, 0.0)}, Reason.OUT_OF_RANGE),
    ],
)
def test_a_photo_without_a_usable_position_is_counted_and_keeps_its_place_in_the_order(
    tmp_path: Path, gps: dict[int, Any] | None, reason: Reason
) -> None:
    good = photo(tmp_path, GPS).rename(tmp_path / "good.jpg")
    log = read_photos([photo(tmp_path, gps), good])
    assert log.fixes[0] is None
    assert log.fixes[1] is not None
    assert log.rejected == ((reason, 1),)


def test_a_file_that_is_no_photo_is_a_clear_error(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(b"\xff\xd8\xff\xe0 but then nothing")
    with pytest.raises(TelemetryError, match=r"photo\.jpg: not a readable photo"):
        read_exif(path)


def test_a_photo_that_breaks_off_costs_the_others_nothing(tmp_path: Path) -> None:
    whole = photo(tmp_path, GPS).rename(tmp_path / "whole.jpg")
    cut = tmp_path / "cut.jpg"
    cut.write_bytes(whole.read_bytes()[:40])
    log = read_photos([cut, whole])
    assert log.fixes[0] is None
    assert log.fixes[1] is not None
    assert log.rejected == ((Reason.MALFORMED, 1),)


@settings(suppress_health_check=ONE_FIXTURE, max_examples=300)
@given(st.integers(0, 10_000), st.binary(min_size=1, max_size=30))
def test_any_bytes_end_in_a_fix_a_reason_or_a_telemetry_error(tmp_path: Path, at: int, noise: bytes) -> None:
    whole = photo(tmp_path, {**GPS, 6: 3.0, 17: 5.0, 29: "2025:10:15", 7: (1.0, 2.0, 3.0)}).read_bytes()
    at %= len(whole)
    path = tmp_path / "broken.jpg"
    path.write_bytes(whole[:at] + noise + whole[at + len(noise) :])
    try:
        found = photo_fix(path)
    except TelemetryError:
        return
    assert isinstance(found, Rejected) or (-90 <= found[0].lat <= 90)
