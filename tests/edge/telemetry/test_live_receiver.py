"""Receivers that are listened to: a serial line (a pseudo terminal) and Debian's own gpsd. Ends are survived."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.config import TelemetryTable
from edge.telemetry.fixes import Fixes
from edge.telemetry.gpsd import Reports
from edge.telemetry.ports import Lines
from edge.telemetry.receiver import Receiver
from pipeline.pose import Attitude, Fix, FixQuality
from pipeline.reasons import Reason
from tests.edge.footage import LAT, LON
from tests.edge.receivers import gpsd, talking
from tests.ports import free_port
from tests.waiting import PATIENCE_S, until

TODAY = date(2026, 3, 1)


class Listening:
    def __init__(self, table: TelemetryTable) -> None:
        self.said: list[str] = []
        self.fixes, self.stop = Fixes(), threading.Event()
        self.receiver = Receiver(table, self.fixes, self.stop, self.said.append)

    def wait_for(self, fixes: int = 0, part: str = "") -> None:
        until(
            lambda: self.receiver.state.fixes >= fixes and any(part in line for line in self.said),
            told=lambda: f"{self.said} {self.receiver.state}",
        )


@contextmanager
def listening(**table: object) -> Iterator[Listening]:
    one = Listening(TelemetryTable.model_validate(table))
    one.receiver.start()
    try:
        yield one
    finally:
        one.stop.set()
        one.receiver.join(PATIENCE_S)
        assert not one.receiver.is_alive()


def check_near(fixes: Fixes) -> None:
    last = fixes.heard().fixes[-1]
    assert last.lat == pytest.approx(LAT, abs=0.01)
    assert last.lon == pytest.approx(LON)
    assert abs((last.utc_ns or 0) - time.time_ns()) < PATIENCE_S * 10**9
    assert last.speed_mps == pytest.approx(5.0, abs=0.1)


def test_a_serial_receiver_is_heard() -> None:
    with talking() as line, listening(serial=line, baud=115200) as heard:
        heard.wait_for(fixes=3, part="gives positions, known to 2.0 m")
        check_near(heard.fixes)


def test_a_serial_line_that_is_unplugged_is_said() -> None:
    with talking() as line, listening(serial=line) as heard:
        heard.wait_for(fixes=1)
    with listening(serial=line) as heard:
        heard.wait_for(part="cannot be heard: no such file or directory")


def test_a_file_is_no_serial_line(tmp_path: Path) -> None:
    (tmp_path / "gps").write_bytes(b"$GNGGA")
    with listening(serial=tmp_path / "gps") as heard:
        heard.wait_for(part="cannot be heard: not a serial line")


def test_gpsd_is_heard_and_heard_again_after_it_was_restarted() -> None:
    port = free_port()
    with talking() as line:
        with gpsd(line, port) as place, listening(gpsd=place) as heard:
            heard.wait_for(fixes=3)
            check_near(heard.fixes)
            before = heard.receiver.state.fixes
        with listening(gpsd=place) as heard:
            heard.wait_for(part="cannot be heard: connection refused")
            with gpsd(line, port):
                heard.wait_for(fixes=2)
        assert before >= 3


def report(**told: object) -> bytes:
    usual = {"class": "TPV", "mode": 3, "time": "2026-03-01T02:00:00.000Z", "lat": 30.5, "lon": 120.5}
    return json.dumps({**usual, **told}).encode()


def one(line: bytes) -> Fix | Reason | None:
    return next(iter(Reports(lambda: TODAY).feed(line)), None)


def test_errors_of_gpsd_are_of_95_percent() -> None:
    fix = one(report(epx=3.92, epy=3.92))
    assert isinstance(fix, Fix)
    assert fix.sigma_m == pytest.approx(2.0)
    assert fix.utc_ns == 1_772_330_400 * 10**9


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ({"mode": 1}, Reason.NO_POSITION),
        ({"mode": 0}, Reason.NO_POSITION),
        ({"lat": None}, Reason.NO_POSITION),
        ({"status": 8}, Reason.NO_POSITION),
        ({"lat": 0.0, "lon": 0.0}, Reason.ZERO_POSITION),
        ({"lat": 95.0}, Reason.OUT_OF_RANGE),
        ({"lat": 90.0, "lon": 0.0}, Reason.OUT_OF_RANGE),
        ({"time": None}, Reason.BAD_TIME),
        ({"time": "9999-12-31T23:59:59Z"}, Reason.BAD_TIME),
        ({"time": "0001-01-01T00:00:00+14:00"}, Reason.BAD_TIME),
        ({"lat": "north"}, Reason.MALFORMED),
        ({"lat": float("nan")}, Reason.MALFORMED),
        ({"time": "yesterday"}, Reason.MALFORMED),
    ],
)
def test_a_report_that_gives_no_fix_says_why(told: dict[str, object], why: Reason) -> None:
    assert one(report(**told)) is why


def test_reports_of_other_classes_are_passed_over() -> None:
    assert one(b'{"class":"SKY","satellites":[]}') is None
    assert one(b"") is None


def test_a_heading_counts_while_the_vehicle_stands() -> None:
    reports = Reports(lambda: TODAY)
    assert reports.feed(b'{"class":"ATT","time":"2026-03-01T02:00:00.000Z","heading":90.0}') == ()
    (still,) = reports.feed(report(speed=0.1, track=10.0))
    (ahead,) = reports.feed(report(speed=5.0, track=88.0))
    assert isinstance(still, Fix)
    assert isinstance(ahead, Fix)
    assert (still.attitude, ahead.attitude) == (Attitude(90.0), None)


def test_a_heading_of_no_zone_is_passed_over() -> None:
    reports = Reports(lambda: TODAY)
    assert reports.feed(b'{"class":"ATT","time":"2026-03-01T02:00:00","heading":90.0}') == ()
    (fix,) = reports.feed(report(speed=0.1))
    assert isinstance(fix, Fix)
    assert fix.attitude is None


def test_dead_reckoning_inside_the_receiver_is_flagged() -> None:
    fix = one(report(status=5))
    assert isinstance(fix, Fix)
    assert fix.quality is FixQuality.DEAD_RECKONED


@given(st.binary(max_size=200))
def test_any_line_is_survived(line: bytes) -> None:
    assert not any(isinstance(told, Fix) for told in Reports(lambda: TODAY).feed(line))


@given(st.lists(st.binary(min_size=1, max_size=40), max_size=40), st.integers(8, 64))
def test_lines_come_whole_however_they_were_cut_and_never_grow(pieces: list[bytes], longest: int) -> None:
    lines, got = Lines(longest), list[bytes]()
    for piece in pieces:
        got += lines.feed(piece)
        assert len(lines._rest) <= longest
    whole = b"".join(pieces).split(b"\n")[:-1]
    assert all(len(line) <= longest for line in got)
    assert [line for line in got if len(line) < longest] == [line for line in whole if len(line) < longest]
