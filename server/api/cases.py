"""Cases: the queue, one case, and the steps of the desk."""

from __future__ import annotations

import base64
import binascii
import math
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import Session, defer

from server.access.people import SignedIn
from server.access.roles import Role
from server.api.access import Caseworker, ContextOf, Staff
from server.api.casebook import detail, summaries
from server.api.casemodels import CaseDetail, CaseSummary
from server.api.queue import Asked, Place
from server.api.shapes import In, Out, Reason, errors
from server.api.steps import step_or_raise
from server.cases.casework import locked_case
from server.cases.lifecycle import Event, Finding, State
from server.context import Context
from server.errors import Invalid, NotFound
from server.records.tables import CaseRow, WorkOrder

router = APIRouter(tags=["cases"])

States = Annotated[list[State] | None, Query(description="may be repeated; none: every open case")]
Category = Annotated[str | None, Query(max_length=64, examples=["litter"])]
GridId = Annotated[str | None, Query(max_length=64, examples=["grid-a"])]


class Cases(Out):
    items: list[CaseSummary]
    next_cursor: str | None = Field(description="pass it as `cursor` for the next page", examples=["MC45MDV8MDE5OWQy"])


class WithReason(In):
    reason: Reason = Field(examples=["a shop's own display, not litter"])


class Dismissal(WithReason):
    finding: Finding | None = Field(
        default=None,
        description="what was seen; only not_a_problem counts against the detector",
        examples=["not_a_problem"],
    )


def visible_case(session: Session, id: UUID, viewer: SignedIn) -> CaseRow:
    """A case that this person may see; raises NotFound."""
    row = session.get(CaseRow, str(id))
    if row is not None and viewer.role is Role.CREW:
        mine = session.scalar(
            select(WorkOrder.id).where(WorkOrder.case_id == row.id, WorkOrder.crew_id == viewer.id).limit(1)
        )
        row = row if mine is not None else None
    if row is None:
        raise NotFound("no_case", f"there is no case {id}", "path.id")
    return row


@router.get("/api/cases", responses=errors(401, 403, 422))
def list_cases(
    person: Caseworker,
    context: ContextOf,
    state: States = None,
    category: Category = None,
    grid: GridId = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> Cases:
    """The queue: the most worthy case first."""
    asked = Asked(person, state or (), category, grid)
    query = asked.first(limit + 1, None if cursor is None else _read_cursor(cursor))
    with context.store.read() as session:
        rows = list(session.scalars(query.options(defer(CaseRow.memory))))
        page = rows[:limit]
        more = len(rows) > limit
        return Cases(
            items=summaries(session, page, context.now_ns()),
            next_cursor=_cursor(page[-1]) if more else None,
        )


@router.get("/api/cases/{id}", responses=errors(401, 403, 404, 422))
def get_case(id: UUID, person: Caseworker, context: ContextOf) -> CaseDetail:
    """A case with its observations, pictures, history and work order."""
    with context.store.read() as session:
        return detail(session, visible_case(session, id, person), person, context.now_ns())


@router.post("/api/cases/{id}/confirm", responses=errors(401, 403, 404, 409, 422))
def confirm_case(id: UUID, person: Staff, context: ContextOf) -> CaseDetail:
    """A watched case is a problem after all: file it. It is dispatched at once."""
    return _step(context, id, person, Event.CONFIRM)


@router.post("/api/cases/{id}/dispatch", responses=errors(401, 403, 404, 409, 422))
def dispatch_case(id: UUID, person: Staff, context: ContextOf) -> CaseDetail:
    """Send a filed case to the person on duty in its grid; filing does so by itself where it can."""
    return _step(context, id, person, Event.DISPATCH)


@router.post("/api/cases/{id}/hand-over", responses=errors(401, 403, 404, 409, 422))
def hand_over_case(id: UUID, person: Staff, context: ContextOf) -> CaseDetail:
    """Give the work order of somebody who has left to the person on duty in its grid. Its clock goes on."""
    return _step(context, id, person, Event.HAND_OVER)


@router.post("/api/cases/{id}/dismiss", responses=errors(401, 403, 404, 409, 422))
def dismiss_case(id: UUID, body: Dismissal, person: Staff, context: ContextOf) -> CaseDetail:
    """Not a problem. The same thing seen again is linked to this case and raises no other."""
    return _step(context, id, person, Event.DISMISS, body.reason, body.finding)


@router.post("/api/cases/{id}/persuade", responses=errors(401, 403, 404, 409, 422))
def persuade_case(id: UUID, body: WithReason, person: Staff, context: ContextOf) -> CaseDetail:
    """Settled on the spot by talking to whoever caused it (劝导)."""
    return _step(context, id, person, Event.PERSUADE, body.reason)


@router.post("/api/cases/{id}/escalate", responses=errors(401, 403, 404, 409, 422))
def escalate_case(id: UUID, body: WithReason, person: Staff, context: ContextOf) -> CaseDetail:
    """Handed to law enforcement (移交); the reason names the receipt."""
    return _step(context, id, person, Event.ESCALATE, body.reason)


@router.post("/api/cases/{id}/suspend", responses=errors(401, 403, 404, 409, 422))
def suspend_case(id: UUID, body: WithReason, person: Staff, context: ContextOf) -> CaseDetail:
    """Cannot be handled now (挂账); the work order ends, the case stays open."""
    return _step(context, id, person, Event.SUSPEND, body.reason)


@router.post("/api/cases/{id}/resume", responses=errors(401, 403, 404, 409, 422))
def resume_case(id: UUID, person: Staff, context: ContextOf) -> CaseDetail:
    """Take a suspended case up again: it is filed, and dispatched at once where it can be."""
    return _step(context, id, person, Event.RESUME)


@router.post("/api/cases/{id}/cancel", responses=errors(401, 403, 404, 409, 422))
def cancel_case(id: UUID, body: WithReason, person: Staff, context: ContextOf) -> CaseDetail:
    """Call a case off (注销)."""
    return _step(context, id, person, Event.CANCEL, body.reason)


def _step(
    context: Context,
    id: UUID,
    person: SignedIn,
    event: Event,
    reason: str | None = None,
    finding: Finding | None = None,
) -> CaseDetail:
    with context.store.write() as session:
        row = locked_case(session, visible_case(session, id, person).id)
        step_or_raise(session, context, row, event, person, reason, finding=finding)
        session.flush()
        return detail(session, row, person, context.now_ns())


def _cursor(row: CaseRow) -> str:
    return base64.urlsafe_b64encode(f"{row.worth!r}|{row.id}".encode()).decode()


def _read_cursor(cursor: str) -> Place:
    try:
        worth, _, case_id = base64.urlsafe_b64decode(cursor.encode()).decode().partition("|")
        place = float(worth), str(UUID(case_id))
        if not math.isfinite(place[0]):
            raise ValueError("no worth is infinite or no number")
        return place
    except (ValueError, binascii.Error) as error:
        raise Invalid("bad_cursor", "the cursor is not one that this list gave", "query.cursor") from error
