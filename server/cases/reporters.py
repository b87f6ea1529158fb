"""Who told of a case: the kinds of source of its sightings, and how many of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from sqlalchemy import ColumnElement, NotNullable, bindparam, exists, func, select
from sqlalchemy.orm import Session

from pipeline.observation import SourceKind
from server.cases.family import members_of
from server.cases.outcomes import COUNTED
from server.records.tables import CaseRow, Device, ObservationRow, TraverseRow


def sources_of(session: Session, families: Mapping[str, Sequence[str]]) -> dict[str, dict[SourceKind, int]]:
    """For each case how many of its sightings came from each kind of source that told of it. families: the ids of each
    case and of all that were merged into it, as `families_of` gives them."""
    # Without a condition on the outcome, which nearly every observation in the records meets: SQLite would take that
    # one's index before that of the few cases.
    rows = session.execute(
        select(NotNullable(ObservationRow.case_id), Device.kind, ObservationRow.outcome, func.count())
        .join(TraverseRow, TraverseRow.id == ObservationRow.traverse_id)
        .join(Device, Device.id == TraverseRow.device_id)
        .where(ObservationRow.case_id.in_({member for family in families.values() for member in family}))
        .group_by(ObservationRow.case_id, Device.kind, ObservationRow.outcome)
    )
    told: dict[str, Counter[str]] = {}
    for case_id, kind, outcome, count in rows:
        if outcome in COUNTED:
            told.setdefault(case_id, Counter())[kind] += count
    return {
        case_id: _by_kind(told[member] for member in family if member in told) for case_id, family in families.items()
    }


def citizens_alone(session: Session, case_ids: Iterable[str]) -> frozenset[str]:
    """Those of these cases of which nobody but citizens has told so far."""
    family = members_of(session, case_ids)
    told, others = set[str](), set[str]()
    for case_id, by_citizen, by_other in session.execute(_WHO, {"family": list(family)}):
        if by_citizen:
            told.add(family[case_id])
        if by_other:
            others.add(family[case_id])
    return frozenset(told - others)


def _by_kind(told: Iterable[Counter[str]]) -> dict[SourceKind, int]:
    counts = sum(told, Counter[str]())
    return {kind: counts[kind] for kind in SourceKind if kind in counts}


def _told_by(citizen: bool) -> ColumnElement[bool]:
    kind = Device.kind == SourceKind.CITIZEN if citizen else Device.kind != SourceKind.CITIZEN
    return (
        exists()
        .where(ObservationRow.case_id == CaseRow.id, ObservationRow.outcome.in_(COUNTED))
        .where(TraverseRow.id == ObservationRow.traverse_id, Device.id == TraverseRow.device_id, kind)
    )


_WHO: Final = select(CaseRow.id, _told_by(True), _told_by(False)).where(
    CaseRow.id.in_(bindparam("family", expanding=True))
)
