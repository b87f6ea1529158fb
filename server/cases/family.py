"""Cases that are one: the one that goes on (the root), and all that were merged into it, directly or not.

A case that the engine merged has left its belief with the one that goes on. A case that a person merged is a *part*: it
keeps a belief of its own, so that what it shows goes on being recognised, and so that the merge can be undone exactly.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from functools import cache

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from server.cases.lifecycle import worth
from server.cases.lines import CaseLine
from server.cases.mends import Mend, MendRow
from server.context import Context
from server.records.among import among, texts
from server.records.locks import many_writers
from server.records.prepared import Prepared
from server.records.tables import CaseRow
from server.setup.city import City


def root_of(session: Session, case: CaseRow) -> CaseRow:
    """The case that this one is by now; itself where it was not merged."""
    while case.merged_into is not None:
        case = session.get_one(CaseRow, case.merged_into)
    return case


def members_of(session: Session, case_ids: Iterable[str]) -> dict[str, str]:
    """Every case that is one of these by now, these themselves among them: its id → theirs."""
    found = {case_id: case_id for case_id in case_ids}
    newest = list(found)
    while newest:
        rows = session.execute(select(CaseRow.id, CaseRow.merged_into).where(CaseRow.merged_into.in_(newest)))
        merged = {str(ident): found[str(into)] for ident, into in rows if ident not in found}
        found |= merged
        newest = list(merged)
    return found


def families_of(session: Session, cases: Iterable[CaseRow]) -> dict[str, list[str]]:
    """For each of these cases the ids of it and of all that are one with it by now, also where some of them are among
    these."""
    merged_into = {case.id: case.merged_into for case in cases}
    nearest = members_of(session, merged_into)
    above = {case_id: nearest.get(into or "") for case_id, into in merged_into.items()}
    families: dict[str, list[str]] = {case_id: [] for case_id in merged_into}
    for member, root in nearest.items():
        into: str | None = root
        while into is not None:
            families[into].append(member)
            into = above[into]
    return families


def with_survivors(session: Session, case_ids: Iterable[str]) -> set[str]:
    """The ids of these cases and of all that they were merged into, directly or not."""
    found: set[str] = set()
    newest = set(case_ids)
    while newest:
        found |= newest
        into = select(CaseRow.merged_into).where(CaseRow.id.in_(newest), CaseRow.merged_into.is_not(None))
        newest = {str(case_id) for case_id in session.scalars(into)} - found
    return found


def parts_of(session: Session, case_id: str) -> list[CaseRow]:
    """The parts that persons merged into a case, also into one that the engine merged into it; by id."""
    session.flush()
    found = part_ids(session, [case_id]).get(case_id)
    return list(session.scalars(select(CaseRow).where(CaseRow.id.in_(found)).order_by(CaseRow.id))) if found else []


def part_ids(session: Session, case_ids: Collection[str]) -> dict[str, list[str]]:
    """The ids of `parts_of` for each of these cases that has some; what the session holds back must be flushed."""
    many, found = many_writers(session), dict[str, list[str]]()
    for case_id, part in _parts(many).rows(session, {"cases": texts(many, case_ids)}):
        found.setdefault(case_id, []).append(part)
    return found


@cache
def _parts(many: bool) -> Prepared:
    asked, merged = aliased(CaseRow), aliased(CaseRow)
    first = select(asked.id.label("case"), asked.id.label("member")).where(among(many, asked.id, "cases"))
    family = first.cte("family", recursive=True)
    family = family.union(select(family.c.case, merged.id).where(merged.merged_into == family.c.member))
    mended = (MendRow.other_id == family.c.member, MendRow.kind == Mend.MERGE, MendRow.undone_ns.is_(None))
    found = select(family.c.case, MendRow.other_id).distinct().where(*mended, MendRow.other_id != family.c.case)
    return Prepared(found.order_by(family.c.case, MendRow.other_id))


def body_of(session: Session, case_id: str) -> set[str]:
    """The ids of the cases whose sightings one belief is made of: a case and what the engine merged into it."""
    parts = {part.id for part in parts_of(session, case_id)}
    return set(members_of(session, [case_id])) - set(members_of(session, parts))


def weigh(session: Session, context: Context, root: CaseRow) -> None:
    """Set the worth of a case by itself and its parts."""
    root.worth = worth_of(context.city, [root, *parts_of(session, root.id)])


def worth_of(city: City, bodies: Sequence[CaseRow] | Sequence[CaseLine]) -> float:
    """The worth of the first of these, whose parts the others are. A pass may have seen several of them, so the most
    that any of them was seen by is what is sure."""
    clock_h = city.taxonomy.categories[bodies[0].category].clock_working_h
    return worth(max([body.score for body in bodies]), max([body.passes for body in bodies]), clock_h)
