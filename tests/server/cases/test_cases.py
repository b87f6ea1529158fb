"""The state table, walked whole: every state, event and role, the forbidden ones too, and every guard."""

from __future__ import annotations

from itertools import product

import pytest

from server.access.roles import Role
from server.cases.lifecycle import (
    OWNERS,
    TRANSITIONS,
    Actor,
    CloseReason,
    Event,
    Facts,
    Guard,
    Move,
    Refusal,
    Refused,
    State,
    advance,
    allowed_events,
    worth,
)

HANDLER = "the-handler"
READY = Facts(reason="because", handler_id=HANDLER, crew_id="somebody", has_after_photo=True, handler_left=True)

# The rule book, written a second time by hand: who may take which step, and where it leads.
RULES = {
    (State.WATCHING, Event.CONFIRM): (State.FILED, "system operator"),
    (State.WATCHING, Event.LAPSE): (State.CLOSED, "system"),
    (State.WATCHING, Event.DISMISS): (State.CLOSED, "operator supervisor"),
    (State.WATCHING, Event.MERGE): (State.CLOSED, "system operator supervisor"),
    (State.FILED, Event.MERGE): (State.CLOSED, "system operator supervisor"),
    (State.DISPATCHED, Event.MERGE): (State.CLOSED, "system operator supervisor"),
    (State.HANDLING, Event.MERGE): (State.CLOSED, "operator supervisor"),
    (State.SUSPENDED, Event.MERGE): (State.CLOSED, "operator supervisor"),
    (State.WATCHING, Event.SPLIT): (State.WATCHING, "operator supervisor"),
    (State.FILED, Event.SPLIT): (State.FILED, "operator supervisor"),
    (State.DISPATCHED, Event.SPLIT): (State.DISPATCHED, "operator supervisor"),
    (State.HANDLING, Event.SPLIT): (State.HANDLING, "operator supervisor"),
    (State.FED_BACK, Event.SPLIT): (State.FED_BACK, "operator supervisor"),
    (State.SUSPENDED, Event.SPLIT): (State.SUSPENDED, "operator supervisor"),
    (State.FILED, Event.DISPATCH): (State.DISPATCHED, "system operator supervisor"),
    (State.FILED, Event.DISMISS): (State.CLOSED, "operator supervisor"),
    (State.FILED, Event.ESCALATE): (State.CLOSED, "supervisor"),
    (State.FILED, Event.SUSPEND): (State.SUSPENDED, "supervisor"),
    (State.FILED, Event.CANCEL): (State.CLOSED, "supervisor"),
    (State.DISPATCHED, Event.ACCEPT): (State.HANDLING, "crew"),
    (State.DISPATCHED, Event.HAND_OVER): (State.DISPATCHED, "supervisor"),
    (State.DISPATCHED, Event.DISMISS): (State.CLOSED, "operator supervisor"),
    (State.DISPATCHED, Event.ESCALATE): (State.CLOSED, "supervisor"),
    (State.DISPATCHED, Event.SUSPEND): (State.SUSPENDED, "supervisor"),
    (State.DISPATCHED, Event.CANCEL): (State.CLOSED, "supervisor"),
    (State.HANDLING, Event.FEED_BACK): (State.FED_BACK, "crew"),
    (State.HANDLING, Event.HAND_OVER): (State.DISPATCHED, "supervisor"),
    (State.HANDLING, Event.PERSUADE): (State.CLOSED, "operator supervisor"),
    (State.HANDLING, Event.ESCALATE): (State.CLOSED, "supervisor"),
    (State.HANDLING, Event.SUSPEND): (State.SUSPENDED, "supervisor"),
    (State.HANDLING, Event.CANCEL): (State.CLOSED, "supervisor"),
    (State.FED_BACK, Event.APPROVE): (State.CLOSED, "reviewer"),
    (State.FED_BACK, Event.SEND_BACK): (State.HANDLING, "reviewer"),
    (State.SUSPENDED, Event.RESUME): (State.FILED, "supervisor"),
    (State.SUSPENDED, Event.CANCEL): (State.CLOSED, "supervisor"),
}


def actor_for(role: Role) -> Actor:
    """Somebody of a role who meets the guards about persons."""
    ids = {Role.SYSTEM: None, Role.CREW: HANDLER}
    return Actor(role, ids.get(role, f"a-{role}"))


@pytest.mark.parametrize(("state", "event", "role"), list(product(State, Event, Role)))
def test_every_step_is_taken_or_refused_as_the_rule_book_says(state: State, event: Event, role: Role) -> None:
    done = advance(state, event, actor_for(role), READY)
    rule = RULES.get((state, event))
    if rule is None:
        assert done == Refused(Refusal.WRONG_STATE)
    elif role not in rule[1].split():
        assert done == Refused(Refusal.WRONG_ROLE)
    else:
        assert isinstance(done, Move)
        assert done.to is rule[0]


def test_the_rule_book_and_the_table_name_the_same_steps() -> None:
    assert set(RULES) == set(TRANSITIONS)


LACKING = {
    Guard.A_REASON: (Facts(None, HANDLER, "x", True), Refusal.REASON_MISSING),
    Guard.A_CREW: (Facts("because", HANDLER, None, True, True), Refusal.NOBODY_ON_DUTY),
    Guard.AFTER_PHOTO: (Facts("because", HANDLER, "x", False), Refusal.AFTER_PHOTO_MISSING),
    Guard.HANDLER_LEFT: (Facts("because", HANDLER, "x", True), Refusal.HANDLER_IS_HERE),
    Guard.THE_HANDLER: (Facts("because", "somebody-else", "x", True), Refusal.NOT_THE_HANDLER),
    Guard.NOT_THE_HANDLER: (Facts("because", "a-reviewer", "x", True), Refusal.IS_THE_HANDLER),
}
GUARDED = [(at, guard) for at, move in TRANSITIONS.items() for guard in move.needs]


@pytest.mark.parametrize(("at", "guard"), GUARDED)
def test_every_guard_of_every_step_holds_it_back(at: tuple[State, Event], guard: Guard) -> None:
    facts, refusal = LACKING[guard]
    role = TRANSITIONS[at].by[0]
    assert advance(*at, actor_for(role), facts) == Refused(refusal)


@pytest.mark.parametrize("reason", ["", "   ", "\n", None])
def test_an_empty_reason_is_none(reason: str | None) -> None:
    assert advance(State.FILED, Event.DISMISS, Actor(Role.OPERATOR, "o"), Facts(reason)) == Refused(
        Refusal.REASON_MISSING
    )


def test_a_person_who_is_also_a_reviewer_never_approves_own_work() -> None:
    facts = Facts(handler_id="wang", has_after_photo=True)
    assert advance(State.FED_BACK, Event.APPROVE, Actor(Role.REVIEWER, "wang"), facts) == Refused(
        Refusal.IS_THE_HANDLER
    )
    assert isinstance(advance(State.FED_BACK, Event.APPROVE, Actor(Role.REVIEWER, "li"), facts), Move)


def test_only_an_approved_case_is_fixed() -> None:
    fixed = [event for (_, event), move in TRANSITIONS.items() if move.closes is CloseReason.FIXED]
    assert fixed == [Event.APPROVE]


def test_a_step_closes_exactly_if_it_leads_to_closed_and_then_ends_the_order() -> None:
    for (state, event), move in TRANSITIONS.items():
        assert (move.closes is not None) == (move.to is State.CLOSED), (state, event)
        if state in (State.DISPATCHED, State.HANDLING, State.FED_BACK):
            leaves = move.to not in (State.DISPATCHED, State.HANDLING, State.FED_BACK)
            assert move.ends_order == leaves, (state, event)


def test_every_close_reason_is_reached_and_closed_leads_nowhere() -> None:
    assert {move.closes for move in TRANSITIONS.values()} - {None} == set(CloseReason)
    assert not [event for state, event in TRANSITIONS if state is State.CLOSED]


def test_every_open_state_has_an_owner_and_a_way_to_closed() -> None:
    assert set(OWNERS) == set(State) - {State.CLOSED}
    reach = {State.CLOSED}
    for _ in State:
        reach |= {state for (state, _), move in TRANSITIONS.items() if move.to in reach}
    assert reach == set(State)


def test_what_a_role_may_try_is_what_the_table_lets_it() -> None:
    for state, role in product(State, Role):
        expected = {event for (at, event), (_, roles) in RULES.items() if at is state and role in roles.split()}
        assert set(allowed_events(state, role, handler_left=True)) == expected
        assert set(allowed_events(state, role)) == expected - {Event.HAND_OVER}


def test_surer_more_often_seen_and_more_urgent_comes_first() -> None:
    assert worth(0.9, 1, 4) > worth(0.5, 1, 4)
    assert worth(0.5, 3, 4) > worth(0.5, 1, 4)
    assert worth(0.5, 1, 2) > worth(0.5, 1, 4)
    assert 0 <= worth(0.0, 1, 4) <= worth(1.0, 50, 4) <= 1.0


def test_what_a_year_of_hourly_passes_saw_still_has_a_worth() -> None:
    assert worth(0.0, 50, 4) <= worth(0.0, 365 * 24, 4) == 1.0
