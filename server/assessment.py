"""How work orders end: fixed in time or late, after how many hours, sent back; by week, grid and crew.

Weeks are of the city's time. An order belongs to the week in which it was closed, and to the person who had it last.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import Session

from server.cases.lifecycle import CloseReason, State
from server.cases.workorders import STATE, moment, start_of
from server.records.tables import WorkOrder
from server.setup.city import City

WEEKS: Final = 12
"""So many weeks are told, the last of them the one that is not over."""
RECENT: Final = 4
"""So many of them, the last ones, tell how a grid or a crew does."""
FEW: Final = 5
"""Of fewer orders no share and no median is told: one more would change it by much."""
QUARTER_NS: Final = 15 * 60 * 1_000_000_000
QUARTERS_PER_H: Final = 4
WEEK_NS: Final = 7 * 24 * 3600 * 1_000_000_000


@dataclass(frozen=True, slots=True)
class Pace:
    """How some closed orders ended.

    fixed: approved by a reviewer. on_time: of these, fed back for the last time no later than due. sent_back: of these,
    sent back at least once before. otherwise: ended without being fixed. median_h: of those fixed, from dispatch to the
    last feedback, nights and holidays included, to a quarter of an hour; None of fewer than FEW.
    """

    fixed: int
    on_time: int
    sent_back: int
    otherwise: int
    median_h: float | None

    @property
    def on_time_share(self) -> float | None:
        """on_time / fixed, None of fewer than FEW."""
        return self.on_time / self.fixed if self.fixed >= FEW else None


@dataclass(frozen=True, slots=True)
class Waiting:
    """Open orders. overdue: of these, due before now. in_review: of the overdue ones, fed back and not yet reviewed."""

    open: int
    overdue: int
    in_review: int


@dataclass(frozen=True, slots=True)
class Week:
    """begins: a Monday of the city's time."""

    begins: date
    pace: Pace


@dataclass(frozen=True, slots=True)
class Share:
    """What a grid, or a person, has of the orders that ended in the recent weeks and of those that are open."""

    id: str
    pace: Pace
    waiting: Waiting


@dataclass(frozen=True, slots=True)
class Assessment:
    """weeks: WEEKS of them, the oldest first. grids, crews: all that have any order, the worst first."""

    weeks: tuple[Week, ...]
    waiting: Waiting
    overdue_a_week_ago: int
    grids: tuple[Share, ...]
    crews: tuple[Share, ...]


def mondays(now_ns: int, city: City) -> list[date]:
    """The Mondays with which the told weeks begin, and the one after them."""
    today = moment(now_ns).astimezone(city.zone).date()
    last = today - timedelta(days=today.weekday())
    return [last + timedelta(weeks=back) for back in range(1 - WEEKS, 2)]


def assess(session: Session, city: City, now_ns: int) -> Assessment:
    """Everything, from one snapshot. What it takes grows with the orders of these weeks and the open ones, not with all
    there have ever been."""
    begin = mondays(now_ns, city)
    edges = [start_of(day, city) for day in begin]
    weeks = [_Tally() for _ in range(WEEKS)]
    by_grid, by_crew = defaultdict[str, _Tally](_Tally), defaultdict[str, _Tally](_Tally)
    for number, week in enumerate(weeks):
        for alike in _ended(session, edges[number], edges[number + 1]):
            week.add(alike)
            if number >= WEEKS - RECENT:
                by_grid[alike.grid_id].add(alike)
                by_crew[alike.crew_id].add(alike)
    standing = list(_open(session, now_ns))
    return Assessment(
        tuple(Week(day, week.pace()) for day, week in zip(begin, weeks, strict=False)),
        _waiting(standing),
        _overdue_at(session, now_ns - WEEK_NS),
        _worst_first(by_grid, [(one.grid_id, one) for one in standing]),
        _worst_first(by_crew, [(one.crew_id, one) for one in standing]),
    )


@dataclass(frozen=True, slots=True)
class _Alike:
    """So many closed orders that are alike; quarters: of an hour, from dispatch to the last feedback."""

    grid_id: str
    crew_id: str
    fixed: bool
    on_time: bool
    sent_back: bool
    quarters: int
    n: int


@dataclass(frozen=True, slots=True)
class _Standing:
    """So many open orders that are alike; in_review is told of overdue ones only."""

    grid_id: str
    crew_id: str
    overdue: bool
    in_review: bool
    n: int


@dataclass(slots=True)
class _Tally:
    """Counts orders. quarters: of those fixed, how many took how many quarters of an hour."""

    on_time: int = 0
    sent_back: int = 0
    otherwise: int = 0
    quarters: Counter[int] = field(default_factory=Counter)

    def add(self, alike: _Alike) -> None:
        if not alike.fixed:
            self.otherwise += alike.n
            return
        self.on_time += alike.n * alike.on_time
        self.sent_back += alike.n * alike.sent_back
        self.quarters[alike.quarters] += alike.n

    def pace(self) -> Pace:
        fixed = self.quarters.total()
        return Pace(fixed, self.on_time, self.sent_back, self.otherwise, _median_h(self.quarters))


def _median_h(quarters: Counter[int]) -> float | None:
    n = quarters.total()
    if n < FEW:
        return None
    ordered = sorted(quarters.items())
    middle = (_place(ordered, (n - 1) // 2) + _place(ordered, n // 2)) / 2
    return middle / QUARTERS_PER_H


def _place(ordered: Sequence[tuple[int, int]], place: int) -> int:
    """Which value stands at a place, counted from 0, where each stands as often as told."""
    for value, n in ordered:
        place -= n
        if place < 0:
            return value
    raise IndexError(place)


def _ended(session: Session, from_ns: int, until_ns: int) -> Iterator[_Alike]:
    """The orders that were closed in a span. An order that was never fed back is not late: it was not fixed."""
    fixed = WorkOrder.outcome == CloseReason.FIXED
    took_ns = func.coalesce(WorkOrder.fed_back_ns, WorkOrder.dispatched_ns) - WorkOrder.dispatched_ns
    ended = (
        select(
            WorkOrder.grid_id,
            WorkOrder.crew_id,
            fixed.label("fixed"),
            func.coalesce(WorkOrder.fed_back_ns <= WorkOrder.due_ns, False).label("on_time"),
            (WorkOrder.send_backs > 0).label("sent_back"),
            case((fixed, (took_ns + QUARTER_NS // 2) // QUARTER_NS), else_=0).label("quarters"),
        )
        .where(WorkOrder.closed_ns >= from_ns, WorkOrder.closed_ns < until_ns)
        .subquery("ended")
    )
    return (_Alike(*row) for row in session.execute(_grouped(ended.c)))


def _open(session: Session, now_ns: int) -> Iterator[_Standing]:
    overdue = WorkOrder.due_ns < now_ns
    standing = (
        select(
            WorkOrder.grid_id,
            WorkOrder.crew_id,
            overdue.label("overdue"),
            # The case is looked up of those that are overdue only: of the others nobody asks.
            case((overdue, STATE == State.FED_BACK), else_=False).label("in_review"),
        )
        .where(WorkOrder.closed_ns.is_(None))
        .subquery("standing")
    )
    return (_Standing(*row) for row in session.execute(_grouped(standing.c)))


def _grouped(columns: Iterable[Any]) -> Select[Any]:
    """How many rows are alike in all of these."""
    alike = tuple(columns)
    return select(*alike, func.count()).group_by(*alike)


def _overdue_at(session: Session, at_ns: int) -> int:
    """How many orders were open and overdue at an earlier moment: a deadline never changes."""
    queries = (
        select(func.count()).where(WorkOrder.closed_ns.is_(None), WorkOrder.due_ns < at_ns),
        select(func.count()).where(WorkOrder.closed_ns >= at_ns, WorkOrder.due_ns < at_ns),
    )
    return sum(session.scalar(query.select_from(WorkOrder)) or 0 for query in queries)


def _waiting(standing: Iterable[_Standing]) -> Waiting:
    every = list(standing)
    overdue = [one for one in every if one.overdue]
    in_review = sum(one.n for one in overdue if one.in_review)
    return Waiting(sum(one.n for one in every), sum(one.n for one in overdue), in_review)


def _worst_first(ended: Mapping[str, _Tally], standing: Iterable[tuple[str, _Standing]]) -> tuple[Share, ...]:
    """By how many are overdue now, then by how many were fixed late, then by how many are open."""
    by_id = defaultdict[str, list[_Standing]](list)
    for ident, one in standing:
        by_id[ident].append(one)
    none = _Tally()
    shares = [
        Share(ident, ended.get(ident, none).pace(), _waiting(by_id.get(ident, ())))
        for ident in sorted({*ended, *by_id})
    ]
    return tuple(sorted(shares, key=_trouble, reverse=True))


def _trouble(one: Share) -> tuple[int, int, int]:
    return (one.waiting.overdue, one.pace.fixed - one.pace.on_time, one.waiting.open)
