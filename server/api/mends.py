"""Merging two cases, splitting one, and taking either back."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Body, Response
from pydantic import Field
from shapely import Point
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from server.access.people import SignedIn
from server.api.access import ContextOf, Staff
from server.api.casebook import summaries
from server.api.casemodels import CaseSummary
from server.api.cases import visible_case
from server.api.shapes import ID, LATER, OTHER_ID, In, Out, PersonRef, Reason, at, errors, maybe_at
from server.api.steps import refusal_of
from server.cases.candidates import wider_by
from server.cases.holding import hold_cases
from server.cases.inputs import MergeInput, SplitInput, UndoInput
from server.cases.joining import FARTHEST_M, merge
from server.cases.journal import entering
from server.cases.lifecycle import Event, Refused
from server.cases.mending import undo, what_keeps
from server.cases.mends import Hindered, Hindrance, Mend, MendRow
from server.cases.splitting import split
from server.context import Context
from server.duty.dispatch import distance_m
from server.errors import ApiError, Conflict, Invalid, NotFound
from server.records.nearby import Box, inside
from server.records.tables import CaseRow, Person

router = APIRouter(tags=["mends"])

MOST_NEAR = 50
WRONG_REQUEST = (Hindrance.SAME_CASE, Hindrance.NOT_ITS_SIGHTING, Hindrance.NOTHING_LEFT)


class MergeIn(In):
    """The case `gone` is the same problem as `kept` and becomes part of it."""

    kind: Literal["merge"]
    kept: UUID = Field(examples=[ID])
    gone: UUID = Field(examples=[OTHER_ID])
    reason: Reason | None = Field(default=None, examples=["one heap, seen from two sides"])


class SplitIn(In):
    """These sightings of a case show another problem."""

    kind: Literal["split"]
    case: UUID = Field(examples=[ID])
    observations: list[UUID] = Field(min_length=1, max_length=1000, examples=[[OTHER_ID]])
    reason: Reason | None = Field(default=None, examples=["two bins that stand 4 m apart"])


class MendOut(Out):
    """A merge or a split. hindrance: what stands in the way of taking it back, null where nothing does."""

    id: str = Field(examples=[ID])
    kind: Mend = Field(examples=["merge"])
    case_id: str = Field(description="the case that stays", examples=[ID])
    case_number: int = Field(examples=[12])
    other_id: str = Field(description="the one that became part of it, or was split off it", examples=[OTHER_ID])
    other_number: int = Field(examples=[17])
    made_at: datetime = Field(examples=[LATER])
    person: PersonRef
    reason: str = Field(examples=["one heap, seen from two sides"])
    undone_at: datetime | None = Field(examples=[None])
    undone_by: PersonRef | None
    hindrance: Hindrance | None = Field(examples=["crew_accepted"])
    hindrance_words: str | None = Field(examples=["a crew has accepted the job for case 17"])


class Mends(Out):
    items: list[MendOut]


class NearCase(Out):
    distance_m: float = Field(examples=[4.2])
    case: CaseSummary


class NearCases(Out):
    items: list[NearCase]


@router.put(
    "/api/mends/{id}",
    status_code=201,
    responses={200: {"model": MendOut, "description": "Done before, same body"}, **errors(401, 403, 404, 409, 422)},
)
def put_mend(
    id: UUID,
    body: Annotated[MergeIn | SplitIn, Body(discriminator="kind")],
    person: Staff,
    context: ContextOf,
    response: Response,
) -> MendOut:
    """Merge or split, once: the same id with the same body again changes nothing."""
    with context.store.write() as session:
        hold_cases(session, map(str, (body.kept, body.gone) if isinstance(body, MergeIn) else (body.case,)))
        before = session.get(MendRow, str(id))
        if before is not None:
            if not _says(before, body):
                raise Conflict("other_body", f"mend {id} was made before with another body", "path.id")
            response.status_code = 200
            return _out(session, before)
        return _out(session, _made(session, context, str(id), body, person))


@router.post("/api/mends/{id}/undo", responses=errors(401, 403, 404, 409, 422))
def undo_mend(id: UUID, person: Staff, context: ContextOf) -> MendOut:
    """Take a merge or a split back; one that was taken back before stays so."""
    with context.store.write() as session:
        mend = session.get(MendRow, str(id))
        if mend is None:
            raise NotFound("no_mend", f"there is no mend {id}", "path.id")
        hold_cases(session, (mend.case_id, mend.other_id))
        session.refresh(mend)
        if mend.undone_ns is not None:
            return _out(session, mend)
        entry = UndoInput(mend.id, person.role, person.id)
        with entering(session, context, entry) as context:
            done = undo(session, context, entry)
            if isinstance(done, MendRow):
                return _out(session, done)
            raise _refusal(done, session.get_one(CaseRow, mend.case_id), Event.UNDO, person)


@router.get("/api/cases/{id}/mends", responses=errors(401, 403, 404, 422))
def list_mends(id: UUID, person: Staff, context: ContextOf) -> Mends:
    """What people merged into a case or split off it, or it into another; the last first."""
    with context.store.read() as session:
        case = visible_case(session, id, person)
        query = select(MendRow).where(or_(MendRow.case_id == case.id, MendRow.other_id == case.id))
        rows = session.scalars(query.order_by(MendRow.at_ns.desc(), MendRow.id).limit(100))
        return Mends(items=[_out(session, row) for row in list(rows)])


@router.get("/api/cases/{id}/near", responses=errors(401, 403, 404, 422))
def list_near(id: UUID, person: Staff, context: ContextOf) -> NearCases:
    """Open cases of the same category that lie near enough to be the same problem; the nearest first."""
    with context.store.read() as session:
        case = visible_case(session, id, person)
        box = wider_by(Box(case.lat, case.lat, case.lon, case.lon), FARTHEST_M)
        # Asked of the place alone: SQLite would go through the whole queue of the category.
        there = inside(session, box, CaseRow.lat, CaseRow.lon)
        rows = session.scalars(select(CaseRow).where(CaseRow.closed_ns.is_(None), CaseRow.id != case.id, there))
        alike = [row for row in rows if row.category == case.category]
        away = sorted((distance_m(row.lat, row.lon, Point(case.lon, case.lat)), row.id, row) for row in alike)
        near = [(round(far, 1), row) for far, _, row in away if far <= FARTHEST_M][:MOST_NEAR]
        shown = summaries(session, [row for _, row in near], context.now_ns())
        return NearCases(items=[NearCase(distance_m=far, case=one) for (far, _), one in zip(near, shown, strict=True)])


def _made(session: Session, context: Context, mend_id: str, body: MergeIn | SplitIn, person: SignedIn) -> MendRow:
    """The mend that was asked for; raises ApiError where it is refused."""
    if isinstance(body, MergeIn):
        case, _ = visible_case(session, body.gone, person), visible_case(session, body.kept, person)
        merging = MergeInput(mend_id, str(body.kept), str(body.gone), person.role, person.id, body.reason)
        with entering(session, context, merging) as context:
            done = merge(session, context, merging)
            if not isinstance(done, MendRow):
                raise _refusal(done, case, Event.MERGE, person)
        return done
    case = visible_case(session, body.case, person)
    chosen = tuple(sorted({str(one) for one in body.observations}))
    splitting = SplitInput(mend_id, case.id, chosen, person.role, person.id, body.reason)
    with entering(session, context, splitting) as context:
        done = split(session, context, splitting)
        if not isinstance(done, MendRow):
            raise _refusal(done, case, Event.SPLIT, person)
    return done


def _says(mend: MendRow, body: MergeIn | SplitIn) -> bool:
    """Whether a mend is the one that a body asks for."""
    if body.reason is not None and body.reason != mend.reason:
        return False
    if isinstance(body, MergeIn):
        return (mend.kind, mend.case_id, mend.other_id) == (Mend.MERGE, str(body.kept), str(body.gone))
    chosen = {str(one) for one in body.observations}
    return (mend.kind, mend.case_id) == (Mend.SPLIT, str(body.case)) and chosen == {ident for ident, _ in mend.moved}


def _refusal(done: Hindered | Refused, case: CaseRow, event: Event, person: SignedIn) -> ApiError:
    if isinstance(done, Refused):
        return refusal_of(done.reason, case.state, event, person)
    error = Invalid if done.why in WRONG_REQUEST else Conflict
    return error(done.why, done.words, "body" if error is Invalid else "path.id")


def _out(session: Session, mend: MendRow) -> MendOut:
    hindered = what_keeps(session, mend) if mend.undone_ns is None else None
    return MendOut(
        id=mend.id,
        kind=Mend(mend.kind),
        case_id=mend.case_id,
        case_number=session.get_one(CaseRow, mend.case_id).number,
        other_id=mend.other_id,
        other_number=session.get_one(CaseRow, mend.other_id).number,
        made_at=at(mend.at_ns),
        person=_person(session, mend.person_id),
        reason=mend.reason,
        undone_at=maybe_at(mend.undone_ns),
        undone_by=None if mend.undone_by is None else _person(session, mend.undone_by),
        hindrance=None if hindered is None else hindered.why,
        hindrance_words=None if hindered is None else hindered.words,
    )


def _person(session: Session, person_id: str) -> PersonRef:
    row = session.get_one(Person, person_id)
    return PersonRef(id=row.id, name=row.name, display=row.display)
