"""Telemetry is told by its content; what is empty, foreign or absent is a clear error."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.errors import TelemetryError
from edge.telemetry.log import NoPositions, TelemetryKind, TelemetryLog
from edge.telemetry.open import embedded, kind_of, read_telemetry
from pipeline.geo import distance_m
from pipeline.observation import ClockQuality
from pipeline.pose import Mount, Pose
from pipeline.reasons import Reason
from pipeline.timeline import Timeline
from tests.examples import ONE_FIXTURE

GPX = '<gpx><trk><trkseg><trkpt lat="31.2" lon="121.4"><time>2026-05-01T08:00:00Z</time></trkpt></trkseg></trk></gpx>'
SRT = "1\n00:00:00,000 --> 00:00:00,033\n[latitude: 31.2] [longitude: 121.4] [rel_alt: 9.0 abs_alt: 12.0]\n\n"
TRACK = "121.4\t31.2\t1.0\n121.4001\t31.2\t2.0\n"


@pytest.mark.parametrize(
    ("text", "kind"), [(GPX, TelemetryKind.GPX), (SRT, TelemetryKind.DJI_SRT), (TRACK, TelemetryKind.TRACK)]
)
@pytest.mark.parametrize("name", ["drive.gpx", "drive.SRT", "drive.track", "drive", "drive.txt"])
def test_the_content_decides_not_the_name(tmp_path: Path, text: str, kind: TelemetryKind, name: str) -> None:
    path = tmp_path / name
    path.write_text("\ufeff" + text, "utf-8")
    assert read_telemetry(path).kind is kind


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "the file is empty; expected a GoPro video"),
        (b"Dear diary,\ntoday I drove.\n", "not a telemetry file that is understood; expected a GoPro video"),
        (b"PK\x03\x04 an office document", "not a telemetry file that is understood"),
        (b"<html><body>404</body></html>", "root element is <html>"),
        (b"%PDF-1.7", "not a telemetry file"),
        (b"\x00\x00\x00\x18ftypmp42 and no more", "no index (moov)"),
        (b"DEVC\x00\x01\xff\xff", "GoPro telemetry is broken"),
    ],
)
def test_an_empty_or_foreign_file_is_a_clear_error(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "drive.gpx"
    path.write_bytes(content)
    with pytest.raises(TelemetryError, match=r"drive\.gpx") as error:
        read_telemetry(path)
    assert says in str(error.value)


def test_an_absent_file_and_a_folder_are_clear_errors(tmp_path: Path) -> None:
    with pytest.raises(TelemetryError, match="No such file"):
        read_telemetry(tmp_path / "nothing.gpx")
    with pytest.raises(TelemetryError, match="directory"):
        read_telemetry(tmp_path)


@pytest.mark.shared
@pytest.mark.parametrize("name", ["00000000", "00000005", "00000010", "00000056", "00000077"])
def test_a_real_vehicle_track_is_a_drive(shared_data: Path, name: str) -> None:
    path = shared_data / "telemetry" / "vehicle_tracks" / name / f"{name}.track"
    log = read_telemetry(path)
    assert log.kind is TelemetryKind.TRACK
    assert log.clock is ClockQuality.UNKNOWN
    assert len(log.fixes) > 1000
    assert log.rejected == ()
    timeline = Timeline(log.fixes, Mount(1.8), start_utc_ns=0)
    straight = sum(distance_m(a.lat, a.lon, b.lat, b.lon) for a, b in zip(log.fixes, log.fixes[1:], strict=False))
    assert 0.8 * straight < timeline.length_m <= straight * 1.001
    poses = [timeline.pose(0, fix.media_ns or 0) for fix in log.fixes[::50]]
    assert all(isinstance(pose, Pose) and pose.speed_mps < 50 for pose in poses)


@pytest.mark.shared
def test_no_file_of_the_real_data_crashes(shared_data: Path) -> None:
    """Every file of the two folders, telemetry or not, is a log or a clear error."""
    files = [path for name in ("telemetry", "footage") for path in (shared_data / name).rglob("*") if path.is_file()]
    assert len(files) > 80
    for path in files:
        try:
            assert isinstance(read_telemetry(path), TelemetryLog)
        except TelemetryError as error:
            assert path.name in str(error)  # noqa: PT017


def test_a_track_counts_what_it_cannot_use(tmp_path: Path) -> None:
    path = tmp_path / "drive.track"
    path.write_text(TRACK + "\n0 0 3\n121 95 4\nx y z\n121 31\n121 31 -5\n121 31 nan\n")
    log = read_telemetry(path)
    assert len(log.fixes) == 2
    assert dict(log.rejected) == {
        Reason.ZERO_POSITION: 1, Reason.OUT_OF_RANGE: 1, Reason.MALFORMED: 2, Reason.BAD_TIME: 2,
    }  # fmt: skip


def test_a_footage_that_is_no_mp4_has_nothing_embedded(tmp_path: Path) -> None:
    path = tmp_path / "clip.avi"
    path.write_bytes(b"RIFF\x00\x00\x00\x00AVI LIST")
    assert "carries none" in str(embedded(path))


def test_a_readable_file_without_positions_is_told_apart_from_a_broken_one(tmp_path: Path) -> None:
    path = tmp_path / "clip.srt"
    path.write_text(SRT.replace("31.2", "0.0").replace("121.4", "0.0"))
    with pytest.raises(NoPositions, match="1 zero_position"):
        read_telemetry(path)


@settings(suppress_health_check=ONE_FIXTURE, max_examples=300)
@given(
    st.sampled_from(
        [b"", b"<", b"\xff\xfe", b"\xfe\xff\x00", b"DEVC", b"\xff\xd8\xff", b"RIFFxxxxWEBP", b"II*\0", b"MM\0*",
         b"\x89PNG\r\n", b"xxxxftyp", b"xxxxmoov", b"1 2 3\n", SRT.encode(), GPX.encode()]
    ),
    st.binary(max_size=300),
)  # fmt: skip
def test_any_bytes_end_in_a_log_or_a_telemetry_error(tmp_path: Path, head: bytes, rest: bytes) -> None:
    path = tmp_path / "thing"
    path.write_bytes(head + rest)
    try:
        log = read_telemetry(path)
    except TelemetryError:
        return
    assert log.fixes
    assert log.kind is kind_of(head + rest)
