"""Work orders: opened at dispatch with a deadline in working hours, ended with their case's outcome."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any, Final

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from server.cases.lifecycle import State
from server.context import Context
from server.duty.dispatch import DutyShift, on_duty
from server.records.locks import Lock, hold
from server.records.prepared import Prepared
from server.records.tables import CaseRow, Person, WorkOrder
from server.setup.city import City


def open_order_of(session: Session, case_id: str) -> WorkOrder | None:
    """A case's open work order; the tables allow one at most."""
    return session.scalar(select(WorkOrder).where(WorkOrder.case_id == case_id, WorkOrder.closed_ns.is_(None)))


FIRST_DAY: Final = date(1970, 1, 2)
LAST_DAY: Final = date(2200, 1, 1)

STATE: Final = select(CaseRow.state).where(CaseRow.id == WorkOrder.case_id).correlate(WorkOrder).scalar_subquery()
"""The state of an open work order: its case's. Looked up for each order that is met: with a join a database that knows
little of its tables begins at the cases in these states, nearly all that are open."""


def left_behind() -> Select[WorkOrder]:
    """The open work orders of people who have left the service, which nobody is going to do."""
    leavers = select(Person.id).where(~Person.active)
    waiting = STATE.in_((State.DISPATCHED, State.HANDLING))
    return select(WorkOrder).where(WorkOrder.crew_id.in_(leavers), WorkOrder.closed_ns.is_(None), waiting)


def heirs(session: Session, context: Context) -> list[str | None]:
    """To whom each order that was left behind would go now, in the order in which they are handed over; None where
    nobody is on duty in its grid. Whoever gets one has one more to do when the next is given."""
    grids = session.scalars(left_behind().with_only_columns(WorkOrder.grid_id).order_by(WorkOrder.number)).all()
    rotas = {grid_id: shifts_of(context, grid_id) for grid_id in set(grids)}
    busy = _count_open(session, {person for shifts in rotas.values() for person in crew_of(shifts)})
    now = moment(context.now_ns())
    found = []
    for grid_id in grids:
        heir = on_duty(grid_id, now, rotas[grid_id], context.city.zone, busy)
        found.append(heir)
        if heir is not None:
            busy[heir] = busy.get(heir, 0) + 1
    return found


def crew_for(session: Session, context: Context, grid_id: str | None, at_ns: int) -> str | None:
    """Who gets a case of a grid that is dispatched now; None where it has no grid or the rota nobody."""
    if grid_id is None:
        return None
    hold(session, [Lock.FILING])
    shifts = shifts_of(context, grid_id)
    crew = crew_of(shifts)
    orders = open_orders(session, crew) if len(crew) > 1 else {}
    return on_duty(grid_id, moment(at_ns), shifts, context.city.zone, orders)


def shifts_of(context: Context, grid_id: str) -> Sequence[DutyShift]:
    """The rota of a grid, without those who have left the service since it was drawn up."""
    shifts = [shift for shift in context.city.rota if shift.grid_id == grid_id]
    left = context.leavers(context.cities, crew_of(shifts))
    return [shift for shift in shifts if shift.person_id not in left]


def crew_of(shifts: Iterable[DutyShift]) -> frozenset[str]:
    """All who have one of these shifts."""
    return frozenset(shift.person_id for shift in shifts)


def open_orders(session: Session, crew: Iterable[str]) -> dict[str, int]:
    """How many open orders each of these persons has, who has any; nobody opens another one until the transaction
    ends."""
    hold(session, [Lock.FILING])
    return _count_open(session, crew)


def _count_open(session: Session, crew: Iterable[str]) -> dict[str, int]:
    rows = session.execute(
        select(WorkOrder.crew_id, func.count())
        .where(WorkOrder.crew_id.in_(crew), WorkOrder.closed_ns.is_(None))
        .group_by(WorkOrder.crew_id)
    )
    return {str(person): int(n) for person, n in rows}


def open_order(session: Session, city: City, case: CaseRow, crew_id: str, order_id: str, at_ns: int) -> WorkOrder:
    """The job for a case; its handling clock starts at `at_ns`. Raises ValueError where the case has no grid."""
    if case.grid_id is None:
        raise ValueError(f"case {case.id} has no grid")
    row = order_row(city, case.id, case.category, case.grid_id, crew_id, order_id, at_ns)
    order = WorkOrder(**row, number=next_numbers(session).order)
    session.add(order)
    return order


def order_row(
    city: City, case_id: str, category: str, grid_id: str, crew_id: str, order_id: str, at_ns: int
) -> dict[str, Any]:
    """The job for a case of a category in a grid, whose handling clock starts at `at_ns`: the columns of `WorkOrder`
    but for its number."""
    deadline = city.calendar.deadline(moment(at_ns), city.taxonomy.categories[category].clock_working_h)
    return {
        "id": order_id,
        "case_id": case_id,
        "grid_id": grid_id,
        "crew_id": crew_id,
        "dispatched_ns": at_ns,
        "due_ns": nanoseconds(deadline.at),
        "due_estimated": deadline.estimated,
        "accepted_ns": None,
        "fed_back_ns": None,
        "closed_ns": None,
        "outcome": None,
        "send_backs": 0,
    }


@dataclass(frozen=True, slots=True)
class Numbers:
    """Of a case, and of a work order."""

    case: int
    order: int


_HIGHEST: Final = Prepared(
    select(
        select(func.max(CaseRow.number)).scalar_subquery(),
        select(func.max(WorkOrder.number)).scalar_subquery(),
    )
)


def next_numbers(session: Session) -> Numbers:
    """The numbers after the highest given so far; nobody else gives any until the transaction ends."""
    hold(session, [Lock.FILING])
    session.flush()
    [(case, order)] = _HIGHEST.rows(session)
    return Numbers((case or 0) + 1, (order or 0) + 1)


def moment(utc_ns: int) -> datetime:
    """UTC nanoseconds as a datetime, cut to microseconds."""
    return datetime.fromtimestamp(utc_ns // 1_000_000_000, UTC).replace(microsecond=utc_ns % 1_000_000_000 // 1000)


def nanoseconds(at: datetime) -> int:
    """A datetime with a zone as UTC nanoseconds, exact to the microsecond."""
    whole = at.astimezone(UTC).replace(microsecond=0)
    return int(whole.timestamp()) * 1_000_000_000 + at.microsecond * 1000


def start_of(day: date, city: City) -> int:
    """When a day begins in the city, UTC nanoseconds. Days before 1970 and after 2200 count as the nearest of those."""
    return nanoseconds(datetime.combine(min(max(day, FIRST_DAY), LAST_DAY), time(), city.zone))
