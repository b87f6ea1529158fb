"""NMEA 0183: what a receiver says becomes fixes; what it did not say, or said wrongly, never does."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.errors import TelemetryError
from edge.telemetry.log import NoPositions, TelemetryKind
from edge.telemetry.nmea import Epochs, parse
from edge.telemetry.open import read_telemetry
from edge.telemetry.weeks import BUILT, ROLL_DAYS, rolled
from pipeline.geo import distance_m
from pipeline.observation import ClockQuality
from pipeline.pose import Fix, FixQuality
from pipeline.reasons import Reason
from tests.edge.sentences import epoch, sentence

NOON_NS = int(datetime(2026, 3, 1, 12, 0, tzinfo=UTC).timestamp()) * 10**9
TODAY = date(2026, 3, 2)


def heard(*lines: bytes, today: date = TODAY) -> list[Fix | Reason]:
    epochs, told = Epochs(lambda: today), list[Fix | Reason]()
    for line in b"".join(lines).splitlines(keepends=True):
        told += epochs.feed(line)
    return told + list(epochs.end())


def fixes(*lines: bytes, today: date = TODAY) -> list[Fix]:
    return [one for one in heard(*lines, today=today) if isinstance(one, Fix)]


@given(
    lat=st.floats(-89.9, 89.9).filter(lambda lat: abs(lat) > 1e-3),
    lon=st.floats(-179.9, 179.9),
    hundredths=st.integers(0, 10**10),
    course=st.floats(0, 359.99),
    talker=st.sampled_from(["GP", "GN", "GB", "BD", "GL", "GA"]),
)
def test_what_is_said_comes_back_as_a_fix(lat: float, lon: float, hundredths: int, course: float, talker: str) -> None:
    utc_ns = hundredths * 10_000_000 + 1_600_000_000 * 10**9
    today = datetime.fromtimestamp(utc_ns / 1e9, UTC).date()
    (fix,) = fixes(epoch(utc_ns, lat, lon, course, talker=talker), today=today if today >= BUILT else BUILT)
    assert distance_m(fix.lat, fix.lon, lat, lon) < 0.01
    assert abs((fix.utc_ns or 0) - utc_ns) <= 10_000_000
    assert fix.course_deg == pytest.approx(course, abs=0.01)
    assert fix.speed_mps == pytest.approx(5.0, abs=0.01)


@given(st.binary(max_size=120))
def test_any_bytes_are_survived(noise: bytes) -> None:
    assert not fixes(noise, b"\n", b"$" + noise + b"\n")


@given(st.integers(0, 150), st.integers(0, 255))
def test_one_wrong_byte_never_moves_a_fix(place: int, byte: int) -> None:
    good = epoch(NOON_NS, 30.5, 120.5)
    spoilt = bytearray(good)
    spoilt[place % len(spoilt)] = byte
    for fix in fixes(bytes(spoilt)):
        assert distance_m(fix.lat, fix.lon, 30.5, 120.5) < 0.01


def test_a_sentence_without_its_checksum_or_with_a_wrong_one_is_malformed() -> None:
    assert parse(b"$GNRMC,120000.00,A,3030.0,N,12030.0,E,0.0,0.0,010326,,,A\r\n") is Reason.MALFORMED
    assert parse(sentence("GNGGA,1,2,3")[:-4] + b"00\r\n") is Reason.MALFORMED
    assert parse(sentence("GPGSV,1,1,00")) is None
    assert parse(sentence("PMTK001,1")) is None


@pytest.mark.parametrize("kind", [0, 7, 8])
def test_no_lock_manual_input_and_simulation_are_no_positions(kind: int) -> None:
    assert heard(epoch(NOON_NS, 30.5, 120.5, kind=kind)) == [Reason.NO_POSITION]


def test_a_receiver_that_says_void_has_no_position() -> None:
    rmc = sentence("GNRMC,120000.00,V,3030.0,N,12030.0,E,0.0,0.0,010326,,,N")
    gga = sentence("GNGGA,120000.00,3030.0,N,12030.0,E,1,09,0.9,,M,,M,,")
    assert heard(gga, rmc) == [Reason.NO_POSITION]


def test_an_empty_sentence_before_the_first_lock_has_no_position() -> None:
    assert heard(sentence("GNRMC,,V,,,,,,,,,,N"), sentence("GNGGA,,,,,,0,00,99.99,,,,,,")) == [Reason.NO_POSITION] * 2


def test_the_receivers_own_error_beats_what_is_guessed_from_hdop() -> None:
    gst = sentence("GNGST,120000.00,1.0,,,,0.30,0.40,0.9")
    first, second = fixes(epoch(NOON_NS, 30.5, 120.5), gst, epoch(NOON_NS + 10**9, 30.5, 120.5))
    assert first.sigma_m == pytest.approx(0.8 * 2.5)
    assert second.sigma_m == pytest.approx(0.3536, abs=0.001)


def test_an_old_error_counts_no_more() -> None:
    gst = sentence("GNGST,120000.00,1.0,,,,0.30,0.40,0.9")
    later = fixes(epoch(NOON_NS, 30.5, 120.5), gst, epoch(NOON_NS + 9 * 10**9, 30.5, 120.5))[-1]
    assert later.sigma_m == pytest.approx(2.0)


def test_an_estimated_position_is_dead_reckoned() -> None:
    (fix,) = fixes(epoch(NOON_NS, 30.5, 120.5, kind=6))
    assert fix.quality is FixQuality.DEAD_RECKONED


def test_a_fix_comes_as_soon_as_its_last_sentence_not_with_the_next_moment() -> None:
    epochs = Epochs(lambda: TODAY)
    gga, rmc = epoch(NOON_NS, 30.5, 120.5).splitlines(keepends=True)
    assert epochs.feed(gga) == ()
    assert len(epochs.feed(rmc)) == 1
    assert epochs.end() == ()


def test_a_receiver_that_says_only_rmc_is_learnt() -> None:
    epochs = Epochs(lambda: TODAY)
    told = [len(epochs.feed(epoch(NOON_NS + n * 10**9, 30.5, 120.5).splitlines(keepends=True)[1])) for n in range(3)]
    assert told == [0, 2, 1]


def test_the_date_goes_on_over_midnight_where_only_gga_comes() -> None:
    midnight_ns = int(datetime(2026, 3, 2, tzinfo=UTC).timestamp()) * 10**9
    before, after = epoch(midnight_ns - 10**9, 30.5, 120.5), epoch(midnight_ns, 30.5, 120.5).splitlines(True)[0]
    times = [fix.utc_ns for fix in fixes(before, after)]
    assert times == [midnight_ns - 10**9, midnight_ns]


def test_a_heading_counts_at_standstill_and_in_reverse_and_else_the_course_does() -> None:
    heading = sentence("GNHDT,90.0,T")
    start = epoch(NOON_NS, 30.5, 120.5, 90.0)
    still = epoch(NOON_NS + 10**9, 30.5, 120.5, 0.0, 0.1)
    back = epoch(NOON_NS + 2 * 10**9, 30.5, 120.5, 270.0, 3.0)
    ahead = epoch(NOON_NS + 3 * 10**9, 30.5, 120.5, 91.0, 3.0)
    told = fixes(start, heading, still, back, ahead)
    assert [None if fix.attitude is None else fix.attitude.yaw_deg for fix in told] == [None, 90.0, 90.0, None]


@pytest.mark.parametrize("rolls", [0, 1, 2])
def test_a_receiver_that_lost_count_of_the_weeks_gets_todays_date(rolls: int) -> None:
    told = date.fromordinal(TODAY.toordinal() - rolls * ROLL_DAYS)
    assert rolled(told, TODAY) == TODAY


@pytest.mark.parametrize(
    ("told", "today", "right"),
    [
        (date(2026, 3, 1), date(1970, 1, 1), date(2026, 3, 1)),
        (date(2006, 7, 16), date(1970, 1, 1), date(2026, 3, 1)),
        (date(2040, 1, 1), date(2026, 3, 1), date(2040, 1, 1)),
        (date(2019, 5, 5), date(2026, 3, 1), date(2019, 5, 5)),
    ],
)
def test_a_system_clock_that_was_never_set_is_not_believed_and_nothing_is_moved_back(
    told: date, today: date, right: date
) -> None:
    assert rolled(told, today) == right


def test_a_log_is_known_by_its_content_and_read(tmp_path: Path) -> None:
    log = tmp_path / "drive.log"
    log.write_bytes(b"2026-03-01 12:00:00 " + b"".join(epoch(NOON_NS + n * 10**9, 30.5, 120.5) for n in range(5)))
    told = read_telemetry(log)
    assert (told.kind, told.clock, len(told.fixes)) == (TelemetryKind.NMEA, ClockQuality.GNSS, 5)


def test_a_log_without_a_lock_says_so(tmp_path: Path) -> None:
    log = tmp_path / "drive.nmea"
    log.write_bytes(epoch(NOON_NS, 30.5, 120.5, kind=0))
    with pytest.raises(NoPositions, match=r"drive\.nmea: no sentence gives a position .*1 no_position"):
        read_telemetry(log)


def test_a_log_of_nothing_but_noise_is_foreign(tmp_path: Path) -> None:
    log = tmp_path / "drive.nmea"
    log.write_bytes(b"$GNGGA,broken\n" * 5)
    with pytest.raises(TelemetryError, match="not a telemetry file"):
        read_telemetry(log)
