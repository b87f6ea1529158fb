"""The field's verdicts for the ML engineer: what was judged, page by page, and the pictures that teach. Read only."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import Field

from server.api.access import ContextOf, Engineer
from server.api.evidence import BINARY, picture_answer
from server.api.shapes import ID, OTHER_ID, SHA, Out, Sha256Path, errors
from server.cases.workorders import start_of
from server.errors import NotFound
from server.learning.examples import MEDIA_TYPE, Example, LeftOut, sift, taught_by_picture
from server.learning.judged import judged_page
from server.learning.verdicts import Unjudged, Verdict
from server.records.tables import AuditRow

router = APIRouter(tags=["verdicts"])


class ExampleOut(Out):
    """One sighting with a verdict and the picture that shows it. It names no person, and no address."""

    observation_id: str = Field(examples=[ID])
    sha256: str = Field(description="of its close view", examples=[SHA])
    size_bytes: int = Field(examples=[48211])
    verdict: Verdict = Field(examples=["confirmed"])
    label: str = Field(description="what the detector took it for", examples=["litter"])
    box: tuple[float, float, float, float] | None = Field(
        description="x1, y1, x2, y2 as shares of the picture's width and height", examples=[[0.25, 0.25, 0.75, 0.5]]
    )
    case_id: str = Field(description="the case, or the one that it went into", examples=[OTHER_ID])
    place: str = Field(description="H3 cell, resolution 10, of the case", examples=["8a309a4da547fff"])
    day: date = Field(description="in the city's time", examples=["2026-11-20"])
    model_digest: str = Field(examples=[SHA])
    redaction: str = Field(description="the privacy step that the picture passed", examples=["fill-1"])


class Verdicts(Out):
    """One page of observations: items + left_out + no_verdict are as many as were asked for, or the last ones."""

    items: list[ExampleOut]
    left_out: dict[LeftOut, int] = Field(description="judged, but nothing to learn from", examples=[{"not_stored": 2}])
    no_verdict: dict[Unjudged, int] = Field(examples=[{"still_open": 31}])
    next_cursor: UUID | None = Field(description="pass it as `cursor` for the next page", examples=[ID])


Since = Annotated[date | None, Query(description="only what was seen on this day of the city or later")]


@router.get("/api/verdicts", responses=errors(401, 403, 422))
def list_verdicts(
    person: Engineer,
    context: ContextOf,
    since: Since = None,
    limit: Annotated[int, Query(ge=1, le=500, description="observations to look at")] = 500,
    cursor: UUID | None = None,
) -> Verdicts:
    """What people decided about the detectors' finds, in the order of the observations' ids. Who read it is recorded.

    A verdict may change while a case is open, so a whole new reading is the way to keep up. Where several
    observations name the same picture, it is the reader who sees whether they agree.
    """
    since_ns = 0 if since is None else start_of(since, context.city)
    after_id = "" if cursor is None else str(cursor)
    with context.store.read() as session:
        page = judged_page(session, after_id, since_ns, limit)
        sifted = sift(session, context.city, page)
    _audit(context, person.id, "read_verdicts", after_id)
    return Verdicts(
        items=[_example_out(one) for one in sifted.examples],
        left_out=sifted.left_out,
        no_verdict=sifted.unjudged,
        next_cursor=UUID(page[-1].observation_id) if len(page) == limit else None,
    )


@router.get(
    "/api/verdicts/pictures/{sha256}",
    response_class=Response,
    responses={
        200: {"content": {MEDIA_TYPE: BINARY}, "description": "The picture"},
        **errors(401, 403, 404, 422),
    },
)
def get_verdict_picture(sha256: Sha256Path, person: Engineer, context: ContextOf) -> Response:
    """A picture that a verdict names, redacted before it was stored; no other. Who looked is recorded."""
    with context.store.read() as session:
        taught = taught_by_picture(session, context.city, sha256)
    content = context.objects.get(sha256) if taught else None
    if content is None:
        raise NotFound("no_picture", f"no verdict names a picture {sha256}", "path.sha256")
    _audit(context, person.id, "view_picture", sha256)
    return picture_answer(content, MEDIA_TYPE)


def _audit(context: ContextOf, person_id: str, action: str, subject_id: str) -> None:
    with context.store.write() as session:
        session.add(AuditRow(at_ns=context.now_ns(), person_id=person_id, action=action, subject_id=subject_id))


def _example_out(one: Example) -> ExampleOut:
    return ExampleOut(
        observation_id=one.observation_id,
        sha256=one.sha256,
        size_bytes=one.size_bytes,
        verdict=one.verdict,
        label=one.label,
        box=one.box,
        case_id=one.case_id,
        place=one.place,
        day=one.day,
        model_digest=one.model_digest,
        redaction=one.redaction,
    )
