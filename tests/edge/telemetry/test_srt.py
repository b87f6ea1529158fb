"""DJI subtitles: every dialect, the broken ones, and whatever bytes come along."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.errors import TelemetryError
from edge.telemetry.dji_srt import read_dji_srt
from edge.telemetry.log import TelemetryKind, TelemetryLog
from pipeline.geo import distance_m
from pipeline.observation import ClockQuality
from pipeline.pose import Attitude, Mount
from pipeline.reasons import Reason
from pipeline.timeline import Timeline
from tests.examples import ONE_FIXTURE

# file, fixes, latitude and longitude of the first, its height, and its media time in seconds
SAMPLES = [
    ("MAVIC3.srt", 12318, 3.41531, -3.3744, -2.4, 0.0),
    ("air2s.srt", 17, 41.424724, 2.234156, None, 0.0),
    ("matrice_300.srt", 381, 36.6146, -6.112, 0.3, 0.0),
    ("mavic_air2.srt", 25, 41.420684, 2.162162, None, 0.0),
    ("mix_p4rtk_mavic2pro.srt", 12, -34.6502, -59.409424, 17.39, 904.904),
    ("broken_incomplete.SRT", 19, -34.7383, -58.4563, 20.1, 1.0),
    ("broken_incomplete2.SRT", 4, -34.86995, -57.823395, None, 0.0),
    ("m2zoom.SRT", 7113, 31.452012, 74.398751, None, 0.0),
    ("mavic_2_style.SRT", 468, -20.2533, 149.0251, None, None),
    ("mavic_2pro_new.SRT", 8952, -35.080155, -60.286702, None, 0.0),
    ("mavic_mini.SRT", 117, 48.0771, -121.7458, 200.7, 0.0),
    ("mavic_pro.SRT", 468, -20.2533, 149.0251, 1.9, 1.0),
    ("mavic_pro_buggy.SRT", 530, 42.4668, -1.2218, 0.0, 1.0),
    ("old_format.SRT", 468, -20.2533, 149.0251, 1.9, 1.0),
    ("p4_rtk.SRT", 55, -34.237922, -58.851745, 85.8, 0.0),
    ("p4p_sample.SRT", 5, 47.4692, 8.209, 45.6, 0.0),
    ("by_model/Avata360/clip.SRT", 5, 53.36508, 6.460739, 5.4, 0.0),
    ("by_model/Mini5PRO/clip.SRT", 5, 53.365108, 6.460719, 6.0, 0.0),
    ("by_model/air3/clip.SRT", 2, 59.1111, 18.2222, 5.0, 0.0),
    ("by_model/air3S/clip.SRT", 5, 34.270373, -84.17616, 0.0, 0.0),
    ("by_model/avata2/clip.SRT", 2, 39.906217, 116.391305, None, 0.0),
    ("by_model/mini4pro/clip.SRT", 2, 59.0, 18.0, 1.0, 0.0),
    ("by_model/neo2/clip.SRT", 5, 45.607181, 13.75386, 0.0, 0.0),
    ("by_model/neo2/clip_nogps.SRT", 3, 32.848932, -84.861966, 0.4, 0.099),
]
NOTHING_IN = ["broken_empty.SRT", "broken_empty2.SRT", "mavic_air.SRT"]


@pytest.fixture
def samples(shared_data: Path) -> Path:
    return shared_data / "telemetry" / "dji_srt"


@pytest.mark.shared
def test_every_sample_is_in_one_of_the_two_tables(samples: Path) -> None:
    there = {str(path.relative_to(samples)) for path in samples.rglob("*") if path.suffix.lower() == ".srt"}
    assert there == {row[0] for row in SAMPLES} | set(NOTHING_IN)


@pytest.mark.shared
@pytest.mark.parametrize(("name", "count", "lat", "lon", "height_m", "media_s"), SAMPLES)
def test_a_real_subtitle_file_reads_as_its_dialect(
    samples: Path, name: str, count: int, lat: float, lon: float, height_m: float | None, media_s: float | None
) -> None:
    log = read_dji_srt(samples / name)
    first = log.fixes[0]
    assert log.kind is TelemetryKind.DJI_SRT
    assert len(log.fixes) == count
    assert (first.lat, first.lon) == (lat, lon)
    assert first.height_m == height_m
    assert first.media_ns == (None if media_s is None else round(media_s * 1e9))
    farthest = max(distance_m(lat, lon, fix.lat, fix.lon) for fix in log.fixes[:: max(1, count // 200)])
    assert farthest < 5000, "a flight stays near where it began; swapped coordinates would not"
    Timeline(log.fixes, Mount(2.0), start_utc_ns=first.utc_ns or 0)


@pytest.mark.shared
@pytest.mark.parametrize("name", NOTHING_IN)
def test_a_real_subtitle_file_without_positions_is_a_clear_error(samples: Path, name: str) -> None:
    with pytest.raises(TelemetryError, match=name) as error:
        read_dji_srt(samples / name)
    assert "again" in str(error.value) or "--telemetry" in str(error.value)


@pytest.mark.shared
def test_what_a_broken_file_lost_is_counted(samples: Path) -> None:
    def lost(name: str) -> dict[Reason, int]:
        return dict(read_dji_srt(samples / name).rejected)

    assert lost("broken_incomplete.SRT") == {Reason.NO_POSITION: 1}
    assert lost("broken_incomplete2.SRT") == {Reason.NO_POSITION: 1, Reason.MALFORMED: 1}
    assert lost("mavic_pro_buggy.SRT") == {Reason.NO_POSITION: 16}
    assert lost("by_model/neo2/clip_nogps.SRT") == {Reason.ZERO_POSITION: 3}
    assert lost("MAVIC3.srt") == {}


@pytest.mark.shared
def test_gimbal_angles_come_from_both_ways_of_writing_them(samples: Path) -> None:
    assert read_dji_srt(samples / "by_model/Avata360/clip.SRT").fixes[0].attitude == Attitude(-162.8, 0.0, 0.0)
    assert read_dji_srt(samples / "p4_rtk.SRT").fixes[0].attitude == Attitude(110.4, -24.4, 0.0)


@pytest.mark.shared
def test_the_cameras_clock_keeps_its_microseconds(samples: Path) -> None:
    first = read_dji_srt(samples / "air2s.srt").fixes[0]
    expected = datetime(2022, 8, 7, 13, 40, 40, 774808, tzinfo=UTC)
    assert first.utc_ns == round(expected.timestamp() * 1e6) * 1000


def written(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / "clip.SRT"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


BLOCK = """{n}
00:00:{n:02d},000 --> 00:00:{n:02d},033
<font size="28">FrameCnt: {n}, DiffTime: 33ms
2026-05-27 13:10:{n:02d}.015
[latitude: {lat}] [longitude: {lon}] [rel_alt: 25.400 abs_alt: 31.744] [gb_yaw: -162.8 gb_pitch: -55.0 gb_roll: 0.0]

"""


def test_a_modern_block_gives_everything_it_says(tmp_path: Path) -> None:
    log = read_dji_srt(written(tmp_path, BLOCK.format(n=1, lat=31.2304567, lon=121.4737890)))
    (fix,) = log.fixes
    assert (fix.lat, fix.lon, fix.height_m, fix.alt_m) == (31.2304567, 121.473789, 25.4, 31.744)
    assert fix.attitude == Attitude(-162.8, -55.0, 0.0)
    assert fix.media_ns == 10**9
    assert log.clock is ClockQuality.FILE


def test_the_zone_of_the_cameras_clock_can_be_given(tmp_path: Path) -> None:
    path = written(tmp_path, BLOCK.format(n=1, lat=31.23, lon=121.47))
    utc, shanghai = read_dji_srt(path).fixes[0], read_dji_srt(path, timezone(timedelta(hours=8))).fixes[0]
    assert utc.utc_ns is not None
    assert shanghai.utc_ns == utc.utc_ns - 8 * 3600 * 10**9


def test_fewer_decimals_make_a_less_certain_fix(tmp_path: Path) -> None:
    fine = read_dji_srt(written(tmp_path, BLOCK.format(n=1, lat="31.230456", lon="121.473789"))).fixes[0]
    coarse = read_dji_srt(written(tmp_path, BLOCK.format(n=1, lat="31.2304", lon="121.4737"))).fixes[0]
    assert fine.sigma_m < 2.1
    assert coarse.sigma_m > 3.5


@pytest.mark.parametrize(
    ("lat", "lon", "reason"),
    [
        ("223.5", "121.4", Reason.OUT_OF_RANGE),
        ("0.000000", "0.000000", Reason.ZERO_POSITION),
        ("31.2", "", Reason.MALFORMED),
    ],
)
def test_a_bad_block_among_good_ones_is_counted(tmp_path: Path, lat: str, lon: str, reason: Reason) -> None:
    text = BLOCK.format(n=1, lat=31.23, lon=121.47) + BLOCK.format(n=2, lat=lat, lon=lon)
    log = read_dji_srt(written(tmp_path, text))
    assert len(log.fixes) == 1
    assert log.rejected == ((reason, 1),)


@pytest.mark.parametrize("day", ["2026-13-45", "1969-05-27", "9999-05-27"])
def test_a_time_that_is_no_time_is_counted(tmp_path: Path, day: str) -> None:
    bad = BLOCK.format(n=2, lat=31.23, lon=121.47).replace("2026-05-27", day)
    log = read_dji_srt(written(tmp_path, BLOCK.format(n=1, lat=31.23, lon=121.47) + bad))
    assert log.rejected == ((Reason.BAD_TIME, 1),)


def test_a_lost_blank_line_costs_no_block(tmp_path: Path) -> None:
    text = "".join(BLOCK.format(n=n, lat=31.23, lon=121.47).rstrip() + "\n" for n in range(1, 6))
    assert len(read_dji_srt(written(tmp_path, text)).fixes) == 5


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_the_encodings_that_editors_leave_behind_are_read(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "clip.srt"
    path.write_text(BLOCK.format(n=1, lat=31.23, lon=121.47).replace("\n", "\r\n"), encoding=encoding)
    assert len(read_dji_srt(path).fixes) == 1


PIECES = st.sampled_from(
    [
        "1\n", "\n", "00:00:01,000 --> 00:00:02,000\n", "2026-05-27 13:10:00.015\n", "2026.5.7 99:10:00\n", "GPS(",
        "GPS(N/A,N/A,4) ", "[latitude: 31.2] [longitude: 121.4]", "[latitude : ", "[longtitude : 9e999] ", "-",
        "9" * 40, "[rel_alt: 1.0 abs_alt: 2.0]",
        "G.PRY (1.0°, 2.0°, 3.0°)", "\ufeff", "\x00", "HOME(1,2) ", "BAROMETER:", "H 1m",
    ]
)  # fmt: skip


@settings(suppress_health_check=ONE_FIXTURE, max_examples=300)
@given(st.one_of(st.binary(max_size=400), st.lists(PIECES, max_size=30).map(lambda parts: "".join(parts).encode())))
def test_any_bytes_end_in_a_log_or_a_telemetry_error(tmp_path: Path, content: bytes) -> None:
    path = written(tmp_path, content)
    try:
        log = read_dji_srt(path)
    except TelemetryError:
        with pytest.raises(TelemetryError, match=r"clip\.SRT"):
            read_dji_srt(path)
    else:
        assert isinstance(log, TelemetryLog)
        assert all(-90 <= fix.lat <= 90 and -180 <= fix.lon <= 180 for fix in log.fixes)
