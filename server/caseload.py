"""What a sighting does to the stored cases: finds the ones it may show, opens one, or is one more look at one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from pipeline.types import Covariance, Observation
from server.cases import CloseReason, Event, Refused, State, worth
from server.casework import SYSTEM, Step, announce, file_and_dispatch, record, take
from server.city import StayRule
from server.context import Context
from server.dispatch import InGrid, grid_of
from server.matching import M_PER_DEG_LAT, Belief, OpenCase
from server.tables import CaseRow
from server.workorders import next_number

REACH_M = 80.0
ANOTHER_PASS_NS = 5 * 60 * 1_000_000_000
SUPPRESSED_NS = 90 * 24 * 3600 * 1_000_000_000


def load_candidates(session: Session, seen: Sequence[Observation]) -> dict[str, CaseRow]:
    """The cases that these sightings may show, by id: those near them that are open, were still open when the first
    of them was made (late delivery), or were dismissed in the 90 days before."""
    placed = [(one.lat, one.lon) for one in seen if one.lat is not None and one.lon is not None]
    if not placed:
        return {}
    first_ns = min(one.utc_ns for one in seen)
    south, north = min(lat for lat, _ in placed), max(lat for lat, _ in placed)
    west, east = min(lon for _, lon in placed), max(lon for _, lon in placed)
    pad_lat = REACH_M / M_PER_DEG_LAT
    pad_lon = pad_lat / max(math.cos(math.radians(max(abs(south), abs(north)))), 0.01)
    rows = session.scalars(
        select(CaseRow)
        .where(
            CaseRow.lat.between(south - pad_lat, north + pad_lat),
            CaseRow.lon.between(west - pad_lon, east + pad_lon),
            CaseRow.category.in_({one.category for one in seen}),
            or_(
                CaseRow.closed_ns.is_(None),
                CaseRow.closed_ns > first_ns,
                and_(CaseRow.close_reason == CloseReason.DISMISSED, CaseRow.closed_ns > first_ns - SUPPRESSED_NS),
            ),
        )
        .order_by(CaseRow.id)
    )
    return {row.id: row for row in rows}


def open_case_of(row: CaseRow) -> OpenCase:
    """A stored case as the association engine sees it."""
    cov = Covariance(row.ee, row.en, row.nn)
    return OpenCase(UUID(row.id), row.category, row.lat, row.lon, cov, row.last_seen_ns, row.memory)


def open_case(session: Session, context: Context, seen: Observation, belief: Belief, now_ns: int) -> CaseRow:
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
        lat=belief.lat,
        lon=belief.lon,
        ee=belief.covariance.ee,
        en=belief.covariance.en,
        nn=belief.covariance.nn,
        grid_id=home.grid_id if isinstance(home, InGrid) else None,
        worth=worth(seen.score, 1, city.taxonomy.categories[seen.category].clock_working_h),
        score=seen.score,
        sightings=1,
        passes=1,
        opened_ns=now_ns,
        first_seen_ns=seen.utc_ns,
        last_seen_ns=seen.utc_ns,
        recurs_of=_fixed_before(session, seen, belief, city.taxonomy.categories[seen.category].spacing_m),
        memory=belief.memory,
    )
    session.add(case)
    session.flush()
    record(session, case, Step(Event.OPEN, SYSTEM, now_ns), state)
    announce(session, "case", case.id, now_ns)
    if state is State.FILED:
        file_and_dispatch(session, context, case, now_ns)
    return case


def see_again(
    session: Session, context: Context, case: CaseRow, seen: Observation, belief: Belief | None, now_ns: int
) -> bool:
    """One more look at a case. False where the case was dismissed: the sighting is then only linked."""
    if case.close_reason == CloseReason.DISMISSED:
        return False
    apart_ns = max(seen.utc_ns - case.last_seen_ns, case.first_seen_ns - seen.utc_ns)
    case.sightings += 1
    case.passes += apart_ns >= ANOTHER_PASS_NS
    case.score = max(case.score, seen.score)
    case.first_seen_ns = min(case.first_seen_ns, seen.utc_ns)
    case.last_seen_ns = max(case.last_seen_ns, seen.utc_ns)
    clock_h = context.city.taxonomy.categories[case.category].clock_working_h
    case.worth = worth(case.score, case.passes, clock_h)
    if belief is not None and case.state != State.CLOSED:
        case.lat, case.lon, case.memory = belief.lat, belief.lon, belief.memory
        case.ee, case.en, case.nn = belief.covariance.ee, belief.covariance.en, belief.covariance.nn
    announce(session, "case", case.id, now_ns)
    if case.state == State.WATCHING and _stayed(case, seen, context.city.stays.get(case.category)):
        confirmed = take(session, context, case, Step(Event.CONFIRM, SYSTEM, now_ns))
        if isinstance(confirmed, Refused):
            raise AssertionError(f"case {case.id} could not be confirmed: {confirmed.reason}")
        file_and_dispatch(session, context, case, now_ns)
    return True


def dwelt(seen: Observation, stay: StayRule) -> bool:
    """Whether one pass saw it stand long enough."""
    dwell_s = dict(seen.attributes).get("dwell_s")
    return isinstance(dwell_s, int | float) and dwell_s >= stay.dwell_s


def _stayed(case: CaseRow, seen: Observation, stay: StayRule | None) -> bool:
    if stay is None or dwelt(seen, stay):
        return True
    return case.last_seen_ns - case.first_seen_ns >= stay.seen_again_min * 60e9


def _fixed_before(session: Session, seen: Observation, belief: Belief, spacing_m: float) -> str | None:
    """The last case of this category at this place that was verified as fixed before it was seen again."""
    pad_lat = spacing_m / M_PER_DEG_LAT
    pad_lon = pad_lat / max(math.cos(math.radians(belief.lat)), 0.01)
    return session.scalar(
        select(CaseRow.id)
        .where(
            CaseRow.category == seen.category,
            CaseRow.close_reason == CloseReason.FIXED,
            CaseRow.closed_ns <= seen.utc_ns,
            CaseRow.lat.between(belief.lat - pad_lat, belief.lat + pad_lat),
            CaseRow.lon.between(belief.lon - pad_lon, belief.lon + pad_lon),
        )
        .order_by(CaseRow.closed_ns.desc())
        .limit(1)
    )
