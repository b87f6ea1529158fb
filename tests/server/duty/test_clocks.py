"""Deadlines in working hours, as a table that whoever keeps the rota can read. Shifts 08:00-12:00, 14:00-18:00."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.duty.clocks import DayKind, Days, DutyCalendar, Shift, day_rule, every_day, statutory_day

SHANGHAI = ZoneInfo("Asia/Shanghai")
SHIFTS = (Shift(480, 720), Shift(840, 1080))
OFFICE = DutyCalendar(SHANGHAI, SHIFTS, statutory_day)
YEAR_ROUND = DutyCalendar(SHANGHAI, SHIFTS, every_day)

MOMENTS = st.integers(0, 273 * 24 * 60).map(
    lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)

TABLE = [
    # dispatched           hours  due                 why
    ("2026-11-23 09:00", 2.0, "2026-11-23 11:00", "within the morning"),
    ("2026-11-23 10:00", 4.0, "2026-11-23 16:00", "the lunch break does not count"),
    ("2026-11-23 08:00", 4.0, "2026-11-23 12:00", "a whole shift ends with its last minute"),
    ("2026-11-23 12:30", 1.0, "2026-11-23 15:00", "dispatched at lunch: counted from 14:00"),
    ("2026-11-23 06:00", 0.5, "2026-11-23 08:30", "dispatched before work"),
    ("2026-11-23 20:00", 0.5, "2026-11-24 08:30", "dispatched after work"),
    ("2026-11-23 17:00", 2.0, "2026-11-24 09:00", "over night"),
    ("2026-11-27 17:00", 2.0, "2026-11-30 09:00", "Friday to Monday"),
    ("2026-11-28 10:00", 4.0, "2026-11-30 12:00", "dispatched on a Saturday"),
    ("2026-11-23 08:00", 40.0, "2026-11-27 18:00", "five days of eight hours"),
    ("2026-09-30 17:00", 2.0, "2026-10-08 09:00", "National Day: 1 to 7 October are free"),
    ("2026-10-10 09:00", 2.0, "2026-10-10 11:00", "调休: Saturday 10 October 2026 is worked"),
    ("2026-10-09 17:00", 2.0, "2026-10-10 09:00", "调休: Friday goes on to the worked Saturday"),
    ("2026-02-14 09:00", 1.0, "2026-02-14 10:00", "调休: Saturday before Spring Festival is worked"),
    ("2026-02-14 17:00", 2.0, "2026-02-24 09:00", "Spring Festival: 15 to 23 February are free"),
    ("2026-02-28 10:00", 1.0, "2026-02-28 11:00", "调休: Saturday after Spring Festival is worked"),
]


def local(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(("start", "hours", "due", "why"), TABLE)
def test_a_deadline_counts_working_hours_only(start: str, hours: float, due: str, why: str) -> None:
    deadline = OFFICE.deadline(local(start), hours)
    assert deadline.at.astimezone(SHANGHAI) == local(due), why
    assert not deadline.estimated


def test_a_city_that_works_every_day_counts_saturdays_and_holidays() -> None:
    assert YEAR_ROUND.deadline(local("2026-10-03 09:00"), 2.0).at == local("2026-10-03 11:00")


def test_beyond_the_published_holidays_the_deadline_says_that_it_is_estimated() -> None:
    deadline = OFFICE.deadline(local("2041-03-04 09:00"), 2.0)
    assert deadline.at == local("2041-03-04 11:00")
    assert deadline.estimated


def test_a_citys_own_holidays_and_workdays_win_over_the_statutory_ones() -> None:
    rule = day_rule(Days.STATUTORY, frozenset({date(2026, 11, 24)}), frozenset({date(2026, 11, 28)}))
    own = DutyCalendar(SHANGHAI, SHIFTS, rule)
    assert own.deadline(local("2026-11-23 17:00"), 2.0).at == local("2026-11-25 09:00")
    assert own.deadline(local("2026-11-27 17:00"), 2.0).at == local("2026-11-28 09:00")


def test_a_clock_change_does_not_stretch_the_shift_that_follows_it() -> None:
    berlin = DutyCalendar(ZoneInfo("Europe/Berlin"), SHIFTS, every_day)
    started = datetime(2026, 3, 28, 17, 0, tzinfo=ZoneInfo("Europe/Berlin"))
    due = berlin.deadline(started, 2.0).at.astimezone(ZoneInfo("Europe/Berlin"))
    assert (due.day, due.hour) == (29, 9)


@given(
    MOMENTS,
    st.floats(0.1, 40.0),
    st.floats(0.1, 40.0),
)
def test_hours_add_up_and_a_later_start_is_never_due_earlier(start: datetime, one: float, other: float) -> None:
    begin = start
    there = OFFICE.deadline(begin, one).at
    assert abs(OFFICE.deadline(there, other).at - OFFICE.deadline(begin, one + other).at) < timedelta(seconds=1)
    assert OFFICE.deadline(begin + timedelta(minutes=17), one).at >= there
    assert there >= begin


@given(MOMENTS, st.floats(0.1, 40.0))
def test_a_deadline_lies_within_a_shift_of_a_workday(start: datetime, hours: float) -> None:
    due = OFFICE.deadline(start, hours).at.astimezone(SHANGHAI)
    minute = due.hour * 60 + due.minute + due.second / 60 + due.microsecond / 6e7
    assert any(shift.start_min < minute + 1e-6 and minute <= shift.end_min + 1e-6 for shift in SHIFTS)
    assert statutory_day(due.date()) is DayKind.WORKDAY


@pytest.mark.parametrize(("start", "end"), [(600, 600), (700, 600), (-1, 60), (0, 1441)])
def test_a_shift_outside_a_day_is_refused(start: int, end: int) -> None:
    with pytest.raises(ValueError, match="shift"):
        Shift(start, end)


def test_overlapping_shifts_and_no_shifts_are_refused() -> None:
    with pytest.raises(ValueError, match="overlap"):
        DutyCalendar(SHANGHAI, (Shift(480, 720), Shift(700, 800)), every_day)
    with pytest.raises(ValueError, match="needs a shift"):
        DutyCalendar(SHANGHAI, (), every_day)


def test_hours_that_no_year_holds_are_an_error_and_no_endless_loop() -> None:
    never = DutyCalendar(SHANGHAI, SHIFTS, lambda _: DayKind.FREE)
    with pytest.raises(ValueError, match="do not fit"):
        never.deadline(local("2026-11-23 09:00"), 1.0)
