"""Duty calendars: which hours are working hours, and when so many working hours after a moment are over.

Statutory holidays and make-up workdays (调休) come from the `chinesecalendar` tables, which a new release extends every
November for the next year. A day beyond them is taken by its weekday alone, and the deadline says that it is estimated.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import chinese_calendar

LIMIT_DAYS = 400


class Days(StrEnum):
    """Which days are worked at all."""

    STATUTORY = "statutory"  # workdays by law, with make-up days
    EVERY_DAY = "every_day"


class DayKind(StrEnum):
    WORKDAY = "workday"
    FREE = "free"
    UNPUBLISHED_WORKDAY = "unpublished_workday"
    UNPUBLISHED_FREE = "unpublished_free"


@dataclass(frozen=True, slots=True)
class Shift:
    """Local minutes of a working day, 0 ≤ start < end ≤ 1440."""

    start_min: int
    end_min: int

    def __post_init__(self) -> None:
        if not 0 <= self.start_min < self.end_min <= 1440:
            raise ValueError(f"a shift runs from 0 to 1440 minutes of a day, not {self.start_min}-{self.end_min}")


@dataclass(frozen=True, slots=True)
class Deadline:
    """estimated: the walk crossed a day whose holidays are not yet published."""

    at: datetime
    estimated: bool


@dataclass(frozen=True, slots=True)
class DutyCalendar:
    """A city's working hours. `day_kind` says what a day is; shifts are in order and do not overlap."""

    zone: ZoneInfo
    shifts: tuple[Shift, ...]
    day_kind: Callable[[date], DayKind]

    def __post_init__(self) -> None:
        if not self.shifts:
            raise ValueError("a duty calendar needs a shift")
        for before, after in pairwise(self.shifts):
            if after.start_min < before.end_min:
                raise ValueError(f"shifts overlap or are out of order at minute {after.start_min}")

    def deadline(self, start: datetime, working_h: float) -> Deadline:
        """When `working_h` working hours after `start` are over, in UTC.

        Hours of a shift that ends with the deadline count up to its last minute. Raises ValueError where 400 days
        hold too few hours.
        """
        left_s = working_h * 3600.0
        moment = start.astimezone(UTC)
        day = start.astimezone(self.zone).date()
        estimated = False
        for _ in range(LIMIT_DAYS):
            kind = self.day_kind(day)
            estimated = estimated or kind in (DayKind.UNPUBLISHED_WORKDAY, DayKind.UNPUBLISHED_FREE)
            if kind in (DayKind.WORKDAY, DayKind.UNPUBLISHED_WORKDAY):
                for shift in self.shifts:
                    begins, ends = self._at(day, shift.start_min), self._at(day, shift.end_min)
                    begins = max(begins, moment)
                    room_s = (ends - begins).total_seconds()
                    if room_s <= 0:
                        continue
                    if left_s <= room_s:
                        return Deadline(begins + timedelta(seconds=left_s), estimated)
                    left_s -= room_s
            day += timedelta(days=1)
        raise ValueError(f"{working_h} working hours do not fit into {LIMIT_DAYS} days")

    def _at(self, day: date, minute: int) -> datetime:
        local = datetime.combine(day, time(0), self.zone) + timedelta(minutes=minute)
        return local.astimezone(UTC)


@lru_cache(maxsize=LIMIT_DAYS)
def statutory_day(day: date) -> DayKind:
    """Workday or free by the State Council's yearly table, by its weekday where that is not published."""
    try:
        return DayKind.WORKDAY if chinese_calendar.is_workday(day) else DayKind.FREE
    except NotImplementedError:
        return DayKind.UNPUBLISHED_WORKDAY if day.weekday() < 5 else DayKind.UNPUBLISHED_FREE


def every_day(day: date) -> DayKind:  # noqa: ARG001 - the signature of a day rule
    """No free days: shops of a city that cleans around the year."""
    return DayKind.WORKDAY


def day_rule(
    days: Days, holidays: frozenset[date] = frozenset(), workdays: frozenset[date] = frozenset()
) -> Callable[[date], DayKind]:
    """The rule of a setup: its kind of days, with a city's own extra holidays and workdays on top."""
    base = statutory_day if days is Days.STATUTORY else every_day

    def kind(day: date) -> DayKind:
        if day in workdays:
            return DayKind.WORKDAY
        return DayKind.FREE if day in holidays else base(day)

    return kind
