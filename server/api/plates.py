"""Sealed plates of a case: a supervisor finds them here and hands them to the enforcement. Who looked is recorded."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field
from sqlalchemy import select

from pipeline.observation import EvidenceRole
from pipeline.sealed import SEALED_TO
from server.api.access import ContextOf, Supervisor
from server.api.shapes import AT, ID, SHA, Out, at, errors
from server.cases.family import members_of
from server.errors import NotFound
from server.records.pictures import DeclaredEvidence, StoredPicture
from server.records.tables import AuditRow, CaseRow, ObservationRow

router = APIRouter(tags=["cases"])


class SealedPlateOut(Out):
    """GET /api/evidence/{sha256} gives the seal; only the enforcement's key of that name opens it."""

    observation_id: str = Field(examples=[ID])
    seen_at: datetime = Field(examples=[AT])
    sha256: str = Field(examples=[SHA])
    key: str = Field(description="name of the enforcement's key", examples=["3f9a0c55d2b1e877"])
    available: bool = Field(examples=[True])


class SealedPlates(Out):
    items: list[SealedPlateOut]


@router.get("/api/cases/{id}/plates", responses=errors(401, 403, 404, 422))
def list_plates(id: UUID, person: Supervisor, context: ContextOf) -> SealedPlates:
    """The sealed plates of the vehicle that a case is about, one a sighting at most, the last seen first; those of
    cases that were merged into it among them."""
    with context.store.write() as session:
        if session.get(CaseRow, str(id)) is None:
            raise NotFound("no_case", f"there is no case {id}", "path.id")
        family = members_of(session, [str(id)])
        rows = session.execute(
            select(ObservationRow, DeclaredEvidence, StoredPicture.sha256)
            .join(DeclaredEvidence, DeclaredEvidence.observation_id == ObservationRow.id)
            .outerjoin(StoredPicture, StoredPicture.sha256 == DeclaredEvidence.sha256)
            .where(ObservationRow.case_id.in_(family), DeclaredEvidence.role == EvidenceRole.SEALED)
            .order_by(ObservationRow.utc_ns.desc(), ObservationRow.id)
        )
        items = [
            SealedPlateOut(
                observation_id=seen.id,
                seen_at=at(seen.utc_ns),
                sha256=declared.sha256,
                key=declared.redaction.removeprefix(SEALED_TO),
                available=stored is not None,
            )
            for seen, declared, stored in rows
        ]
        session.add(AuditRow(at_ns=context.now_ns(), person_id=person.id, action="list_plates", subject_id=str(id)))
    return SealedPlates(items=items)
