"""A person splits sightings off a case, or takes that back. Both beliefs are made again from what each has seen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from server.association.apart import union
from server.association.method import MATCHERS
from server.association.priors import default_priors
from server.association.state import OpenCase, from_state
from server.cases.advertisers import keep_numbers
from server.cases.caseload import place_case
from server.cases.casework import Step, file_and_dispatch, record, take
from server.cases.family import body_of, members_of
from server.cases.inputs import SplitInput, UndoInput
from server.cases.joining import ACCEPTED, settle
from server.cases.journal import JournalRow
from server.cases.lifecycle import Actor, Event, Facts, Refused, State, advance
from server.cases.looks import count_look, looks_of, recount
from server.cases.mends import Hindered, Hindrance, Mend, MendRow, note_mend
from server.cases.refolding import bodies_of, looks_at, refold
from server.cases.workorders import next_numbers
from server.context import Context
from server.records.outbox import tell
from server.records.tables import CaseRow, ObservationRow

KNOWN: Final = (
    *("lat", "lon", "ee", "en", "nn", "gone", "memory"),
    *("score", "sightings", "passes", "first_seen_ns", "last_seen_ns"),
)
"""What sightings make of a case."""


def split(session: Session, context: Context, entry: SplitInput) -> MendRow | Hindered | Refused:
    """Make a new case of some of a case's sightings; nothing is changed where that cannot be."""
    case = session.get_one(CaseRow, entry.case_id)
    at_ns, actor = context.now_ns(), Actor(entry.role, entry.actor_id)
    reason = entry.reason or f"{len(entry.observation_ids)} of its sightings show another problem"
    done = advance(State(case.state), Event.SPLIT, actor, Facts(reason=reason))
    if isinstance(done, Refused):
        return done
    looks = looks_of(session, body_of(session, case.id))
    hindered = _hindered(session, case, looks, entry.observation_ids)
    if hindered is not None:
        return hindered
    chosen = [look for look in looks if look.id in set(entry.observation_ids)]
    rest = [look for look in looks if look.id not in set(entry.observation_ids)]
    touched = [case, *(session.get_one(CaseRow, ident) for ident in {look.case_id for look in chosen} - {case.id})]
    before = {row.id: _known(row) for row in touched}
    moved = [[look.id, look.case_id] for look in chosen]
    beliefs = _beliefs(session, context, case, looks, chosen, rest)
    other = _case_of(session, context, case, beliefs[0], chosen, at_ns)
    for look in chosen:
        look.case_id = other.id
    session.flush()
    for row in touched:
        recount(row, [look for look in rest if look.case_id == row.id])
    case.first_seen_ns = min(look.utc_ns for look in rest)
    case.last_seen_ns = max(look.utc_ns for look in rest)
    place_case(case, replace(beliefs[1], case_id=case.id))
    record(session, case, Step(Event.SPLIT, actor, at_ns, f"case {other.number} was split off: {reason}"), done.to)
    record(session, other, Step(Event.OPEN, actor, at_ns, f"split off case {case.number}"), State(other.state))
    mend = note_mend(session, entry, at_ns, (case, other), reason, before, moved)
    if other.state == State.FILED:
        file_and_dispatch(session, context, other, at_ns)
    for row in (case, other):
        settle(session, context, row, at_ns)
        tell(session, "case", row.id, at_ns)
        keep_numbers(session, context, [row.id])
    return mend


def unsplit(session: Session, context: Context, mend: MendRow, entry: UndoInput) -> Hindered | None:
    """Give a case back what was split off it, and what has come in for either since; None when that is done."""
    hindered = what_keeps_split(session, mend)
    if hindered is not None:
        return hindered
    at_ns, actor = context.now_ns(), Actor(entry.role, entry.actor_id)
    case, other = session.get_one(CaseRow, mend.case_id), session.get_one(CaseRow, mend.other_id)
    seq = _seq_of(session, mend)
    passed = looks_at(session, (case, other), seq).traverse_ids
    for observation_id, came_from in mend.moved:
        session.get_one(ObservationRow, observation_id).case_id = came_from
    for look in looks_of(session, [other.id]):
        look.case_id = case.id
    for case_id, columns in mend.before.items():
        row = session.get_one(CaseRow, case_id)
        for name, value in columns.items():
            setattr(row, name, value)
    session.flush()
    later = looks_of(session, body_of(session, case.id), seq)
    if passed:
        known = from_state(case.memory)
        matcher, memory = MATCHERS[context.city.method], context.recall(session).memory
        belief = refold(bodies_of(session, passed), _by_traverse(later), known, matcher, default_priors(), memory)
        place_case(case, replace(belief or known, case_id=case.id))
    for look in later:
        count_look(case, look.utc_ns, look.score)
    _close(session, context, other, case, Step(Event.MERGE, actor, at_ns, f"it is case {case.number} after all"))
    reason = f"what was split off as case {other.number} belongs here after all"
    record(session, case, Step(Event.UNDO, actor, at_ns, reason), State(case.state))
    mend.undone_ns, mend.undone_by = at_ns, entry.actor_id
    session.flush()
    settle(session, context, case, at_ns)
    tell(session, "case", case.id, at_ns)
    keep_numbers(session, context, [case.id])
    return None


def what_keeps_split(session: Session, mend: MendRow) -> Hindered | None:
    """What stands in the way of taking a split back; None where nothing does."""
    case, other = session.get_one(CaseRow, mend.case_id), session.get_one(CaseRow, mend.other_id)
    for row in (case, other):
        if row.merged_into is not None:
            number = session.get_one(CaseRow, row.merged_into).number
            words = f"case {row.number} was merged into case {number} since; undo that first where a person did it"
            return Hindered(Hindrance.LATER_MEND, words)
        if row.closed_ns is not None:
            words = f"case {row.number} was closed as {row.close_reason}; only open cases come together again"
            return Hindered(Hindrance.CASE_CLOSED, words)
    if other.state in ACCEPTED:
        return Hindered(Hindrance.CREW_ACCEPTED, f"a crew has accepted the job for case {other.number}")
    seq = _seq_of(session, mend)
    later = session.scalar(
        select(MendRow)
        .join(JournalRow, JournalRow.subject_id == MendRow.id)
        .where(
            JournalRow.seq > seq,
            MendRow.undone_ns.is_(None),
            or_(MendRow.case_id == other.id, (MendRow.case_id == case.id) & (MendRow.kind == Mend.SPLIT)),
        )
        .limit(1)
    )
    if later is not None:
        number = session.get_one(CaseRow, later.case_id).number
        return Hindered(Hindrance.LATER_MEND, f"case {number} was mended again since; undo that {later.kind} first")
    mended = select(MendRow.other_id)
    query = select(CaseRow).where(
        CaseRow.merged_into.in_((case.id, other.id)), CaseRow.closed_ns >= mend.at_ns, CaseRow.id.not_in(mended)
    )
    if (merged := session.scalar(query.limit(1))) is not None:
        words = f"later passes showed case {merged.number} to be the same as one of the two"
        return Hindered(Hindrance.MERGED_SINCE, words)
    if not looks_at(session, (case, other), seq).whole:
        words = "too many passes have looked at the place since to sort what they saw again; merge the two instead"
        return Hindered(Hindrance.TOO_MUCH_SINCE, words)
    return None


def _hindered(
    session: Session, case: CaseRow, looks: Sequence[ObservationRow], chosen: Sequence[str]
) -> Hindered | None:
    own = {look.id for look in looks}
    strange = next((ident for ident in chosen if ident not in own), None)
    if strange is not None:
        row = session.get(ObservationRow, strange)
        if row is not None and row.case_id in members_of(session, [case.id]):
            number = session.get_one(CaseRow, row.case_id).number
            words = f"a sighting of case {number}, which was merged into case {case.number}; undo that merge instead"
            return Hindered(Hindrance.OF_A_PART, words)
        return Hindered(Hindrance.NOT_ITS_SIGHTING, f"{strange} is no sighting of case {case.number}")
    if len(set(chosen)) == len(own):
        return Hindered(Hindrance.NOTHING_LEFT, f"these are all sightings of case {case.number}; leave it one at least")
    return None


def _beliefs(
    session: Session,
    context: Context,
    case: CaseRow,
    looks: Sequence[ObservationRow],
    chosen: Sequence[ObservationRow],
    rest: Sequence[ObservationRow],
) -> tuple[OpenCase, OpenCase]:
    """What is known of the new case and of the one that stays, each from its own sightings and all that passed by."""
    known, priors, memory = from_state(case.memory), default_priors(), context.recall(session).memory
    matcher = MATCHERS[context.city.method]
    passed = _passed(session, case, looks)
    out = []
    for mine in (chosen, rest):
        belief = refold(bodies_of(session, passed), _by_traverse(mine), None, matcher, priors, memory)
        if belief is None:
            raise AssertionError(f"the sightings of case {case.id} have no place")
        # What was seen beside the whole may have been beside either.
        out.append(replace(belief, apart=union(belief.apart, known.apart)))
    return out[0], out[1]


def _passed(session: Session, case: CaseRow, looks: Sequence[ObservationRow]) -> list[str]:
    """The traverses that saw a case, and the latest of those that passed it, in the order in which they came in."""
    saw = {look.traverse_id for look in looks}
    rows = session.execute(
        select(JournalRow.seq, JournalRow.subject_id).where(JournalRow.subject_id.in_(saw)).order_by(JournalRow.seq)
    ).all()
    by = set(looks_at(session, [case], rows[0].seq - 1).traverse_ids) | saw
    ordered = session.scalars(
        select(JournalRow.subject_id).where(JournalRow.subject_id.in_(by)).order_by(JournalRow.seq)
    )
    return list(ordered)


def _case_of(
    session: Session,
    context: Context,
    case: CaseRow,
    belief: OpenCase,
    looks: Sequence[ObservationRow],
    at_ns: int,
) -> CaseRow:
    """The new case; watched where the one that it comes from is, else filed."""
    other = CaseRow(
        id=str(context.new_id()),
        number=next_numbers(session).case,
        category=case.category,
        state=State.WATCHING if case.state == State.WATCHING else State.FILED,
        grid_id=context.city.home_of(belief.lat, belief.lon),
        worth=0.0,
        opened_ns=at_ns,
        recurs_of=case.recurs_of,
    )
    recount(other, looks)
    place_case(other, replace(belief, case_id=other.id))
    session.add(other)
    session.flush()
    return other


def _close(session: Session, context: Context, other: CaseRow, case: CaseRow, step: Step) -> None:
    done = take(session, context, other, step)
    if isinstance(done, Refused):
        raise AssertionError(f"case {other.id} in state {other.state} did not take {step.event}: {done.reason}")
    other.merged_into = case.id
    recount(other, [])


def _known(case: CaseRow) -> dict[str, Any]:
    return {name: getattr(case, name) for name in KNOWN}


def _by_traverse(looks: Iterable[ObservationRow]) -> Mapping[str, set[str]]:
    found = defaultdict[str, set[str]](set)
    for look in looks:
        found[look.traverse_id].add(look.id)
    return found


def _seq_of(session: Session, mend: MendRow) -> int:
    return session.scalars(
        select(JournalRow.seq).where(JournalRow.subject_id == mend.id, JournalRow.kind == Mend.SPLIT)
    ).one()
