"""A belief made again from chosen sightings: what the engine would know if it had seen these and no others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.traverse import Traverse
from pipeline.wire import TraverseWire, from_wire
from server.association.memory import Memory
from server.association.merge import folded
from server.association.method import Matcher
from server.association.priors import Priors
from server.association.state import OpenCase
from server.cases.journal import JournalRow
from server.records.damage import decoding
from server.records.tables import CaseRow, TraverseRow

MOST: Final = 1000


@dataclass(frozen=True, slots=True)
class Looks:
    """Traverses that passed a place, in the order in which they came in; whole: whether these are all of them."""

    traverse_ids: tuple[str, ...]
    whole: bool


def looks_at(session: Session, cases: Iterable[CaseRow], after_seq: int) -> Looks:
    """The traverses after a place in the journal that can have touched these cases; of more than MOST the latest."""
    found: dict[int, str] = {}
    for case in cases:
        near = (
            JournalRow.south <= case.lat,
            JournalRow.north >= case.lat,
            JournalRow.west <= case.lon,
            JournalRow.east >= case.lon,
        )
        query = select(JournalRow.seq, JournalRow.subject_id).where(JournalRow.seq > after_seq, *near)
        latest = query.order_by(JournalRow.seq.desc()).limit(MOST + 1)
        found |= {int(seq): str(ident) for seq, ident in session.execute(latest)}
    order = sorted(found)
    return Looks(tuple(found[seq] for seq in order[-MOST:]), len(order) <= MOST)


def refold(
    traverses: Iterable[Traverse],
    chosen: Mapping[str, set[str]],
    belief: OpenCase | None,
    matcher: Matcher,
    priors: Priors,
    memory: Memory,
) -> OpenCase | None:
    """The belief after these traverses, of each of which it saw the chosen observations (by traverse id) and no
    others. What it would not have taken for the same by itself is folded in: a person said that it is."""
    for traverse in traverses:
        mine = chosen.get(str(traverse.id), set())
        seen = tuple(one for one in traverse.observations if str(one.id) in mine)
        if belief is None and not seen:
            continue
        told = matcher(replace(traverse, observations=seen), [] if belief is None else [belief], priors, memory)
        for state in told.updated:
            belief = state
        for state in told.opened:
            belief = replace(state, case_id="refolded") if belief is None else folded(belief, state)
    return belief


def bodies_of(session: Session, traverse_ids: Iterable[str]) -> Iterator[Traverse]:
    """Traverses as they were received, one at a time."""
    for ident in traverse_ids:
        body = session.scalars(select(TraverseRow.body).where(TraverseRow.id == ident)).one()
        with decoding(f"traverse {ident}"):
            traverse = from_wire(TraverseWire.model_validate_json(body))
        yield traverse
