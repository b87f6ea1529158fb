"""Takes the steps of the state table on stored cases: state, history, work order and outbox in one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from server.access.roles import Role
from server.cases.inputs import StepInput
from server.cases.lifecycle import Actor, Event, Facts, Finding, Move, Refusal, Refused, State, advance
from server.cases.workorders import crew_for, open_order, open_order_of
from server.context import Context
from server.records.outbox import tell
from server.records.tables import CaseEvent, CaseRow, WorkOrder

SYSTEM = Actor(Role.SYSTEM)


@dataclass(frozen=True, slots=True)
class Step:
    """What somebody wants to happen to a case, and when."""

    event: Event
    actor: Actor
    at_ns: int
    reason: str | None = None
    has_after_photo: bool = False
    finding: Finding | None = None


def step_of(entry: StepInput, at_ns: int) -> Step:
    """The step that a person took at a time."""
    actor = Actor(entry.role, entry.actor_id)
    return Step(entry.event, actor, at_ns, entry.reason, entry.has_after_photo, entry.finding)


def locked_case(session: Session, case_id: str) -> CaseRow:
    """A case as it is now, which nobody else changes until the transaction ends. Raises NoResultFound."""
    return session.get_one(CaseRow, case_id, with_for_update={"key_share": True}, populate_existing=True)


def take(session: Session, context: Context, case: CaseRow, step: Step) -> Move | Refused:
    """Take one step, or say why not; a refused step changes nothing. The case is `locked_case`, or new."""
    order = open_order_of(session, case.id)
    crew_id, grid_id, left = None, case.grid_id, False
    if step.event is Event.DISPATCH:
        grid_id = context.city.still_home(grid_id, case.lat, case.lon)
        crew_id = crew_for(session, context, grid_id, step.at_ns)
    elif step.event is Event.HAND_OVER and order is not None:
        left = bool(context.leavers(context.cities, {order.crew_id}))
        crew_id = crew_for(session, context, order.grid_id, step.at_ns)
    facts = Facts(step.reason, order.crew_id if order else None, crew_id, step.has_after_photo, left)
    move = advance(State(case.state), step.event, step.actor, facts)
    if isinstance(move, Refused):
        return move
    record(session, case, step, move.to)
    case.state = move.to
    if move.closes is not None:
        case.close_reason, case.closed_ns = move.closes, step.at_ns
    if move.opens_order and crew_id is not None:
        case.grid_id = grid_id
        order = open_order(session, context.city, case, crew_id, str(context.new_id()), step.at_ns)
        tell(session, "work_order", order.id, step.at_ns)
    elif order is not None:
        _stamp(order, step, move, crew_id)
        tell(session, "work_order", order.id, step.at_ns)
    tell(session, "case", case.id, step.at_ns)
    return move


def take_and_send(session: Session, context: Context, case: CaseRow, step: Step) -> Move | Refused:
    """Take one step; a case that comes to be filed by it is dispatched at once where it can be."""
    done = take(session, context, case, step)
    if isinstance(done, Move) and done.to is State.FILED:
        file_and_dispatch(session, context, case, step.at_ns)
    return done


def file_and_dispatch(session: Session, context: Context, case: CaseRow, at_ns: int) -> None:
    """Send a filed case at once to the person on duty; it stays with the desk where there is no grid or nobody."""
    match take(session, context, case, Step(Event.DISPATCH, SYSTEM, at_ns)):
        case Refused(reason) if reason is not Refusal.NOBODY_ON_DUTY:
            raise AssertionError(f"case {case.id} in state {case.state} could not be dispatched: {reason}")
        case _:
            pass


def record(session: Session, case: CaseRow, step: Step, to: State) -> None:
    """Add one line to a case's history."""
    session.add(CaseEvent(**event_row(case.id, step, None if step.event is Event.OPEN else case.state, to)))


def event_row(case_id: str, step: Step, came_from: str | None, to: State) -> dict[str, Any]:
    """A line of a case's history: the columns of `CaseEvent`."""
    return {
        "case_id": case_id,
        "at_ns": step.at_ns,
        "event": step.event,
        "from_state": came_from,
        "to_state": to,
        "role": step.actor.role,
        "actor_id": step.actor.id,
        "reason": step.reason.strip() if step.reason else None,
        "finding": step.finding,
    }


def _stamp(order: WorkOrder, step: Step, move: Move, crew_id: str | None) -> None:
    match step.event:
        case Event.ACCEPT:
            order.accepted_ns = step.at_ns
        case Event.HAND_OVER if crew_id is not None:
            order.crew_id, order.accepted_ns = crew_id, None
        case Event.FEED_BACK:
            order.fed_back_ns = step.at_ns
        case Event.SEND_BACK:
            order.send_backs += 1
        case _:
            pass
    if move.ends_order:
        order.closed_ns = step.at_ns
        order.outcome = move.closes if move.closes is not None else move.to
