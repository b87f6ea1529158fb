"""Advertisers: the telephone numbers that ads show, and the cases of each. Who looked is recorded."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field

from server.access.people import SignedIn
from server.api.access import ContextOf, NumberReader
from server.api.advertiserbook import advertiser
from server.api.casebook import summaries
from server.api.casemodels import AdvertiserOut, CaseSummary
from server.api.shapes import Out, errors
from server.cases.advertisers import alike, cases_of, standing_of, standings
from server.context import Context
from server.errors import NotFound
from server.records.tables import AuditRow

router = APIRouter(tags=["advertisers"])

MOST_CASES = 200


class Advertisers(Out):
    items: list[AdvertiserOut]
    next_cursor: int | None = Field(description="pass it as `cursor` for the next page", examples=[None])


class AdvertiserDetail(AdvertiserOut):
    alike: list[AdvertiserOut] = Field(description="numbers that differ in one digit: perhaps the same advertiser")
    cases: list[CaseSummary] = Field(description=f"the last seen first, at most {MOST_CASES}")


@router.get("/api/advertisers", responses=errors(401, 403, 422))
def list_advertisers(
    person: NumberReader,
    context: ContextOf,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    cursor: Annotated[int, Query(ge=0, le=1_000_000_000, description="from next_cursor")] = 0,
) -> Advertisers:
    """Telephone numbers on ads, those with the most open cases first."""
    with context.store.read() as session:
        found = standings(session, cursor, limit + 1)
    _looked(context, person, "list_advertisers", "")
    return Advertisers(
        items=[advertiser(one) for one in found[:limit]],
        next_cursor=cursor + limit if len(found) > limit else None,
    )


@router.get("/api/advertisers/{id}", responses=errors(401, 403, 404, 422))
def get_advertiser(id: UUID, person: NumberReader, context: ContextOf) -> AdvertiserDetail:
    """One number with the cases that show it."""
    with context.store.read() as session:
        found = standing_of(session, str(id))
        if found is None:
            raise NotFound("no_advertiser", f"there is no advertiser {id}, or none of its cases counts", "path.id")
        told = AdvertiserDetail(
            **advertiser(found).model_dump(),
            alike=[advertiser(one) for one in alike(session, found.number)],
            cases=summaries(session, cases_of(session, found.id, MOST_CASES), context.now_ns()),
        )
    _looked(context, person, "view_advertiser", found.id)
    return told


def _looked(context: Context, person: SignedIn, action: str, subject_id: str) -> None:
    with context.store.write() as session:
        session.add(AuditRow(at_ns=context.now_ns(), person_id=person.id, action=action, subject_id=subject_id))
