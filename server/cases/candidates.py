"""The cases that traverses may touch, as the association engine is told of them.

Read once for traverses that are folded one after the other, and then as those that were folded so far left them.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from sqlalchemy import BigInteger, ColumnElement, and_, bindparam, exists, or_, select
from sqlalchemy.orm import Session, aliased

from pipeline.traverse import Traverse
from server.association.state import OpenCase, Standing
from server.cases.family import members_of, part_ids
from server.cases.lifecycle import CloseReason
from server.cases.lines import COLUMNS, CaseLine, lines_of
from server.cases.mends import Mend, MendRow
from server.duty.dispatch import M_PER_DEG_LAT
from server.records.locks import many_writers
from server.records.nearby import Box, inside_any, joined
from server.records.prepared import Prepared
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

    cases: Mapping[str, CaseLine]
    roots: Mapping[str, CaseLine]
    parted: frozenset[frozenset[str]]
    parts: Mapping[str, Sequence[CaseLine]]

    def root(self, case_id: str) -> CaseLine:
        """The case that goes on for this one."""
        return self.roots.get(case_id) or self.cases[case_id]

    def body(self, case_id: str) -> list[CaseLine]:
        """The case that goes on for this one, and its parts."""
        root = self.root(case_id)
        return [root, *self.parts.get(root.id, ())]

    def as_known(self, first_ns: int, dismissed: bool = True) -> list[OpenCase]:
        """All of them as the engine knows them, each with the standing that its root's state gives it now; without
        those that the desk dismissed, where a source asks that is not silenced by that."""
        known = []
        for case_id, case in self.cases.items():
            root = self.root(case_id)
            if dismissed or root.close_reason != CloseReason.DISMISSED:
                belief, standing = case.belief, _standing(root, first_ns)
                known.append(belief if belief.standing is standing else replace(belief, standing=standing))
        return known


class Surroundings:
    """The cases in some boxes that what is seen there may show, or may show to be gone, of traverses that began at
    `first_ns` or later. They are locked as they are read; what the session holds back must have been flushed.

    Whoever folds changes these very lines, and adds those that it opens. What is changed in the tables past them is not
    seen here.
    """

    def __init__(self, session: Session, boxes: Sequence[Box], first_ns: int) -> None:
        self._session = session
        self._found: dict[str, CaseLine] = {}
        self._lines: dict[str, CaseLine] = {}
        self._parts: list[CaseLine] = []
        self._with_merged: set[str] = set()
        self._split_off: list[CaseLine] = []
        if boxes:
            boxes = joined(boxes)
            asked = {name: value for at, box in enumerate(boxes) for name, value in box.asked(at).items()}
            for *columns, part, has_merged, split_off in _near(many_writers(session), len(boxes)).rows(
                session, asked | _times(first_ns)
            ):
                self.add(line := CaseLine(*columns))
                if part:
                    self._parts.append(line)
                if has_merged:
                    self._with_merged.add(line.id)
                if split_off:
                    self._split_off.append(line)

    def add(self, case: CaseLine) -> None:
        """Take in a case that was opened since."""
        self._found[case.id] = self._lines[case.id] = case

    def near(self, box: Box | None, first_ns: int) -> Candidates:
        """The cases in one of the boxes, or in a part of one, for a traverse that began then.

        Open ones; those that were still open at `first_ns` (late delivery); dismissed ones; those handed to somebody
        else or called off in the last seven days; those fixed in the last 180 days, which may recur; and parts of such
        cases.
        """
        if box is None:
            return Candidates({}, {}, frozenset(), {})
        found = box.among(self._found.values())
        fitting, roots = [one for one in found if fits(one, first_ns)], dict[str, CaseLine]()
        with_parts = set(self._with_merged)
        for part in box.among(self._parts):
            root = self._root_of(part)
            if fits(root, first_ns):
                fitting.append(part)
                roots[part.id] = root
                with_parts.add(root.id)
        cases = {line.id: line for line in sorted(fitting, key=lambda line: line.id)}
        split_off = [one.id for one in box.among(self._split_off)]
        parted = frozenset((*_split(self._session, split_off, cases), *_bound(cases, roots)))
        wanted = with_parts & {*cases, *(root.id for root in roots.values())}
        return Candidates(cases, roots, parted, self._all_parts(wanted))

    def _root_of(self, part: CaseLine) -> CaseLine:
        """The case that a part is by now, wherever it is; locked."""
        line = part
        while line.merged_into is not None:
            root_id = line.merged_into
            if root_id not in self._lines:
                [row] = _one().rows(self._session, {"ident": root_id})
                self._lines[root_id] = CaseLine(*row)
            line = self._lines[root_id]
        return line

    def _all_parts(self, case_ids: Collection[str]) -> dict[str, list[CaseLine]]:
        """The parts of each of these cases that has some."""
        if not case_ids:
            return {}
        ids = part_ids(self._session, sorted(case_ids))
        further = {ident for some in ids.values() for ident in some} - set(self._lines)
        self._lines |= {line.id: line for line in lines_of(self._session.connection(), further)}
        return {case_id: [self._lines[ident] for ident in some] for case_id, some in ids.items()}


def box_of(traverse: Traverse, further_m: float = 0.0) -> Box | None:
    """Where a traverse can touch cases: all that it saw, with a margin; None where nothing has a place."""
    lats = [pose.lat for pose in traverse.poses]
    lons = [pose.lon for pose in traverse.poses]
    for one in traverse.observations:
        if one.lat is not None and one.lon is not None:
            lats.append(one.lat)
            lons.append(one.lon)
    if not lats:
        return None
    box = Box(min(lats), max(lats), min(lons), max(lons))
    return wider_by(box, REACH_M + min(traverse.view_range_m, 200.0) + further_m)


def wider_by(box: Box, margin_m: float) -> Box:
    """The box with a margin all round that is nowhere narrower."""
    lat_deg = margin_m / M_PER_DEG_LAT
    return box.wider(lat_deg, lat_deg / max(math.cos(math.radians(max(abs(box.south), abs(box.north)))), 0.01))


def _times(first_ns: int) -> dict[str, int]:
    return {"first_ns": first_ns, "handed_ns": first_ns - HANDED_OVER_NS, "fixed_ns": first_ns - RECURS_NS}


def fits(case: CaseLine, first_ns: int) -> bool:
    """Whether what is seen by a traverse that began then may belong to this case, parts aside."""
    if case.closed_ns is None or case.close_reason == CloseReason.DISMISSED:
        return True
    if case.close_reason in HANDED_OVER:
        return case.closed_ns > first_ns - HANDED_OVER_NS
    if case.close_reason == CloseReason.FIXED:
        return case.closed_ns > first_ns - RECURS_NS
    return case.closed_ns > first_ns and case.close_reason != CloseReason.MERGED


def fitting() -> ColumnElement[bool]:
    """The same as `fits`, asked of the tables; what fits a traverse also fits one that began earlier."""
    first, handed, fixed = (bindparam(name, type_=BigInteger) for name in ("first_ns", "handed_ns", "fixed_ns"))
    return or_(
        CaseRow.closed_ns.is_(None),
        CaseRow.close_reason == CloseReason.DISMISSED,
        and_(or_(*(CaseRow.close_reason == reason for reason in HANDED_OVER)), CaseRow.closed_ns > handed),
        and_(CaseRow.close_reason == CloseReason.FIXED, CaseRow.closed_ns > fixed),
        and_(CaseRow.closed_ns > first, CaseRow.close_reason != CloseReason.MERGED),
    )


@cache
def _near(many: bool, boxes: int) -> Prepared:
    """The cases of some boxes that fit, and of those that were merged the parts and what was split off, in the order of
    their ids, which is the one in which they are locked: no person takes a step with one of them until the transaction
    ends. SQLite passes over what was closed long ago by `ix_case_row` alone, without reading it.
    """
    merged, other = aliased(CaseRow), MendRow.other_id == CaseRow.id
    part = exists().where(other, MendRow.kind == Mend.MERGE, MendRow.undone_ns.is_(None))
    split_off = exists().where(other, MendRow.kind == Mend.SPLIT, MendRow.undone_ns.is_(None))
    has_merged = exists().where(merged.merged_into == CaseRow.id)
    near = or_(*(inside_any(many, CaseRow.lat, CaseRow.lon, at) for at in range(boxes)))
    bound = and_(CaseRow.close_reason == CloseReason.MERGED, or_(part, split_off))
    query = select(*COLUMNS, part, has_merged, split_off).where(near, or_(fitting(), bound))
    return Prepared(query.order_by(CaseRow.id).with_for_update(key_share=True))


@cache
def _one() -> Prepared:
    return Prepared(select(*COLUMNS).where(CaseRow.id == bindparam("ident")).with_for_update(key_share=True))


def _standing(case: CaseLine, first_ns: int) -> Standing:
    if case.closed_ns is None:
        return Standing.OPEN
    if case.close_reason == CloseReason.DISMISSED or case.close_reason in HANDED_OVER:
        return Standing.DISMISSED
    return Standing.OPEN if case.closed_ns > first_ns else Standing.CLOSED


def _split(session: Session, split_off: Sequence[str], cases: Mapping[str, CaseLine]) -> list[frozenset[str]]:
    """What persons split, told of the cases that the two are by now."""
    if not split_off:
        return []
    query = select(MendRow.case_id, MendRow.other_id).where(
        MendRow.kind == Mend.SPLIT, MendRow.undone_ns.is_(None), MendRow.other_id.in_(split_off)
    )
    now = members_of(session, cases)
    pairs = session.execute(query).all()
    return [frozenset((now[one], now[other])) for one, other in pairs if one in now and other in now]


def _bound(cases: Mapping[str, CaseLine], parts: Mapping[str, CaseLine]) -> list[frozenset[str]]:
    return [frozenset((part, other)) for part in parts for other in cases if other != part]
