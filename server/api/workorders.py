"""Work orders: the crew's list, the after-photo, and the review."""

from __future__ import annotations

from collections import Counter
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, File, Form, Query, Response, UploadFile
from pydantic import AwareDatetime, Field
from sqlalchemy.orm import Session

from server.access.people import SignedIn
from server.access.roles import Role
from server.api.access import SUPERVISOR_ONLY, Caseworker, ContextOf, Supervisor
from server.api.casebook import people_of
from server.api.casemodels import WorkOrderOut
from server.api.cases import WithReason
from server.api.orderbook import work_order, work_orders
from server.api.orderlist import AskedOrders
from server.api.shapes import Out, PersonRef, errors, whole_place
from server.api.steps import step_or_raise
from server.cases.casework import locked_case
from server.cases.lifecycle import Event, State
from server.cases.review import PHOTO_LIMIT, Claim, accept_photo, is_new_proof, keep_photo
from server.cases.workorders import heirs, left_behind
from server.context import Context
from server.errors import Conflict, Forbidden, NotFound
from server.records.tables import CaseRow, WorkOrder

router = APIRouter(tags=["work orders"])


class WorkOrders(Out):
    items: list[WorkOrderOut]
    next_cursor: int | None = Field(description="pass it as `cursor` for the next page", examples=[None])


class HandedOver(Out):
    handed_over: int = Field(examples=[3])
    kept: int = Field(description="nobody is on duty in their grids, or they had moved on", examples=[0])


class Heir(Out):
    """Who is on duty where people have left, and how many of their work orders this person would get."""

    person: PersonRef | None = Field(description="none: nobody is on duty in the grids of these")
    orders: int = Field(examples=[3])


class Heirs(Out):
    items: list[Heir] = Field(description="who gets most first, and last what nobody gets")


def visible_order(session: Session, id: UUID, viewer: SignedIn) -> WorkOrder:
    """A work order that this person may see; raises NotFound."""
    row = session.get(WorkOrder, str(id))
    if row is None or (viewer.role is Role.CREW and row.crew_id != viewer.id):
        raise NotFound("no_work_order", f"there is no work order {id}", "path.id")
    return row


@router.get("/api/work-orders", responses=errors(401, 403, 422))
def list_work_orders(
    person: Caseworker,
    context: ContextOf,
    mine: Annotated[bool, Query(description="only those that the caller handles")] = False,
    state: Annotated[list[State] | None, Query(description="may be repeated; none: all, the open ones first")] = None,
    grid: Annotated[str | None, Query(max_length=64)] = None,
    assignee: Annotated[UUID | None, Query(description="only those of this person")] = None,
    overdue: Annotated[bool, Query(description="only open ones whose deadline has passed")] = False,
    left: Annotated[bool, Query(description="only open ones of people who have left, to be handed over")] = False,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    cursor: Annotated[int, Query(ge=0, le=1_000_000_000, description="from next_cursor")] = 0,
) -> WorkOrders:
    """Open orders by deadline, then the closed ones, the last closed first. Crews see their own only."""
    now_ns = context.now_ns()
    own = mine or person.role is Role.CREW
    crew_id = person.id if own else (None if assignee is None else str(assignee))
    asked = AskedOrders(crew_id, state or (), grid, now_ns if overdue else None, left)
    with context.store.read() as session:
        rows = asked.first(session, limit + 1, cursor)
        return WorkOrders(
            items=work_orders(session, rows[:limit], person, now_ns),
            next_cursor=cursor + limit if len(rows) > limit else None,
        )


@router.post("/api/work-orders/hand-over", responses=errors(401, 403))
def hand_over_work_orders(person: Supervisor, context: ContextOf) -> HandedOver:
    """Give all work orders of people who have left to whoever is on duty in their grids, each a step of its own."""
    with context.store.read() as session:
        case_ids = [order.case_id for order in session.scalars(left_behind().order_by(WorkOrder.number))]
    kept = 0
    for case_id in case_ids:
        try:
            with context.store.write() as session:
                step_or_raise(session, context, locked_case(session, case_id), Event.HAND_OVER, person)
        except Conflict:  # nobody is on duty there, or somebody else was faster
            kept += 1
    return HandedOver(handed_over=len(case_ids) - kept, kept=kept)


@router.get("/api/work-orders/hand-over", dependencies=[SUPERVISOR_ONLY], responses=errors(401, 403))
def who_gets_work_orders(context: ContextOf) -> Heirs:
    """To whom the work orders of people who have left would go now, and how many have nobody to go to."""
    with context.store.read() as session:
        context.cities.look(session, context.now_ns())
        shares = Counter(heirs(session, context))
        people = people_of(session, filter(None, shares))
    found = [Heir(person=None if heir is None else people[heir], orders=orders) for heir, orders in shares.items()]
    return Heirs(items=sorted(found, key=lambda one: (one.person is None, -one.orders)))


@router.get("/api/work-orders/{id}", responses=errors(401, 403, 404, 422))
def get_work_order(id: UUID, person: Caseworker, context: ContextOf) -> WorkOrderOut:
    """One work order with its pictures before and after."""
    with context.store.read() as session:
        return work_order(session, visible_order(session, id, person), person, context.now_ns())


@router.post("/api/work-orders/{id}/accept", responses=errors(401, 403, 404, 409, 422))
def accept_work_order(id: UUID, person: Caseworker, context: ContextOf) -> WorkOrderOut:
    """The crew member takes the job."""
    return _step(context, id, person, Event.ACCEPT)


@router.post(
    "/api/work-orders/{id}/after-photo",
    status_code=201,
    responses={
        200: {"model": WorkOrderOut, "description": "This picture was received before"},
        **errors(401, 403, 404, 409, 413, 422, 503),
    },
)
def upload_after_photo(
    id: UUID,
    person: Caseworker,
    context: ContextOf,
    response: Response,
    file: Annotated[UploadFile, File(description=f"JPEG, PNG or WebP, at most {PHOTO_LIMIT // 1_000_000} MB")],
    taken_at: Annotated[AwareDatetime | None, Form(description="when, by the phone; else from EXIF")] = None,
    lat: Annotated[float | None, Form(ge=-90, le=90, description="where, by the phone; else from EXIF")] = None,
    lon: Annotated[float | None, Form(ge=-180, le=180)] = None,
    photo_id: Annotated[UUID | None, Form(description="made on the phone; sent again under it, it counts once")] = None,
) -> WorkOrderOut:
    """The proof. Faces and plates are filled before anything is stored; where that cannot be done, nothing is."""
    content = file.file.read(PHOTO_LIMIT + 1)
    with context.store.read() as session:
        order = visible_order(session, id, person)
        if order.crew_id != person.id:
            raise Forbidden("not_the_handler", "this work order is somebody else's")
    photo = accept_photo(context, content, Claim(taken_at, whole_place(lat, lon), photo_id))
    with context.store.read() as session:
        order = visible_order(session, id, person)
        wanted = is_new_proof(session, context, order, session.get_one(CaseRow, order.case_id), photo)
    if wanted:
        # Before the record, and outside its transaction: a store that is slow or away holds up no other writer.
        context.objects.put(photo.picture.evidence.sha256, photo.picture.content)
    with context.store.write() as session:
        order = visible_order(session, id, person)
        case = locked_case(session, order.case_id)
        session.refresh(order)
        first = keep_photo(session, context, order, case, person.id, photo)
        if first:
            step_or_raise(session, context, case, Event.FEED_BACK, person, has_after_photo=True)
        session.flush()
        response.status_code = 201 if first else 200
        return work_order(session, order, person, context.now_ns())


@router.post("/api/work-orders/{id}/approve", responses=errors(401, 403, 404, 409, 422))
def approve_work_order(id: UUID, person: Caseworker, context: ContextOf) -> WorkOrderOut:
    """The problem is cleared; the case closes as fixed. Never by who handled it."""
    return _step(context, id, person, Event.APPROVE)


@router.post("/api/work-orders/{id}/send-back", responses=errors(401, 403, 404, 409, 422))
def send_back_work_order(id: UUID, body: WithReason, person: Caseworker, context: ContextOf) -> WorkOrderOut:
    """Not cleared yet; the crew gets it back with the reason, and the clock goes on."""
    return _step(context, id, person, Event.SEND_BACK, body.reason)


def _step(context: Context, id: UUID, person: SignedIn, event: Event, reason: str | None = None) -> WorkOrderOut:
    with context.store.write() as session:
        order = visible_order(session, id, person)
        case = locked_case(session, order.case_id)
        session.refresh(order)
        if order.closed_ns is not None:
            raise Conflict("order_closed", f"work order {id} is closed", "path.id")
        step_or_raise(session, context, case, event, person, reason)
        session.flush()
        return work_order(session, order, person, context.now_ns())
