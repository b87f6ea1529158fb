"""A person merges a case into another, or takes that back. Both beliefs go on, so that it can be taken back exactly."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from shapely import Point
from sqlalchemy.orm import Session

from server.association.state import from_state
from server.cases.advertisers import keep_numbers
from server.cases.caseload import confirm_if_it_stayed, place_case
from server.cases.casework import Step, record, take
from server.cases.family import root_of, weigh
from server.cases.healing import PROGRESS
from server.cases.inputs import MergeInput, UndoInput
from server.cases.lifecycle import Actor, CloseReason, Event, Facts, Refusal, Refused, State, advance
from server.cases.mends import Hindered, Hindrance, MendRow, note_mend
from server.cases.workorders import open_order_of
from server.context import Context
from server.duty.dispatch import distance_m
from server.records.outbox import tell
from server.records.tables import CaseRow, WorkOrder

FARTHEST_M: Final = 150.0
LIFE: Final = ("state", "closed_ns", "close_reason", "merged_into")
ACCEPTED: Final = (State.HANDLING, State.FED_BACK)


def merge(session: Session, context: Context, entry: MergeInput) -> MendRow | Hindered | Refused:
    """Make a case part of another one; nothing is changed where that cannot be."""
    kept, gone = session.get_one(CaseRow, entry.kept_id), session.get_one(CaseRow, entry.gone_id)
    reason = entry.reason or f"the same problem as case {kept.number}"
    at_ns, actor = context.now_ns(), Actor(entry.role, entry.actor_id)
    allowed = advance(State(gone.state), Event.MERGE, actor, Facts(reason=reason))
    if isinstance(allowed, Refused) and allowed.reason is not Refusal.WRONG_STATE:
        return allowed
    hindered = _hindered(kept, gone)
    if hindered is not None:
        return hindered
    order = open_order_of(session, gone.id)
    before = {kept.id: life_of(kept), gone.id: life_of(gone) | {"order": None if order is None else order.id}}
    done = take(session, context, gone, Step(Event.MERGE, actor, at_ns, reason))
    if isinstance(done, Refused):
        return done
    gone.merged_into = kept.id
    record(
        session,
        kept,
        Step(Event.MERGE, actor, at_ns, f"case {gone.number} is part of this one: {reason}"),
        State(kept.state),
    )
    mend = note_mend(session, entry, at_ns, (kept, gone), reason, before)
    settle(session, context, kept, at_ns)
    mend.after = life_of(kept)
    tell(session, "case", kept.id, at_ns)
    keep_numbers(session, context, [kept.id])
    return mend


def unmerge(session: Session, context: Context, mend: MendRow, entry: UndoInput) -> Hindered | None:
    """Give a part back all that it was, its work order and its deadline with it; None when that is done."""
    hindered = what_keeps_merged(session, mend)
    if hindered is not None:
        return hindered
    at_ns, actor = context.now_ns(), Actor(entry.role, entry.actor_id)
    kept, part = session.get_one(CaseRow, mend.case_id), session.get_one(CaseRow, mend.other_id)
    root = root_of(session, kept)
    before: dict[str, Any] = dict(mend.before[part.id])
    order_id = before.pop("order")
    reason = f"it is no part of case {kept.number} after all"
    record(session, part, Step(Event.UNDO, actor, at_ns, reason), State(before["state"]))
    _put(part, before)
    if order_id is not None:
        order = session.get_one(WorkOrder, order_id)
        order.closed_ns = order.outcome = None
        tell(session, "work_order", order.id, at_ns)
    place_case(part, replace(from_state(part.memory), case_id=part.id))
    reason = f"case {part.number} is no part of this one after all"
    was = mend.before[kept.id]
    record(
        session, kept, Step(Event.UNDO, actor, at_ns, reason), State(was["state"] if mend.after != was else kept.state)
    )
    if mend.after != was:
        _take_back_order(session, kept, at_ns)
        _put(kept, was)
    mend.undone_ns, mend.undone_by = at_ns, entry.actor_id
    session.flush()
    for case in (root, part):
        settle(session, context, case, at_ns)
        tell(session, "case", case.id, at_ns)
    keep_numbers(session, context, [root.id])
    keep_numbers(session, context, [part.id])
    return None


def what_keeps_merged(session: Session, mend: MendRow) -> Hindered | None:
    """What stands in the way of taking a merge back; None where nothing does."""
    kept = session.get_one(CaseRow, mend.case_id)
    root = root_of(session, kept)
    if root.closed_ns is not None:
        words = f"case {root.number} was closed as {root.close_reason} for both; what is closed stays as it was decided"
        return Hindered(Hindrance.CASE_CLOSED, words)
    if mend.after != mend.before[kept.id] and life_of(kept) != mend.after:
        words = f"the merge filed case {kept.number}, and it has gone on to {kept.state} since"
        return Hindered(Hindrance.MOVED_ON, words)
    return None


def settle(session: Session, context: Context, case: CaseRow, at_ns: int) -> None:
    """Weigh a case anew after its parts changed, and file it where they show that it has stayed."""
    weigh(session, context, case)
    confirm_if_it_stayed(session, context, case, at_ns)


def life_of(case: CaseRow) -> dict[str, Any]:
    """Where a case stands, as far as people's steps lead it."""
    return {name: getattr(case, name) for name in LIFE}


def _put(case: CaseRow, columns: dict[str, Any]) -> None:
    for name, value in columns.items():
        setattr(case, name, value)


def _take_back_order(session: Session, case: CaseRow, at_ns: int) -> None:
    order = open_order_of(session, case.id)
    if order is not None:
        order.closed_ns, order.outcome = at_ns, CloseReason.CANCELLED
        tell(session, "work_order", order.id, at_ns)


def _hindered(kept: CaseRow, gone: CaseRow) -> Hindered | None:
    """Why these two are not merged this way round."""
    if kept.id == gone.id:
        return Hindered(Hindrance.SAME_CASE, f"case {kept.number} cannot be merged with itself")
    for case in (kept, gone):
        if case.closed_ns is not None:
            return Hindered(Hindrance.CASE_CLOSED, f"case {case.number} is closed; only open cases are merged")
    if kept.category != gone.category:
        words = f"case {gone.number} is {gone.category} and case {kept.number} is {kept.category}: never one problem"
        return Hindered(Hindrance.OTHER_CATEGORY, words)
    apart_m = distance_m(kept.lat, kept.lon, Point(gone.lon, gone.lat))
    if apart_m > FARTHEST_M:
        far = f"{apart_m:.0f} m from case {kept.number}"
        words = f"case {gone.number} lies {far}; what is one problem lies within {FARTHEST_M:.0f} m"
        return Hindered(Hindrance.TOO_FAR_APART, words)
    if gone.state == State.FED_BACK:
        words = (
            f"the crew's proof for case {gone.number} waits for its reviewer; review it first, or merge the other way"
        )
        return Hindered(Hindrance.PROOF_WAITS, words)
    if gone.state in ACCEPTED and PROGRESS[State(kept.state)] < PROGRESS[State(gone.state)]:
        words = f"a crew has accepted the job for case {gone.number}; merge case {kept.number} into it instead"
        return Hindered(Hindrance.FURTHER_ON, words)
    return None
