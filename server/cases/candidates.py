"""The cases that a traverse may touch, as the association engine is told of them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import Session

from pipeline.types import Traverse
from server.association.state import OpenCase, Standing, from_state
from server.cases.casework import locked_case
from server.cases.family import members_of, parts_of, root_of
from server.cases.lifecycle import CloseReason
from server.cases.mends import Mend, MendRow
from server.duty.dispatch import M_PER_DEG_LAT
from server.records.nearby import Box, inside
from server.records.tables import CaseRow

REACH_M: Final = 60.0
DAY_NS: Final = 24 * 3600 * 1_000_000_000
RECURS_NS: Final = 180 * DAY_NS
HANDED_OVER_NS: Final = 7 * DAY_NS
HANDED_OVER: Final = (CloseReason.ESCALATED, CloseReason.CANCELLED)


@dataclass(frozen=True, slots=True)
class Candidates:
    """cases: by id, the parts that persons merged among them; roots: for each part the case that it is by now;
    parted: pairs that the engine never makes one, because a person said so or because one of them is a part;
    parts: for each case that goes on and has parts, all of them, wherever they are."""

    cases: Mapping[str, CaseRow]
    roots: Mapping[str, CaseRow]
    parted: frozenset[frozenset[str]]
    parts: Mapping[str, Sequence[CaseRow]]

    def root(self, case_id: str) -> CaseRow:
        """The case that goes on for this one."""
        return self.roots.get(case_id) or self.cases[case_id]

    def body(self, case_id: str) -> list[CaseRow]:
        """The case that goes on for this one, and its parts."""
        root = self.root(case_id)
        return [root, *self.parts.get(root.id, ())]

    def as_known(self, first_ns: int, dismissed: bool = True) -> list[OpenCase]:
        """All of them as the engine knows them, each with the standing that its root's state gives it now; without
        those that the desk dismissed, where a source asks that is not silenced by that."""
        roots = {case_id: self.root(case_id) for case_id in self.cases}
        return [
            replace(from_state(case.memory), standing=_standing(roots[case_id], first_ns))
            for case_id, case in self.cases.items()
            if dismissed or roots[case_id].close_reason != CloseReason.DISMISSED
        ]


def load_candidates(session: Session, traverse: Traverse, first_ns: int) -> Candidates:
    """The cases near a traverse that its observations may show, or that it may show to be gone.

    Open ones; those that were still open at `first_ns` (late delivery); dismissed ones; those handed to somebody else
    or called off in the last seven days; those fixed in the last 180 days, which may recur; and parts of such cases.
    """
    box = box_of(traverse)
    if box is None:
        return Candidates({}, {}, frozenset(), {})
    near = inside(session, box, CaseRow.lat, CaseRow.lon)
    rows = list(session.scalars(_locked(select(CaseRow).where(near, _may_be_seen(first_ns)))))
    roots = dict[str, CaseRow]()
    for part in _parts(session, near):
        root = locked_case(session, root_of(session, part).id)
        if session.scalar(select(CaseRow.id).where(CaseRow.id == root.id, _may_be_seen(first_ns))) is not None:
            rows.append(part)
            roots[part.id] = root
    cases = {row.id: row for row in sorted(rows, key=lambda row: row.id)}
    parted = frozenset((*_split(session, near, cases), *_never_healed(cases, roots)))
    return Candidates(cases, roots, parted, _all_parts(session, {*cases, *(root.id for root in roots.values())}))


def box_of(traverse: Traverse, further_m: float = 0.0) -> Box | None:
    """Where a traverse can touch cases: all that it saw, with a margin; None where nothing has a place."""
    places = [(pose.lat, pose.lon) for pose in traverse.poses]
    places += [(one.lat, one.lon) for one in traverse.observations if one.lat is not None and one.lon is not None]
    if not places:
        return None
    lats, lons = [lat for lat, _ in places], [lon for _, lon in places]
    reach_lat = (REACH_M + min(traverse.view_range_m, 200.0) + further_m) / M_PER_DEG_LAT
    reach_lon = reach_lat / max(math.cos(math.radians(max(map(abs, lats)))), 0.01)
    return Box(min(lats), max(lats), min(lons), max(lons)).wider(reach_lat, reach_lon)


def _locked(query: Select[CaseRow]) -> Select[CaseRow]:
    """So that no person takes a step with one of these cases until the transaction ends."""
    return query.order_by(CaseRow.id).with_for_update(key_share=True)


def _may_be_seen(first_ns: int) -> ColumnElement[bool]:
    return or_(
        CaseRow.closed_ns.is_(None),
        and_(CaseRow.closed_ns > first_ns, CaseRow.close_reason != CloseReason.MERGED),
        CaseRow.close_reason == CloseReason.DISMISSED,
        and_(CaseRow.close_reason.in_(HANDED_OVER), CaseRow.closed_ns > first_ns - HANDED_OVER_NS),
        and_(CaseRow.close_reason == CloseReason.FIXED, CaseRow.closed_ns > first_ns - RECURS_NS),
    )


def _standing(case: CaseRow, first_ns: int) -> Standing:
    if case.closed_ns is None:
        return Standing.OPEN
    if case.close_reason == CloseReason.DISMISSED or case.close_reason in HANDED_OVER:
        return Standing.DISMISSED
    return Standing.OPEN if case.closed_ns > first_ns else Standing.CLOSED


def _parts(session: Session, near: ColumnElement[bool]) -> list[CaseRow]:
    merged = select(MendRow.other_id).where(MendRow.kind == Mend.MERGE, MendRow.undone_ns.is_(None))
    return list(session.scalars(_locked(select(CaseRow).where(near, CaseRow.id.in_(merged)))))


def _all_parts(session: Session, case_ids: set[str]) -> dict[str, list[CaseRow]]:
    """The parts of each of these cases that has some; one question where, as nearly always, nothing was merged."""
    query = select(CaseRow.merged_into).where(CaseRow.merged_into.in_(case_ids)).distinct()
    return {case_id: parts_of(session, case_id) for case_id in sorted(filter(None, session.scalars(query)))}


def _split(session: Session, inside_box: ColumnElement[bool], cases: Mapping[str, CaseRow]) -> list[frozenset[str]]:
    """What persons split, told of the cases that the two are by now."""
    near = select(CaseRow.id).where(inside_box)
    query = select(MendRow.case_id, MendRow.other_id).where(
        MendRow.kind == Mend.SPLIT, MendRow.undone_ns.is_(None), MendRow.other_id.in_(near)
    )
    pairs = session.execute(query).all()
    if not pairs:
        return []
    now = members_of(session, cases)
    return [frozenset((now[one], now[other])) for one, other in pairs if one in now and other in now]


def _never_healed(cases: Mapping[str, CaseRow], parts: Mapping[str, CaseRow]) -> list[frozenset[str]]:
    return [frozenset((part, other)) for part in parts for other in cases if other != part]
