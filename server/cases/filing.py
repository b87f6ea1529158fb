"""Cases that one input opens, and the server's own steps with cases that no crew has yet, by the table of steps.

All of it is kept back until `write`, which takes one statement a table. Numbers, and how much work each crew has, are
read once and counted on.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

from sqlalchemy.orm import Session

from server.cases.casework import SYSTEM, Step, announce, event_of
from server.cases.lifecycle import Event, Facts, Move, Refusal, Refused, State, advance
from server.cases.lines import CaseLine, add_lines
from server.cases.workorders import crew_of, moment, next_number, open_orders, order_for
from server.context import Context
from server.duty.dispatch import on_duty
from server.records.adding import add_rows
from server.records.tables import CaseEvent, CaseRow, WorkOrder


class Filing:
    """One input's. Whoever reads the tables before `write` does not see what is kept back here."""

    def __init__(self, session: Session, context: Context, now_ns: int) -> None:
        self._session = session
        self._context = context
        self._now_ns: Final = now_ns
        self._numbers: dict[type[CaseRow] | type[WorkOrder], int] = {}
        self._before: dict[str, int] = {}
        self._given: Counter[str] = Counter()
        self._opened: list[CaseLine] = []
        self._events: list[CaseEvent] = []
        self._orders: list[WorkOrder] = []

    def next_number(self, table: type[CaseRow] | type[WorkOrder]) -> int:
        """The number after the highest given so far."""
        last = self._numbers.get(table)
        self._numbers[table] = next_number(self._session, table) if last is None else last + 1
        return self._numbers[table]

    def open(self, case: CaseLine) -> None:
        """Take a new case in, in the state that it has."""
        self._opened.append(case)
        self._record(case, Event.OPEN, None, State(case.state))
        announce(self._session, "case", case.id, self._now_ns)

    def confirm(self, case: CaseLine) -> None:
        """File a watched case."""
        if self._step(case, Event.CONFIRM, None) is None:
            raise AssertionError(f"case {case.id} in state {case.state} could not be confirmed")

    def dispatch(self, case: CaseLine) -> None:
        """Send a filed case at once to the person on duty; it stays with the desk where there is no grid or nobody."""
        crew_id = self._crew_for(case.grid_id)
        if self._step(case, Event.DISPATCH, crew_id) is None or crew_id is None or case.grid_id is None:
            return
        order = order_for(
            self._context.city,
            case.id,
            case.category,
            case.grid_id,
            crew_id,
            str(self._context.new_id()),
            self.next_number(WorkOrder),
            self._now_ns,
        )
        self._orders.append(order)
        self._given[crew_id] += 1
        announce(self._session, "work_order", order.id, self._now_ns)

    def write(self) -> None:
        """Write all that was kept back; it is then in the tables."""
        add_lines(self._session, self._opened)
        add_rows(self._session, self._events)
        add_rows(self._session, self._orders)
        self._opened, self._events, self._orders = [], [], []

    def _step(self, case: CaseLine, event: Event, crew_id: str | None) -> Move | None:
        """Take a step; None where nobody is on duty. Any other refusal is a broken promise of the caller."""
        match advance(State(case.state), event, SYSTEM, Facts(crew_id=crew_id)):
            case Refused(Refusal.NOBODY_ON_DUTY):
                return None
            case Refused(reason):
                raise AssertionError(f"case {case.id} in state {case.state} did not take {event}: {reason}")
            case move:
                self._record(case, event, case.state, move.to)
                case.state = move.to
                announce(self._session, "case", case.id, self._now_ns)
                return move

    def _record(self, case: CaseLine, event: Event, came_from: str | None, to: State) -> None:
        self._events.append(event_of(case.id, Step(event, SYSTEM, self._now_ns), came_from, to))

    def _crew_for(self, grid_id: str | None) -> str | None:
        if grid_id is None:
            return None
        city, crew = self._context.city, crew_of(self._context.city, grid_id)
        unasked = crew - self._before.keys()
        if len(crew) > 1 and unasked:
            self._before |= dict.fromkeys(unasked, 0) | open_orders(self._session, unasked)
        orders = {person: self._before.get(person, 0) + self._given[person] for person in crew}
        return on_duty(grid_id, moment(self._now_ns), city.rota, city.zone, orders)
