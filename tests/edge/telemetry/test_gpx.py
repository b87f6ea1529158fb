"""GPX tracks: real ones, bad ones, hostile ones."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.errors import TelemetryError
from edge.telemetry.gpx import read_gpx, utc_ns_of
from edge.telemetry.log import TelemetryLog
from pipeline.observation import ClockQuality
from pipeline.pose import Mount, Pose
from pipeline.reasons import Reason
from pipeline.timeline import Timeline
from tests.examples import ONE_FIXTURE

GPX = '<?xml version="1.0"?>\n<gpx version="1.1" xmlns="http://www.topografix.com/GPX/1/1"><trk><trkseg>{}</trkseg></trk></gpx>'
POINT = '<trkpt lat="{lat}" lon="{lon}"><ele>4.5</ele><time>2026-05-01T08:00:{s:02d}Z</time>{more}</trkpt>'


def written(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / "drive.gpx"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def one(tmp_path: Path, more: str = "", lat: str = "31.23", lon: str = "121.47") -> TelemetryLog:
    good = POINT.format(lat="31.2", lon="121.4", s=1, more="")
    return read_gpx(written(tmp_path, GPX.format(good + POINT.format(lat=lat, lon=lon, s=2, more=more))))


@pytest.mark.shared
def test_a_real_drive_at_30_km_an_hour_reads_as_one(shared_data: Path) -> None:
    log = read_gpx(shared_data / "telemetry" / "sf_30km_h.gpx")
    assert len(log.fixes) == 49
    assert log.rejected == ()
    assert log.clock is ClockQuality.GNSS
    start = log.fixes[0].utc_ns
    timeline = Timeline(log.fixes, Mount(1.8), start_utc_ns=start)
    poses = [timeline.pose(0, second * 10**9) for second in range(93)]
    speeds = sorted(pose.speed_mps * 3.6 for pose in poses if isinstance(pose, Pose))
    assert len(speeds) == 93
    assert speeds[len(speeds) // 2] == pytest.approx(30.0, abs=1.5)
    assert timeline.length_m == pytest.approx(30 / 3.6 * 93.6, rel=0.03)


def test_hdop_speed_and_course_are_read_whatever_their_namespace(tmp_path: Path) -> None:
    said = '<x:speed xmlns:x="urn:x">7.5</x:speed><x:course xmlns:x="urn:x">361</x:course>'
    more = f"<hdop>0.8</hdop><extensions>{said}</extensions>"
    fix = one(tmp_path, more).fixes[1]
    assert (fix.speed_mps, fix.course_deg, fix.sigma_m, fix.alt_m) == (7.5, 1.0, 2.0, 4.5)


@pytest.mark.parametrize(
    ("lat", "lon", "reason"),
    [
        ("91", "121", Reason.OUT_OF_RANGE),
        ("90", "0", Reason.OUT_OF_RANGE),
        ("-89.95", "121", Reason.OUT_OF_RANGE),
        ("0", "0", Reason.ZERO_POSITION),
        ("north", "121", Reason.MALFORMED),
        ("nan", "121", Reason.MALFORMED),
        ("", "", Reason.NO_POSITION),
    ],
)
def test_a_bad_point_among_good_ones_is_counted(tmp_path: Path, lat: str, lon: str, reason: Reason) -> None:
    log = one(tmp_path, lat=lat, lon=lon)
    assert len(log.fixes) == 1
    assert log.rejected == ((reason, 1),)


def test_a_point_without_a_readable_time_is_counted(tmp_path: Path) -> None:
    good = POINT.format(lat="31.2", lon="121.4", s=1, more="")
    text = GPX.format(good + good.replace("2026-05-01T", "yesterday ") + '<trkpt lat="31.2" lon="121.4"/>')
    assert read_gpx(written(tmp_path, text)).rejected == ((Reason.BAD_TIME, 2),)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no element found"),
        ("not xml at all", "syntax error"),
        ('<?xml version="1.0" encoding="UTF9"?><gpx/>', "unknown encoding: UTF9"),
        ("<kml><Placemark/></kml>", "root element is <kml>"),
        (GPX.format(""), "no track point"),
        (GPX.format('<trkpt lat="31.2" lon="121.4"/>'), "none of its 1 points has a <time>"),
        (GPX.format(POINT.format(lat="31.2", lon="121.4", s=1, more=""))[:-30], "unclosed token"),
        ('<!DOCTYPE gpx [<!ENTITY a "aaaa">]><gpx>&a;</gpx>', "line 1: a document type declaration"),
    ],
)
def test_a_file_that_is_no_usable_track_is_a_clear_error(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(TelemetryError, match=r"drive\.gpx") as error:
        read_gpx(written(tmp_path, text))
    assert says in str(error.value)


def test_an_endless_text_in_a_field_costs_no_memory(tmp_path: Path) -> None:
    log = one(tmp_path, f"<hdop>{'9' * 1_000_000}</hdop>")
    assert len(log.fixes) == 2


@pytest.mark.parametrize(
    ("text", "ns"),
    [
        ("1970-01-01T00:00:01Z", 10**9),
        ("1970-01-01T08:00:01.5+08:00", 1_500_000_000),
        ("1970-01-01T00:00:01", 10**9),
        ("1969-12-31T00:00:00Z", None),
        ("2100-01-01T00:00:00Z", None),
        ("9999-12-31T23:59:59Z", None),
        ("0001-01-01T00:00:00+23:59", None),
        ("soon", None),
        ("", None),
    ],
)
def test_times_are_utc_nanoseconds(text: str, ns: int | None) -> None:
    assert utc_ns_of(text) == ns


PIECES = st.sampled_from(
    ["<gpx>", "</gpx>", '<trkpt lat="1" lon="2">', "</trkpt>", "<time>", "</time>", "2026-05-01T08:00:00Z", "<trkpt/>",
     "<ele>", "<!DOCTYPE x>", "&amp;", "&x;", "<![CDATA[", "]]>", "\x00", "<gpx><trkpt lat='9' lon='1e400'>"]
)  # fmt: skip


@settings(suppress_health_check=ONE_FIXTURE, max_examples=300)
@given(st.one_of(st.binary(max_size=300), st.lists(PIECES, max_size=25).map(lambda parts: "".join(parts).encode())))
def test_any_bytes_end_in_a_log_or_a_telemetry_error(tmp_path: Path, content: bytes) -> None:
    path = written(tmp_path, content)
    try:
        log = read_gpx(path)
    except TelemetryError:
        with pytest.raises(TelemetryError, match=r"drive\.gpx"):
            read_gpx(path)
    else:
        assert log.fixes
