"""When a worker is started, ended and given a rest, by the clock that the tests turn."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.supervision.supervise import (
    BAD_INPUT,
    DONE_CODES,
    Beat,
    Budget,
    Event,
    Exited,
    Order,
    Phase,
    StopAsked,
    Tick,
    Ward,
    begin,
    step,
)

BUDGET = Budget(hung_s=30, start_s=100, grace_s=10, restarts=3, within_s=600, rests_s=(60, 300))
NOW = 1000.0
EVENTS = (Beat(), Exited(1), Exited(0), Exited(-9), StopAsked(), Tick())


def ward(phase: Phase, **known: object) -> Ward:
    """A worker that started 50 s and was heard 5 s ago."""
    return replace(Ward(phase, NOW - 5, NOW - 50, NOW - 5, until_s=NOW + 20), **known)  # type: ignore[arg-type]


TABLE = [
    # phase           event       changed                   then            order
    (Phase.STARTING,  Beat(),     {},                       Phase.RUNNING,  Order.NOTHING),
    (Phase.STARTING,  Exited(1),  {},                       Phase.RESTING,  Order.NOTHING),
    (Phase.STARTING,  Exited(4),  {},                       Phase.RESTING,  Order.NOTHING),
    (Phase.STARTING,  Exited(0),  {},                       Phase.DONE,     Order.NOTHING),
    (Phase.STARTING,  Exited(2),  {},                       Phase.DONE,     Order.NOTHING),
    (Phase.STARTING,  Exited(2),  {"ever_well": True},      Phase.RESTING,  Order.NOTHING),
    (Phase.STARTING,  StopAsked(), {},                      Phase.ENDING,   Order.TERMINATE),
    (Phase.STARTING,  Tick(),     {},                       Phase.STARTING, Order.NOTHING),
    (Phase.STARTING,  Tick(),     {"heard_s": NOW - 100},   Phase.ENDING,   Order.TERMINATE),
    (Phase.RUNNING,   Beat(),     {},                       Phase.RUNNING,  Order.NOTHING),
    (Phase.RUNNING,   Exited(-9), {},                       Phase.RESTING,  Order.NOTHING),
    (Phase.RUNNING,   Exited(3),  {},                       Phase.DONE,     Order.NOTHING),
    (Phase.RUNNING,   StopAsked(), {},                      Phase.ENDING,   Order.TERMINATE),
    (Phase.RUNNING,   Tick(),     {},                       Phase.RUNNING,  Order.NOTHING),
    (Phase.RUNNING,   Tick(),     {"heard_s": NOW - 30},    Phase.ENDING,   Order.TERMINATE),
    (Phase.ENDING,    Beat(),     {},                       Phase.ENDING,   Order.NOTHING),
    (Phase.ENDING,    Exited(1),  {},                       Phase.RESTING,  Order.NOTHING),
    (Phase.ENDING,    Exited(-9), {"stopping": True},       Phase.DONE,     Order.NOTHING),
    (Phase.ENDING,    StopAsked(), {},                      Phase.ENDING,   Order.NOTHING),
    (Phase.ENDING,    Tick(),     {},                       Phase.ENDING,   Order.NOTHING),
    (Phase.ENDING,    Tick(),     {"phase_s": NOW - 10},    Phase.ENDING,   Order.KILL),
    (Phase.RESTING,   Beat(),     {},                       Phase.RESTING,  Order.NOTHING),
    (Phase.RESTING,   Exited(1),  {},                       Phase.RESTING,  Order.NOTHING),
    (Phase.RESTING,   StopAsked(), {},                      Phase.DONE,     Order.NOTHING),
    (Phase.RESTING,   Tick(),     {},                       Phase.RESTING,  Order.NOTHING),
    (Phase.RESTING,   Tick(),     {"until_s": NOW},         Phase.STARTING, Order.START),
    *((Phase.DONE,    event,      {},                       Phase.DONE,     Order.NOTHING) for event in EVENTS),
]  # fmt: skip


@pytest.mark.parametrize(("phase", "event", "changed", "then", "order"), TABLE)
def test_what_an_event_means(phase: Phase, event: Event, changed: dict[str, object], then: Phase, order: Order) -> None:
    after, ordered = step(ward(phase, **changed), event, NOW, BUDGET)
    assert (after.phase, ordered) == (then, order)


def test_the_table_has_every_event_in_every_phase() -> None:
    seen = {(row[0], type(row[1])) for row in TABLE}
    assert seen == {(phase, kind) for phase in Phase for kind in (Beat, Exited, StopAsked, Tick)}


def life(dies_after_s: float, for_s: float, budget: Budget = BUDGET) -> list[float]:
    """The times at which a worker is started that shows life at once and dies after so many seconds, always."""
    now_s = 0.0
    state, order = begin(now_s)
    starts = []
    while now_s < for_s:
        if order is Order.START:
            starts.append(now_s)
            state, _ = step(state, Beat(), now_s, budget)
            now_s += dies_after_s
            state, order = step(state, Exited(1), now_s, budget)
        else:
            now_s += 1.0
            state, order = step(state, Tick(), now_s, budget)
    return starts


def gaps(starts: list[float], dies_after_s: float) -> list[float]:
    return [round(after - before - dies_after_s) for before, after in pairwise(starts)]


def test_a_worker_that_dies_at_once_spends_its_budget_and_is_then_tried_ever_more_rarely_for_ever() -> None:
    assert gaps(life(0.0, 2000), 0.0)[:8] == [1, 1, 1, 60, 300, 300, 300, 300]


def test_a_worker_that_dies_every_minute_gets_long_pauses_too() -> None:
    assert gaps(life(60.0, 2000), 60.0)[:6] == [1, 1, 1, 60, 300, 300]


def test_a_worker_that_dies_every_hour_is_started_again_at_once() -> None:
    assert set(gaps(life(3600.0, 100_000), 3600.0)) == {1}


def test_a_long_life_earns_the_full_budget_again() -> None:
    spent = ward(Phase.RUNNING, rests=2, restarts_s=(NOW - 70, NOW - 60, NOW - 55), started_s=NOW - 601)
    after, _ = step(spent, Exited(1), NOW, BUDGET)
    assert (after.rests, after.until_s) == (0, NOW + 1)


def test_why_a_hung_worker_was_ended_is_kept_through_its_end() -> None:
    hung, order = step(ward(Phase.RUNNING, heard_s=NOW - 31), Tick(), NOW, BUDGET)
    assert order is Order.TERMINATE
    gone, _ = step(hung, Exited(-15), NOW + 1, BUDGET)
    assert gone.why == "no progress for 30 s"


moves = st.lists(st.tuples(st.sampled_from(EVENTS), st.floats(0, 400)), max_size=80)


@given(moves)
def test_whatever_happens_starts_are_bounded_and_there_is_always_a_next_one(told: list[tuple[Event, float]]) -> None:
    now_s, starts = 0.0, [0.0]
    state, _ = begin(now_s)
    for event, pause_s in told:
        now_s += pause_s
        before = state
        state, order = step(state, event, now_s, BUDGET)
        if order is Order.START:
            starts.append(now_s)
            assert before.phase is Phase.RESTING
        if order in (Order.TERMINATE, Order.KILL):
            assert state.phase is Phase.ENDING
    for at_s in starts:
        in_time = [one for one in starts if at_s <= one < at_s + BUDGET.within_s]
        assert len(in_time) <= 2 * (BUDGET.restarts + 1) + BUDGET.within_s / BUDGET.rests_s[0]
    if state.phase is Phase.DONE:
        assert state.stopping or state.code in DONE_CODES | {BAD_INPUT}
        return
    for _ in range(4):
        # Dead, rested, and so on: nothing keeps a worker from its next start.
        state, order = step(state, Exited(1) if state.phase is not Phase.RESTING else Tick(), now_s, BUDGET)
        now_s += max(BUDGET.rests_s)
        if order is Order.START or state.phase is Phase.DONE:
            return
    raise AssertionError(state)
