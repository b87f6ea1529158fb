"""Cases that are opened, and the server's own steps with cases that no crew has yet, by the table of steps.

All of it is kept back until `write`, which takes one statement a table. Numbers are given then, so that nobody waits
longer than that for the next one; how much work each crew has is read once and counted on.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

from sqlalchemy.orm import Session

from server.cases.casework import SYSTEM, Step, event_row
from server.cases.lifecycle import Event, Facts, Move, Refusal, Refused, State, advance
from server.cases.lines import CaseLine, add_lines, keep_steps
from server.cases.workorders import crew_of, moment, next_numbers, open_orders, order_row, shifts_of
from server.context import Context
from server.duty.dispatch import on_duty
from server.records.adding import inserting
from server.records.outbox import tell
from server.records.prepared import Values
from server.records.tables import CaseEvent, WorkOrder

UNNUMBERED: Final = 0
_EVENTS: Final = inserting(CaseEvent)
_ORDERS: Final = inserting(WorkOrder)


class Filing:
    """Whoever reads the tables before `write` does not see what is kept back here; opened: cases that are, by id."""

    def __init__(self, session: Session) -> None:
        self.opened: dict[str, CaseLine] = {}
        self._session = session
        self._stepped: dict[str, CaseLine] = {}
        self._events: list[Values] = []
        self._orders: list[Values] = []
        self._before: dict[str, int] = {}
        self._given: Counter[str] = Counter()

    def open(self, case: CaseLine, now_ns: int) -> None:
        """Take a new case in, in the state that it has. Its number is given when it is written."""
        self.opened[case.id] = case
        self._record(case, Event.OPEN, None, State(case.state), now_ns)
        tell(self._session, "case", case.id, now_ns)

    def confirm(self, case: CaseLine, now_ns: int) -> None:
        """File a watched case."""
        if self._step(case, Event.CONFIRM, None, now_ns) is None:
            raise AssertionError(f"case {case.id} in state {case.state} could not be confirmed")

    def dispatch(self, context: Context, case: CaseLine) -> None:
        """Send a filed case at once to the person on duty; it stays with the desk where there is no grid or nobody."""
        city, now_ns = context.city, context.now_ns()
        grid_id = case.grid_id
        if case.id not in self.opened:
            grid_id = city.still_home(grid_id, case.lat, case.lon)
        crew_id = self._crew_for(context, grid_id, now_ns)
        if self._step(case, Event.DISPATCH, crew_id, now_ns) is None or crew_id is None or grid_id is None:
            return
        case.grid_id = grid_id
        ident = str(context.new_id())
        self._orders.append(order_row(city, case.id, case.category, grid_id, crew_id, ident, now_ns))
        self._given[crew_id] += 1
        tell(self._session, "work_order", ident, now_ns)

    def number(self) -> None:
        """Give all that was kept back its numbers, just before `write`."""
        if not self.opened and not self._orders:
            return
        free = next_numbers(self._session)
        for number, case in enumerate(self.opened.values(), free.case):
            case.number = number
        self._orders = [{**order, "number": number} for number, order in enumerate(self._orders, free.order)]

    def write(self) -> None:
        """Write all that was kept back; it is then in the tables."""
        add_lines(self._session, list(self.opened.values()))
        keep_steps(self._session, list(self._stepped.values()))
        _EVENTS.write(self._session, self._events)
        _ORDERS.write(self._session, self._orders)
        self.opened, self._stepped, self._events, self._orders = {}, {}, [], []
        self._before, self._given = {}, Counter()

    def _step(self, case: CaseLine, event: Event, crew_id: str | None, now_ns: int) -> Move | None:
        """Take a step; None where nobody is on duty. Any other refusal is a broken promise of the caller."""
        match advance(State(case.state), event, SYSTEM, Facts(crew_id=crew_id)):
            case Refused(Refusal.NOBODY_ON_DUTY):
                return None
            case Refused(reason):
                raise AssertionError(f"case {case.id} in state {case.state} did not take {event}: {reason}")
            case move:
                self._record(case, event, case.state, move.to, now_ns)
                case.state = move.to
                if case.id not in self.opened:
                    self._stepped[case.id] = case
                tell(self._session, "case", case.id, now_ns)
                return move

    def _record(self, case: CaseLine, event: Event, came_from: str | None, to: State, now_ns: int) -> None:
        self._events.append(event_row(case.id, Step(event, SYSTEM, now_ns), came_from, to))

    def _crew_for(self, context: Context, grid_id: str | None, now_ns: int) -> str | None:
        if grid_id is None:
            return None
        shifts = shifts_of(context, grid_id)
        crew = crew_of(shifts)
        unasked = crew - self._before.keys()
        if len(crew) > 1 and unasked:
            self._before |= dict.fromkeys(unasked, 0) | open_orders(self._session, unasked)
        orders = {person: self._before.get(person, 0) + self._given[person] for person in crew}
        return on_duty(grid_id, moment(now_ns), shifts, context.city.zone, orders)
