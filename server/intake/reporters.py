"""Who told of a case: the kinds of source of its sightings, and how many of each."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import NotNullable, func, select
from sqlalchemy.orm import Session

from pipeline.types import SourceKind
from server.cases.family import members_of
from server.cases.outcomes import COUNTED
from server.records.tables import Device, ObservationRow, TraverseRow


def sources_of(session: Session, case_ids: Iterable[str]) -> dict[str, dict[SourceKind, int]]:
    """For each case how many of its sightings, those of cases that were merged into it too, came from each kind."""
    family = members_of(session, case_ids)
    rows = session.execute(
        select(NotNullable(ObservationRow.case_id), Device.kind, func.count())
        .join(TraverseRow, TraverseRow.id == ObservationRow.traverse_id)
        .join(Device, Device.id == TraverseRow.device_id)
        .where(ObservationRow.case_id.in_(family), ObservationRow.outcome.in_(COUNTED))
        .group_by(ObservationRow.case_id, Device.kind)
    )
    told: dict[str, dict[SourceKind, int]] = {}
    for case_id, kind, count in rows:
        counts = told.setdefault(family[case_id], {})
        counts[SourceKind(kind)] = counts.get(SourceKind(kind), 0) + count
    return {case_id: {kind: counts[kind] for kind in SourceKind if kind in counts} for case_id, counts in told.items()}


def only_citizens(session: Session, case_id: str) -> bool:
    """Whether nobody but citizens has told of a case so far."""
    return set(sources_of(session, [case_id]).get(case_id, {})) == {SourceKind.CITIZEN}
