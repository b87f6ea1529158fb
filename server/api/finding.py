"""A case or a work order by the number that somebody reads out."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import load_only

from server.api.access import STAFF_ONLY, ContextOf
from server.api.shapes import ID, Out, errors
from server.cases.lifecycle import CloseReason, State
from server.records.tables import CaseRow, WorkOrder

router = APIRouter(tags=["cases"])


class Found(Out):
    """What has the number: a case, or a work order of one."""

    kind: Literal["case", "order"] = Field(examples=["order"])
    case_id: str = Field(examples=[ID])
    case_number: int = Field(examples=[117])
    category: str = Field(description="key of GET /api/taxonomy", examples=["litter"])
    state: State = Field(description="of the case", examples=["handling"])
    close_reason: CloseReason | None = Field(examples=[None])
    grid_id: str | None = Field(description="null: outside every grid", examples=["grid-a"])


class Finds(Out):
    items: list[Found] = Field(description="cases and orders are numbered apart: two may have one number")


@router.get("/api/find", dependencies=[STAFF_ONLY], responses=errors(401, 403, 422))
def find(context: ContextOf, number: Annotated[int, Query(ge=0, le=10**15, examples=[117])]) -> Finds:
    """The case and the work order that have this number, whatever became of them; empty where none has."""
    told = load_only(CaseRow.number, CaseRow.category, CaseRow.state, CaseRow.close_reason, CaseRow.grid_id)
    cases = select(CaseRow).options(told).where(CaseRow.number == number)
    ordered = select(CaseRow).options(told).join(WorkOrder, WorkOrder.case_id == CaseRow.id)
    with context.store.read() as session:
        found = [_found("case", row) for row in session.scalars(cases)]
        found += [_found("order", row) for row in session.scalars(ordered.where(WorkOrder.number == number))]
    return Finds(items=found)


def _found(kind: Literal["case", "order"], row: CaseRow) -> Found:
    return Found(
        kind=kind,
        case_id=row.id,
        case_number=row.number,
        category=row.category,
        state=State(row.state),
        close_reason=CloseReason(row.close_reason) if row.close_reason else None,
        grid_id=row.grid_id,
    )
