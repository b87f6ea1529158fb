"""The cases that a traverse may touch: loaded for the association engine, opened, looked at once more, and kept."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from pipeline.types import Observation, Traverse
from server.association import ellipse
from server.association.memory import Memory
from server.association.state import OpenCase, Standing, from_state, to_state
from server.cases import CloseReason, Event, Refused, State, worth
from server.casework import SYSTEM, Step, announce, file_and_dispatch, record, take
from server.city import StayRule
from server.context import Context
from server.dispatch import M_PER_DEG_LAT, InGrid, grid_of
from server.journal import Box
from server.tables import CaseRow, Setting
from server.workorders import next_number

REACH_M = 60.0
ANOTHER_PASS_NS = 5 * 60 * 1_000_000_000
DAY_NS = 24 * 3600 * 1_000_000_000
RECURS_NS = 180 * DAY_NS
HANDED_OVER_NS = 7 * DAY_NS
HANDED_OVER = (CloseReason.ESCALATED, CloseReason.CANCELLED)
MEMORY_KEY = "association_memory"


def load_candidates(session: Session, traverse: Traverse, first_ns: int) -> dict[str, CaseRow]:
    """The cases near a traverse that its observations may show, or that it may show to be gone, by id.

    Open ones; those that were still open at `first_ns` (late delivery); dismissed ones; those handed to somebody else
    or called off in the last seven days; and those fixed in the last 180 days, which may recur.
    """
    box = box_of(traverse)
    if box is None:
        return {}
    rows = session.scalars(
        select(CaseRow)
        .where(
            CaseRow.lat.between(box.south, box.north),
            CaseRow.lon.between(box.west, box.east),
            or_(
                CaseRow.closed_ns.is_(None),
                and_(CaseRow.closed_ns > first_ns, CaseRow.close_reason != CloseReason.MERGED),
                CaseRow.close_reason == CloseReason.DISMISSED,
                and_(CaseRow.close_reason.in_(HANDED_OVER), CaseRow.closed_ns > first_ns - HANDED_OVER_NS),
                and_(CaseRow.close_reason == CloseReason.FIXED, CaseRow.closed_ns > first_ns - RECURS_NS),
            ),
        )
        .order_by(CaseRow.id)
    )
    return {row.id: row for row in rows}


def as_engine_case(row: CaseRow, first_ns: int) -> OpenCase:
    """A stored case as the association engine knows it, with the standing that its state gives it now."""
    if row.closed_ns is None:
        standing = Standing.OPEN
    elif row.close_reason == CloseReason.DISMISSED or row.close_reason in HANDED_OVER:
        standing = Standing.DISMISSED
    else:
        standing = Standing.OPEN if row.closed_ns > first_ns else Standing.CLOSED
    return replace(from_state(row.memory), standing=standing)


def read_memory(session: Session) -> Memory:
    """What the engine has learned about appearance so far."""
    kept = session.get(Setting, MEMORY_KEY)
    return Memory() if kept is None else Memory.from_state(kept.value)


def keep_memory(session: Session, memory: Memory) -> None:
    kept = session.get(Setting, MEMORY_KEY)
    if kept is None:
        session.add(Setting(key=MEMORY_KEY, value=memory.to_state()))
    else:
        kept.value = memory.to_state()


def open_case(
    session: Session, context: Context, seen: Observation, belief: OpenCase, recurs_of: str | None, now_ns: int
) -> CaseRow:
    """A new case for a first sighting: watched where it must stay to be a problem, else filed and dispatched."""
    city = context.city
    home = grid_of(belief.lat, belief.lon, city.grids, city.nearest_grid_m)
    stay = city.stays.get(seen.category)
    state = State.FILED if stay is None or dwelt(seen, stay) else State.WATCHING
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
    if state is State.FILED:
        file_and_dispatch(session, context, case, now_ns)
    return case


def see_again(session: Session, context: Context, case: CaseRow, seen: Observation, now_ns: int) -> None:
    """One more look at a case; a watched one that has stayed is filed and dispatched."""
    apart_ns = max(seen.utc_ns - case.last_seen_ns, case.first_seen_ns - seen.utc_ns)
    case.sightings += 1
    case.passes += apart_ns >= ANOTHER_PASS_NS
    case.score = max(case.score, seen.score)
    case.first_seen_ns = min(case.first_seen_ns, seen.utc_ns)
    case.last_seen_ns = max(case.last_seen_ns, seen.utc_ns)
    clock_h = context.city.taxonomy.categories[case.category].clock_working_h
    case.worth = worth(case.score, case.passes, clock_h)
    announce(session, "case", case.id, now_ns)
    confirm_if_it_stayed(session, context, case, now_ns, dwelt_now=_dwelt_by(context, seen))


def confirm_if_it_stayed(
    session: Session, context: Context, case: CaseRow, now_ns: int, dwelt_now: bool = False
) -> None:
    """File and dispatch a watched case that one pass saw standing, or whose sightings lie far enough apart."""
    stay = context.city.stays.get(case.category)
    apart_ns = case.last_seen_ns - case.first_seen_ns
    stayed = stay is None or dwelt_now or apart_ns >= stay.seen_again_min * 60e9
    if case.state == State.WATCHING and stayed:
        system_step(session, context, case, Step(Event.CONFIRM, SYSTEM, now_ns))
        file_and_dispatch(session, context, case, now_ns)


def keep_beliefs(
    session: Session,
    context: Context,
    cases: dict[str, CaseRow],
    updated: Iterable[OpenCase],
    retire_gone: float,
    now_ns: int,
) -> None:
    """Keep what the engine now knows of cases; a watched one that is no longer there lapses."""
    for belief in updated:
        case = cases[belief.case_id]
        place_case(case, belief)
        if case.state == State.WATCHING and belief.gone > retire_gone:
            reason = "later passes looked and saw nothing"
            system_step(session, context, case, Step(Event.LAPSE, SYSTEM, now_ns, reason))


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


def box_of(traverse: Traverse) -> Box | None:
    """Where a traverse can touch cases: all that it saw, with a margin; None where nothing has a place."""
    places = [(pose.lat, pose.lon) for pose in traverse.poses]
    places += [(one.lat, one.lon) for one in traverse.observations if one.lat is not None and one.lon is not None]
    if not places:
        return None
    lats, lons = [lat for lat, _ in places], [lon for _, lon in places]
    reach_lat = (REACH_M + min(traverse.view_range_m, 200.0)) / M_PER_DEG_LAT
    reach_lon = reach_lat / max(math.cos(math.radians(max(map(abs, lats)))), 0.01)
    return Box(min(lats) - reach_lat, max(lats) + reach_lat, min(lons) - reach_lon, max(lons) + reach_lon)
