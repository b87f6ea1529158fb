"""The life of a case as a table: which event, by whom, under which guards, leads from which state to which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from server.access.roles import Role


class State(StrEnum):
    """Where a case stands. Every state but CLOSED is open."""

    WATCHING = "watching"  # seen, but not yet a problem: a vehicle that may drive on
    FILED = "filed"
    DISPATCHED = "dispatched"
    HANDLING = "handling"
    FED_BACK = "fed_back"
    SUSPENDED = "suspended"
    CLOSED = "closed"


class Event(StrEnum):
    OPEN = "open"
    CONFIRM = "confirm"
    DISPATCH = "dispatch"
    HAND_OVER = "hand_over"
    ACCEPT = "accept"
    FEED_BACK = "feed_back"
    APPROVE = "approve"
    SEND_BACK = "send_back"
    DISMISS = "dismiss"
    LAPSE = "lapse"
    PERSUADE = "persuade"
    ESCALATE = "escalate"
    SUSPEND = "suspend"
    RESUME = "resume"
    CANCEL = "cancel"
    MERGE = "merge"
    SPLIT = "split"
    UNDO = "undo"


class Guard(StrEnum):
    """What must hold besides the role."""

    A_REASON = "a_reason"
    A_CREW = "a_crew"
    AFTER_PHOTO = "after_photo"
    HANDLER_LEFT = "handler_left"
    THE_HANDLER = "the_handler"
    NOT_THE_HANDLER = "not_the_handler"


class CloseReason(StrEnum):
    """Why a case is closed. Only FIXED means that the problem was cleared and somebody else saw the proof."""

    FIXED = "fixed"
    DISMISSED = "dismissed"
    LAPSED = "lapsed"
    PERSUADED = "persuaded"
    ESCALATED = "escalated"
    CANCELLED = "cancelled"
    MERGED = "merged"


class Finding(StrEnum):
    """What the desk saw when it dismissed a case. Only NOT_A_PROBLEM says that the detector was wrong."""

    NOT_A_PROBLEM = "not_a_problem"
    CANNOT_BE_JUDGED = "cannot_be_judged"
    NOT_OURS = "not_ours"
    ALREADY_GONE = "already_gone"


class Refusal(StrEnum):
    """Why a step was not taken."""

    WRONG_STATE = "wrong_state"
    WRONG_ROLE = "wrong_role"
    REASON_MISSING = "reason_missing"
    NOBODY_ON_DUTY = "nobody_on_duty"
    AFTER_PHOTO_MISSING = "after_photo_missing"
    HANDLER_IS_HERE = "handler_is_here"
    NOT_THE_HANDLER = "not_the_handler"
    IS_THE_HANDLER = "is_the_handler"


@dataclass(frozen=True, slots=True)
class Move:
    """One line of the table. closes: the reason with which the case closes; opens_order, ends_order: what becomes of
    the work order, with which the handling clock starts."""

    to: State
    by: tuple[Role, ...]
    needs: tuple[Guard, ...] = ()
    closes: CloseReason | None = None
    opens_order: bool = False
    ends_order: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    reason: Refusal


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does it; id is None for the system."""

    role: Role
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What the guards look at. handler_id: the person of the open work order; handler_left: the service. crew_id: who
    would get the case now."""

    reason: str | None = None
    handler_id: str | None = None
    crew_id: str | None = None
    has_after_photo: bool = False
    handler_left: bool = False


_DESK: Final = (Role.OPERATOR, Role.SUPERVISOR)
_DISMISS: Final = Move(State.CLOSED, _DESK, (Guard.A_REASON,), closes=CloseReason.DISMISSED, ends_order=True)
_PERSUADE: Final = Move(State.CLOSED, _DESK, (Guard.A_REASON,), closes=CloseReason.PERSUADED, ends_order=True)
_ESCALATE: Final = Move(
    State.CLOSED, (Role.SUPERVISOR,), (Guard.A_REASON,), closes=CloseReason.ESCALATED, ends_order=True
)
_CANCEL: Final = Move(
    State.CLOSED, (Role.SUPERVISOR,), (Guard.A_REASON,), closes=CloseReason.CANCELLED, ends_order=True
)
_MERGE: Final = Move(State.CLOSED, (Role.SYSTEM, *_DESK), (Guard.A_REASON,), closes=CloseReason.MERGED, ends_order=True)
_MERGE_BY_DESK: Final = Move(State.CLOSED, _DESK, (Guard.A_REASON,), closes=CloseReason.MERGED, ends_order=True)
_HAND_OVER: Final = Move(State.DISPATCHED, (Role.SUPERVISOR,), (Guard.HANDLER_LEFT, Guard.A_CREW))
_SUSPEND: Final = Move(State.SUSPENDED, (Role.SUPERVISOR,), (Guard.A_REASON,), ends_order=True)

TRANSITIONS: Final[Mapping[tuple[State, Event], Move]] = MappingProxyType(
    {
        (State.WATCHING, Event.CONFIRM): Move(State.FILED, (Role.SYSTEM, Role.OPERATOR)),
        (State.WATCHING, Event.LAPSE): Move(State.CLOSED, (Role.SYSTEM,), closes=CloseReason.LAPSED),
        (State.WATCHING, Event.DISMISS): _DISMISS,
        (State.WATCHING, Event.MERGE): _MERGE,
        (State.FILED, Event.DISPATCH): Move(State.DISPATCHED, (Role.SYSTEM, *_DESK), (Guard.A_CREW,), opens_order=True),
        (State.FILED, Event.DISMISS): _DISMISS,
        (State.FILED, Event.MERGE): _MERGE,
        (State.FILED, Event.ESCALATE): _ESCALATE,
        (State.FILED, Event.SUSPEND): _SUSPEND,
        (State.FILED, Event.CANCEL): _CANCEL,
        (State.DISPATCHED, Event.ACCEPT): Move(State.HANDLING, (Role.CREW,), (Guard.THE_HANDLER,)),
        (State.DISPATCHED, Event.HAND_OVER): _HAND_OVER,
        (State.DISPATCHED, Event.DISMISS): _DISMISS,
        (State.DISPATCHED, Event.MERGE): _MERGE,
        (State.DISPATCHED, Event.ESCALATE): _ESCALATE,
        (State.DISPATCHED, Event.SUSPEND): _SUSPEND,
        (State.DISPATCHED, Event.CANCEL): _CANCEL,
        (State.HANDLING, Event.FEED_BACK): Move(State.FED_BACK, (Role.CREW,), (Guard.THE_HANDLER, Guard.AFTER_PHOTO)),
        (State.HANDLING, Event.HAND_OVER): _HAND_OVER,
        (State.HANDLING, Event.PERSUADE): _PERSUADE,
        (State.HANDLING, Event.ESCALATE): _ESCALATE,
        (State.HANDLING, Event.SUSPEND): _SUSPEND,
        (State.HANDLING, Event.CANCEL): _CANCEL,
        (State.HANDLING, Event.MERGE): _MERGE_BY_DESK,
        (State.FED_BACK, Event.APPROVE): Move(
            State.CLOSED, (Role.REVIEWER,), (Guard.NOT_THE_HANDLER,), closes=CloseReason.FIXED, ends_order=True
        ),
        (State.FED_BACK, Event.SEND_BACK): Move(
            State.HANDLING, (Role.REVIEWER,), (Guard.NOT_THE_HANDLER, Guard.A_REASON)
        ),
        (State.SUSPENDED, Event.RESUME): Move(State.FILED, (Role.SUPERVISOR,)),
        (State.SUSPENDED, Event.CANCEL): _CANCEL,
        (State.SUSPENDED, Event.MERGE): _MERGE_BY_DESK,
        **{(state, Event.SPLIT): Move(state, _DESK, (Guard.A_REASON,)) for state in State if state is not State.CLOSED},
    }
)

UNDONE_BY: Final = _DESK
"""Who takes a merge or a split back: `undo` leads to where the case was, so that it has no line in the table."""


def advance(state: State, event: Event, actor: Actor, facts: Facts) -> Move | Refused:
    """What the table says; the first thing that stands in the way otherwise: state, role, then the guards in order."""
    move = TRANSITIONS.get((state, event))
    if move is None:
        return Refused(Refusal.WRONG_STATE)
    if actor.role not in move.by:
        return Refused(Refusal.WRONG_ROLE)
    for guard in move.needs:
        refusal = _unmet(guard, actor, facts)
        if refusal is not None:
            return Refused(refusal)
    return move


def allowed_events(state: State, role: Role, handler_left: bool = False) -> tuple[Event, ...]:
    """What a role may try in a state; the other guards are looked at when it does."""
    return tuple(
        event
        for (at, event), move in TRANSITIONS.items()
        if at is state and role in move.by and (handler_left or Guard.HANDLER_LEFT not in move.needs)
    )


def _unmet(guard: Guard, actor: Actor, facts: Facts) -> Refusal | None:
    match guard:
        case Guard.A_REASON:
            return None if facts.reason and facts.reason.strip() else Refusal.REASON_MISSING
        case Guard.A_CREW:
            return None if facts.crew_id else Refusal.NOBODY_ON_DUTY
        case Guard.AFTER_PHOTO:
            return None if facts.has_after_photo else Refusal.AFTER_PHOTO_MISSING
        case Guard.HANDLER_LEFT:
            return None if facts.handler_left else Refusal.HANDLER_IS_HERE
        case Guard.THE_HANDLER:
            return None if actor.id is not None and actor.id == facts.handler_id else Refusal.NOT_THE_HANDLER
        case Guard.NOT_THE_HANDLER:
            return Refusal.IS_THE_HANDLER if actor.id is None or actor.id == facts.handler_id else None


def worth(score: float, passes: int, clock_working_h: float) -> float:
    """How much a case deserves the next free hand: sure, seen by several passes, and with a short clock comes first.

    Each further pass that saw it halves the doubt that one pass left; a two-hour clock counts double a four-hour one.
    """
    certainty = 1.0 - (1.0 - min(max(score, 0.0), 1.0)) * 0.5 ** max(passes - 1, 0)
    return round(certainty * 4.0 / max(clock_working_h, 0.25), 6)


class Owner(StrEnum):
    """Who has to do the next thing with an open case."""

    PATROL = "patrol"
    DESK = "desk"
    CREW = "crew"
    REVIEWERS = "reviewers"
    SUPERVISORS = "supervisors"


OWNERS: Final[Mapping[State, Owner]] = MappingProxyType(
    {
        State.WATCHING: Owner.PATROL,
        State.FILED: Owner.DESK,
        State.DISPATCHED: Owner.CREW,
        State.HANDLING: Owner.CREW,
        State.FED_BACK: Owner.REVIEWERS,
        State.SUSPENDED: Owner.SUPERVISORS,
    }
)
