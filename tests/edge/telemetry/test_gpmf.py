"""GoPro telemetry: real payloads and a real video, made ones, and whatever bytes come along."""

from __future__ import annotations

import struct
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.errors import TelemetryError
from edge.telemetry.gpmf import read_gpmf_raw, read_gpmf_video
from edge.telemetry.log import NoPositions, TelemetryKind, TelemetryLog
from edge.telemetry.mp4 import samples_of
from edge.telemetry.open import embedded, read_telemetry
from pipeline.geo import distance_m
from pipeline.observation import ClockQuality
from pipeline.pose import Mount, Pose
from pipeline.reasons import Reason
from pipeline.timeline import Timeline
from tests.examples import ONE_FIXTURE

# file, fixes, latitude and longitude of the first
LOCKED = [
    ("Fusion.raw", 19, 33.1266299, -117.3274386),
    ("hero5.raw", 18, 33.1264969, -117.3273542),
    ("juanirache/Fusion.raw", 19, 33.1266299, -117.3274386),
    ("juanirache/hero5.raw", 18, 33.1264969, -117.3273542),
    ("juanirache/hero7.raw", 308, 42.3425835, -8.7526142),
    ("juanirache/hero11.raw", 110, 42.4261529, -8.6499795),
]
# file, what the error says
WITHOUT = [
    ("hero6.raw", "17 no_position"),
    ("hero6+ble.raw", "18 no_position"),
    ("karma.raw", "no GPS stream"),
    ("juanirache/hero6.raw", "17 no_position"),
    ("juanirache/hero6+ble.raw", "18 no_position"),
    ("juanirache/karma.raw", "no GPS stream"),
    ("juanirache/consecutive1.raw", "41 no_position"),
    ("juanirache/consecutive2.raw", "59 no_position"),
    ("juanirache/mp4header.raw", "no GPS stream"),
]


@pytest.mark.shared
def test_every_payload_is_in_one_of_the_two_tables(shared_data: Path) -> None:
    folder = shared_data / "telemetry" / "gpmf_raw"
    there = {str(path.relative_to(folder)) for path in folder.rglob("*.raw")}
    assert there == {row[0] for row in LOCKED} | {row[0] for row in WITHOUT}


@pytest.mark.shared
@pytest.mark.parametrize(("name", "count", "lat", "lon"), LOCKED)
def test_a_real_payload_with_a_lock_gives_its_fixes(
    shared_data: Path, name: str, count: int, lat: float, lon: float
) -> None:
    log = read_telemetry(shared_data / "telemetry" / "gpmf_raw" / name)
    assert (log.kind, log.clock, len(log.fixes)) == (TelemetryKind.GPMF, ClockQuality.GNSS, count)
    assert (log.fixes[0].lat, log.fixes[0].lon) == pytest.approx((lat, lon), abs=1e-9)
    times = [fix.utc_ns or 0 for fix in log.fixes]
    steps = [after - before for before, after in pairwise(times)]
    assert all(-50_000_000 < step < 250_000_000 for step in steps), "the clock of a payload jitters a little"


@pytest.mark.shared
@pytest.mark.parametrize(("name", "says"), WITHOUT)
def test_a_real_payload_without_a_lock_is_a_clear_error(shared_data: Path, name: str, says: str) -> None:
    with pytest.raises(NoPositions) as error:
        read_telemetry(shared_data / "telemetry" / "gpmf_raw" / name)
    assert says in str(error.value)
    assert name in str(error.value)


@pytest.mark.shared
def test_the_gopro_walk_gives_its_191_samples_along_the_video(shared_data: Path) -> None:
    log = embedded(shared_data / "footage" / "max-heromode.mp4")
    assert not isinstance(log, str)
    assert len(log.fixes) == 191
    assert log.rejected == ()
    assert log.fixes[0].sigma_m == pytest.approx(3.08)
    media = [fix.media_ns or 0 for fix in log.fixes]
    assert media == sorted(set(media))
    assert media[0] == 0
    assert media[-1] < 10_543_000_000
    timeline = Timeline(log.fixes, Mount(1.5))
    walked = distance_m(log.fixes[0].lat, log.fixes[0].lon, log.fixes[-1].lat, log.fixes[-1].lon)
    assert 5.0 < walked < 20.0, "ten seconds on foot"
    for second in range(11):
        pose = timeline.pose(0, second * 10**9)
        assert isinstance(pose, Pose)
        assert 0.3 < pose.speed_mps < 2.5


@pytest.mark.shared
@pytest.mark.parametrize("name", ["karma.mp4", "udacity_test_video.mp4"])
def test_a_video_without_gps_has_nothing_embedded_and_is_a_clear_error_when_named(shared_data: Path, name: str) -> None:
    video = shared_data / "footage" / name
    assert isinstance(embedded(video), str)
    with pytest.raises(NoPositions, match="--telemetry"):
        read_telemetry(video)


@pytest.mark.shared
def test_a_video_cut_off_anywhere_never_crashes(shared_data: Path, tmp_path: Path) -> None:
    whole = (shared_data / "footage" / "max-heromode.mp4").read_bytes()
    for share in (0.0001, 0.3, 0.9, 0.97, 0.999):
        path = tmp_path / "cut.mp4"
        path.write_bytes(whole[: int(len(whole) * share)])
        try:
            assert len(read_gpmf_video(path).fixes) == 191, "the index and every GPS sample are still there"
        except TelemetryError as error:
            assert "cut.mp4" in str(error)  # noqa: PT017


def item(key: bytes, kind: bytes, size: int, payload: bytes) -> bytes:
    return struct.pack(">4scBH", key, kind, size, len(payload) // size) + payload + b"\0" * (-len(payload) % 4)


def nested(key: bytes, *parts: bytes) -> bytes:
    payload = b"".join(parts)
    return struct.pack(">4sBBH", key, 0, 1, len(payload)) + payload + b"\0" * (-len(payload) % 4)


def payload(*rows: tuple[float, float], lock: int = 3, dop: int = 150, utc: bytes = b"250102030405.250") -> bytes:
    samples = b"".join(struct.pack(">5i", round(lat * 1e7), round(lon * 1e7), 4500, 1200, 130) for lat, lon in rows)
    stream = nested(
        b"STRM", item(b"GPSF", b"L", 4, struct.pack(">I", lock)), item(b"GPSU", b"U", 16, utc),
        item(b"GPSP", b"S", 2, struct.pack(">H", dop)),
        item(b"SCAL", b"l", 4, struct.pack(">5i", 10**7, 10**7, 1000, 1000, 100)), item(b"GPS5", b"l", 20, samples),
    )  # fmt: skip
    return nested(b"DEVC", item(b"DVID", b"L", 4, b"\0\0\0\1"), stream)


def raw(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "walk.raw"
    path.write_bytes(content)
    return path


def test_samples_are_spread_evenly_over_their_payload(tmp_path: Path) -> None:
    log = read_gpmf_raw(raw(tmp_path, payload((31.2, 121.4), (31.2001, 121.4)) + payload((31.2002, 121.4))))
    assert [fix.media_ns for fix in log.fixes] == [0, 500_500_000, 1_001_000_000]
    first = log.fixes[0]
    assert (first.alt_m, first.speed_mps, first.sigma_m) == (4.5, 1.2, 3.0)
    assert first.utc_ns == 1_735_787_045_250_000_000


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (payload((31.2, 121.4), lock=0), Reason.NO_POSITION),
        (payload((31.2, 121.4), dop=9999), Reason.NO_POSITION),
        (payload((0.0, 0.0)), Reason.ZERO_POSITION),
        (payload((95.0, 121.4)), Reason.OUT_OF_RANGE),
        (payload((31.2, 121.4)).replace(b"SCAL", b"XXXX"), Reason.MALFORMED),
        (payload((31.2, 121.4)).replace(b"GPS5l\x14\x00\x01", b"GPS5l\x14\xff\xff"), Reason.MALFORMED),
    ],
)
def test_a_bad_payload_among_good_ones_is_counted(tmp_path: Path, bad: bytes, reason: Reason) -> None:
    log = read_gpmf_raw(raw(tmp_path, payload((31.2, 121.4)) + bad))
    assert len(log.fixes) == 1
    assert log.rejected == ((reason, 1),)


def test_a_time_that_is_no_time_leaves_the_position(tmp_path: Path) -> None:
    log = read_gpmf_raw(raw(tmp_path, payload((31.2, 121.4), utc=b"259902030405.250")))
    assert log.fixes[0].utc_ns is None
    assert log.clock is ClockQuality.UNKNOWN


@settings(suppress_health_check=ONE_FIXTURE, max_examples=300)
@given(st.data())
def test_any_bytes_end_in_a_log_or_a_telemetry_error(tmp_path: Path, data: st.DataObject) -> None:
    good = payload((31.2, 121.4), (31.3, 121.5))
    noise = data.draw(st.binary(max_size=200))
    at = data.draw(st.integers(0, len(good)))
    content = b"DEVC" + noise if data.draw(st.booleans()) else good[:at] + noise + good[at + len(noise) :]
    path = raw(tmp_path, content)
    for read in (read_gpmf_raw, read_gpmf_video, read_telemetry):
        try:
            assert isinstance(read(path), TelemetryLog)
        except TelemetryError:
            continue


def box(kind: bytes, *parts: bytes) -> bytes:
    content = b"".join(parts)
    return struct.pack(">I4s", len(content) + 8, kind) + content


def video(samples: list[bytes], wide: bool = False, scale: int = 1000) -> bytes:
    """A minimal MP4 with one gpmd track, a second a sample, two samples a chunk."""
    start = 16
    offsets = [start + sum(map(len, samples[:n])) for n in range(0, len(samples), 2)]
    chunks = struct.pack(f">II{len(offsets)}{'Q' if wide else 'I'}", 0, len(offsets), *offsets)
    runs = [(1, 2)] if len(samples) % 2 == 0 else [(1, 2), (len(offsets), 1)]
    stsc = struct.pack(">II", 0, len(runs)) + b"".join(struct.pack(">III", first, per, 1) for first, per in runs)
    stbl = box(
        b"stbl", box(b"stsd", struct.pack(">II", 0, 1), box(b"gpmd", bytes(8))),
        box(b"stts", struct.pack(">IIII", 0, 1, len(samples), scale)), box(b"stsc", stsc),
        box(b"stsz", struct.pack(f">III{len(samples)}I", 0, 0, len(samples), *map(len, samples))),
        box(b"co64" if wide else b"stco", chunks),
    )  # fmt: skip
    mdhd = box(b"mdhd", struct.pack(">IIIIIHH", 0, 0, 0, scale, scale * len(samples), 0, 0))
    moov = box(b"moov", box(b"trak", box(b"mdia", mdhd, box(b"minf", stbl))))
    return box(b"ftyp") + box(b"mdat", *samples) + moov


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("count", [1, 2, 5])
def test_the_samples_of_a_track_come_in_order_with_their_times(tmp_path: Path, wide: bool, count: int) -> None:
    path = tmp_path / "made.mp4"
    contents = [bytes([n]) * (n + 1) for n in range(count)]
    path.write_bytes(video(contents, wide))
    found = list(samples_of(path, b"gpmd"))
    assert [sample.content for sample in found] == contents
    assert [sample.media_ns for sample in found] == [n * 10**9 for n in range(count)]
    assert list(samples_of(path, b"tmcd")) == []


@settings(suppress_health_check=ONE_FIXTURE, max_examples=300)
@given(st.integers(0, 10_000), st.binary(min_size=1, max_size=12))
def test_a_video_with_any_bytes_overwritten_ends_in_samples_or_a_telemetry_error(
    tmp_path: Path, at: int, noise: bytes
) -> None:
    whole = video([payload((31.2, 121.4))] * 3)
    at %= len(whole)
    path = tmp_path / "made.mp4"
    path.write_bytes(whole[:at] + noise + whole[at + len(noise) :])
    try:
        read_gpmf_video(path)
    except TelemetryError:
        return
