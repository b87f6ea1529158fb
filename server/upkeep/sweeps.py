"""What time alone does: a watched thing that nobody saw again in time is no problem any more, bytes that nobody will
ask for are deleted, and of what changed the last 90 days are kept."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import wraps

from anyio import to_thread
from sqlalchemy import Select, exists, func, or_, select
from sqlalchemy.orm import Session

from server.access.tries import WINDOW_NS, forget_old
from server.cases.caseload import system_step
from server.cases.casework import SYSTEM, Step
from server.cases.family import members_of
from server.cases.inputs import LapseInput
from server.cases.journal import entering
from server.cases.lifecycle import Event, State
from server.cases.mends import Mend, MendRow
from server.citizens.notices import tell_reporters
from server.context import Context
from server.log import log_of
from server.measures import SWEEPS
from server.records.away import AWAY, said_by
from server.records.leading import Leader
from server.records.outbox import forget_first
from server.records.tables import CaseRow, ObservationRow, TraverseRow
from server.upkeep.orphans import sweep_pictures, sweep_pieces

EVERY_S = 60.0
OFFLINE_NS = 12 * 3600 * 1_000_000_000  # so long a vehicle may be without signal before its sightings arrive
HOUR_NS = 3600 * 1_000_000_000
MOST, TOGETHER = 500, 50
"""So many cases are asked about together; and so many lapse in one transaction, which others wait for."""
MOST_CHANGES, CHANGES = 10_000, 500
"""So many changes are forgotten in one sweep at most, and so many in one transaction."""

_log = log_of(__name__)


def lapse_watched(context: Context) -> int:
    """Close watched cases of which nothing came for their category's life and the longest time offline; how many.

    What counts is when sightings arrived, since footage may be much older than its upload.
    """
    now_ns = context.now_ns()
    stale: list[str] = []
    with context.store.read() as session:
        watched = session.scalars(_watched_long(context, now_ns)).all()
        while watched and not stale:
            stale, watched = _stale(session, context, watched[:MOST], now_ns), watched[MOST:]
    return sum(_lapse(context, stale[first : first + TOGETHER], now_ns) for first in range(0, len(stale), TOGETHER))


def _lapse(context: Context, case_ids: Sequence[str], now_ns: int) -> int:
    """Close these in one transaction; how many. A sighting may have come since they were looked at."""
    with context.store.write() as session:
        rows = select(CaseRow.id).where(CaseRow.id.in_(case_ids), CaseRow.state == State.WATCHING)
        locked = rows.order_by(CaseRow.id).with_for_update(key_share=True, skip_locked=True)
        lapsing = tuple(_stale(session, context, session.scalars(locked).all(), now_ns))
        if lapsing:
            with entering(session, context, LapseInput(lapsing)) as context:
                fold_lapse(session, context, lapsing)
        return len(lapsing)


def _watched_long(context: Context, now_ns: int) -> Select[str]:
    """The watched cases that may have lapsed, without looking at what was heard of each. Something was when a case was
    opened, save for one that was split off: that may have been heard of before."""
    shortest_h = min(category.life_h for category in context.city.taxonomy.categories.values())
    split_off = exists().where(MendRow.other_id == CaseRow.id, MendRow.kind == Mend.SPLIT)
    long_ago = CaseRow.opened_ns < now_ns - _silence_ns(shortest_h)
    return select(CaseRow.id).where(CaseRow.state == State.WATCHING, or_(long_ago, split_off)).order_by(CaseRow.id)


def _silence_ns(life_h: float) -> float:
    return life_h * HOUR_NS + OFFLINE_NS


def _last_heard(session: Session, case_ids: Sequence[str]) -> dict[str, int]:
    """When the last sighting arrived of each of these cases, or of one that was merged into it."""
    root_of = members_of(session, case_ids)
    rows = session.execute(
        select(ObservationRow.case_id, func.max(TraverseRow.received_ns))
        .join(TraverseRow, TraverseRow.id == ObservationRow.traverse_id)
        .where(ObservationRow.case_id.in_(root_of))
        .group_by(ObservationRow.case_id)
    )
    heard = dict.fromkeys(case_ids, 0)
    for case_id, heard_ns in rows:
        root = root_of[str(case_id)]
        heard[root] = max(heard[root], heard_ns)
    return heard


def fold_lapse(session: Session, context: Context, case_ids: Sequence[str]) -> None:
    """Close these watched cases."""
    step = Step(Event.LAPSE, SYSTEM, context.now_ns(), "not seen again in time")
    for case_id in case_ids:
        system_step(session, context, session.get_one(CaseRow, case_id), step)


def _stale(session: Session, context: Context, case_ids: Sequence[str], now_ns: int) -> list[str]:
    """Those of the cases that nothing came of for so long, by id."""
    categories = context.city.taxonomy.categories
    heard = _last_heard(session, case_ids)
    rows = session.execute(select(CaseRow.id, CaseRow.category).where(CaseRow.id.in_(case_ids)).order_by(CaseRow.id))
    return [case_id for case_id, category in rows if now_ns - heard[case_id] > _silence_ns(categories[category].life_h)]


def forget_tries(context: Context) -> int:
    """Forget who tried in vain longer ago than counts; how many."""
    with context.store.write() as session:
        return forget_old(session, context.now_ns())


def forget_changes(context: Context) -> int:
    """Forget what changed long ago; how many changes. In each transaction few, so that nobody waits long."""
    forgotten = 0
    while forgotten < MOST_CHANGES:
        with context.store.write() as session:
            few = forget_first(session, CHANGES)
        forgotten += few
        if not few:
            break
    return forgotten


def find_editions(context: Context) -> int:
    """Look for a setup of the city that was added; how many. Whoever makes cases looks for itself."""
    with context.store.read() as session:
        return context.cities.look(session, context.now_ns())


def rarely(sweep: Callable[[Context], int], every_ns: int) -> Callable[[Context], int]:
    """A sweep that works at once and then only so often, however often it is called; one that failed works again."""
    due_ns = 0

    @wraps(sweep)
    def when_due(context: Context) -> int:
        nonlocal due_ns
        now_ns = context.now_ns()
        if now_ns < due_ns:
            return 0
        swept = sweep(context)
        due_ns = now_ns + every_ns
        return swept

    return when_due


async def keep_sweeping(context: Context, every_s: float = EVERY_S) -> None:
    """Sweep for ever where this process leads; a sweep that fails is logged and tried again in the next turn."""
    sweeps: tuple[Callable[[Context], int], ...] = (
        lapse_watched,
        tell_reporters,
        forget_changes,
        rarely(forget_tries, WINDOW_NS),
        rarely(sweep_pieces, HOUR_NS),
        rarely(sweep_pictures, 24 * HOUR_NS),
    )
    leader = Leader(context.store)
    try:
        while True:
            await sweep_all(context, (find_editions,))
            if await to_thread.run_sync(leader.leads):
                await sweep_all(context, sweeps)
            await asyncio.sleep(every_s)
    finally:
        leader.close()


async def sweep_all(context: Context, sweeps: Sequence[Callable[[Context], int]]) -> None:
    """Sweep once each; one that fails is logged."""
    for sweep in sweeps:
        try:
            swept = await to_thread.run_sync(sweep, context)
        except Exception as error:  # noqa: BLE001 - the supervisor: a failed sweep must not end the next one
            if isinstance(error, AWAY):
                _log.error("sweep failed", sweep=sweep.__name__, error=said_by(error))
            else:
                _log.exception("sweep failed", sweep=sweep.__name__)
            SWEEPS.labels(sweep.__name__, "failed").inc()
        else:
            SWEEPS.labels(sweep.__name__, "done").inc()
            if swept:
                _log.info("swept", sweep=sweep.__name__, count=swept)
