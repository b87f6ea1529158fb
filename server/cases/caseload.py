"""The cases of a traverse: opened, looked at once more, and kept with what the engine now knows of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from sqlalchemy.orm import Session

from pipeline.types import Observation
from server.association import ellipse
from server.association.state import OpenCase, to_state
from server.cases.candidates import Candidates
from server.cases.casework import SYSTEM, Step, announce, file_and_dispatch, record, take
from server.cases.family import parts_of, worth_of
from server.cases.lifecycle import Event, Refused, State, worth
from server.cases.looks import count_look
from server.context import Context
from server.duty.dispatch import InGrid, grid_of
from server.duty.workorders import next_number
from server.intake.reporters import only_citizens
from server.intake.voices import Voice
from server.records.tables import CaseRow
from server.setup.city import StayRule


def open_case(
    session: Session,
    context: Context,
    seen: Observation,
    belief: OpenCase,
    recurs_of: str | None,
    voice: Voice,
    now_ns: int,
) -> CaseRow:
    """A new case for a first sighting: watched where it must stay to be a problem, else filed, and dispatched if the
    word of its source is enough for that."""
    city = context.city
    home = grid_of(belief.lat, belief.lon, city.grids, city.nearest_grid_m)
    stay = city.stays.get(seen.category)
    state = State.FILED if stay is None or voice.vouches or dwelt(seen, stay) else State.WATCHING
    case = CaseRow(
        id=str(context.new_id()),
        number=next_number(session, CaseRow),
        category=seen.category,
        state=state,
        grid_id=home.grid_id if isinstance(home, InGrid) else None,
        worth=worth(seen.score, 1, city.taxonomy.categories[seen.category].clock_working_h),
        score=seen.score,
        sightings=1,
        passes=1,
        opened_ns=now_ns,
        first_seen_ns=seen.utc_ns,
        last_seen_ns=seen.utc_ns,
        recurs_of=recurs_of,
    )
    place_case(case, replace(belief, case_id=case.id))
    session.add(case)
    session.flush()
    record(session, case, Step(Event.OPEN, SYSTEM, now_ns), state)
    announce(session, "case", case.id, now_ns)
    if state is State.FILED and voice.dispatches:
        file_and_dispatch(session, context, case, now_ns)
    return case


def see_again(
    session: Session,
    context: Context,
    case: CaseRow,
    bodies: Sequence[CaseRow],
    seen: Observation,
    voice: Voice,
    now_ns: int,
) -> None:
    """One more look at a case. bodies: the case that goes on for it and then that one's parts, itself among them. A
    watched one that has stayed is filed and dispatched, and so is one that only citizens had told of until now."""
    root = bodies[0]
    awaited = voice.dispatches and root.state == State.FILED and only_citizens(session, root.id)
    count_look(case, seen.utc_ns, seen.score)
    root.worth = worth_of(context, bodies)
    announce(session, "case", root.id, now_ns)
    confirm_if_it_stayed(session, context, root, now_ns, dwelt_now=voice.vouches or _dwelt_by(context, seen))
    if awaited:
        file_and_dispatch(session, context, root, now_ns)


def confirm_if_it_stayed(
    session: Session, context: Context, case: CaseRow, now_ns: int, dwelt_now: bool = False
) -> None:
    """File and dispatch a watched case that one pass saw standing, or whose sightings lie far enough apart."""
    if case.state != State.WATCHING:
        return
    stay, bodies = context.city.stays.get(case.category), [case, *parts_of(session, case.id)]
    apart_ns = max(body.last_seen_ns for body in bodies) - min(body.first_seen_ns for body in bodies)
    if stay is None or dwelt_now or apart_ns >= stay.seen_again_min * 60e9:
        system_step(session, context, case, Step(Event.CONFIRM, SYSTEM, now_ns))
        file_and_dispatch(session, context, case, now_ns)


def keep_beliefs(
    session: Session,
    context: Context,
    near: Candidates,
    updated: Iterable[OpenCase],
    retire_gone: float,
    now_ns: int,
) -> None:
    """Keep what the engine now knows of cases; a watched one lapses that is no longer there with all its parts."""
    looked_at = dict[str, CaseRow]()
    for belief in updated:
        place_case(near.cases[belief.case_id], belief)
        root = near.root(belief.case_id)
        looked_at[root.id] = root
    for root in looked_at.values():
        if root.state == State.WATCHING:
            bodies = [root, *parts_of(session, root.id)]
            if all(body.gone > retire_gone for body in bodies):
                reason = "later passes looked and saw nothing"
                system_step(session, context, root, Step(Event.LAPSE, SYSTEM, now_ns, reason))


def place_case(case: CaseRow, belief: OpenCase) -> None:
    """Write what the engine knows into a case's row. A closed case stays where it was."""
    case.memory = to_state(belief)
    case.gone = min(max(belief.gone, 0.0), 1.0)
    if case.state == State.CLOSED:
        return
    spread = ellipse.covariance(ellipse.of(belief.own).plus(ellipse.of(belief.shared)))
    case.lat, case.lon = belief.lat, belief.lon
    case.ee, case.en, case.nn = spread.ee, spread.en, spread.nn


def dwelt(seen: Observation, stay: StayRule) -> bool:
    """Whether one pass saw it stand long enough."""
    dwell_s = dict(seen.attributes).get("dwell_s")
    return isinstance(dwell_s, int | float) and dwell_s >= stay.dwell_s


def _dwelt_by(context: Context, seen: Observation) -> bool:
    stay = context.city.stays.get(seen.category)
    return stay is not None and dwelt(seen, stay)


def system_step(session: Session, context: Context, case: CaseRow, step: Step) -> None:
    """A step of the server itself, which the table must allow."""
    done = take(session, context, case, step)
    if isinstance(done, Refused):
        raise AssertionError(f"case {case.id} in state {case.state} did not take {step.event}: {done.reason}")
