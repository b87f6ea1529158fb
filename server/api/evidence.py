"""Pictures: in from the device that declared them, out to people who may see them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Path, Request, Response
from pydantic import Field

from pipeline.sealed import SEALED_MEDIA
from pipeline.upload import CHECKSUM, UploadAsk
from server.access.roles import Role
from server.api.access import CallerPatrol, Caseworker, ContextOf
from server.api.ranges import Span, span_of
from server.api.shapes import SHA, Out, Sha256Path, errors
from server.context import Context
from server.errors import NotFound, TooLarge
from server.intake.evidence import LIMIT, may_see, receive_picture
from server.intake.uploads import Done, next_step, receive_piece
from server.log import log_of
from server.records.pictures import StoredPicture
from server.records.tables import AuditRow

router = APIRouter(tags=["evidence"])
_log = log_of(__name__)

BINARY: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}
CLIP = "video/mp4"
MEDIA = {"image/jpeg": BINARY, "image/png": BINARY, CLIP: BINARY, SEALED_MEDIA: BINARY}
ASK_ERRORS = errors(401, 403, 404, 422, 503)


class Stored(Out):
    sha256: str = Field(examples=[SHA])
    size_bytes: int = Field(examples=[48211])


class PutHere(Out):
    """One request that the device makes next: PUT the part's bytes, with these headers."""

    number: int = Field(description="which part, from 0 on", examples=[0])
    url: str = Field(
        description="an address of the object store, to which no token is sent; or a path of this server, with it",
        examples=[f"/api/evidence/{SHA}"],
    )
    headers: dict[str, str] = Field(examples=[{"content-type": "image/jpeg"}])


class UploadOut(Out):
    """What to do next. Stored: nothing. Else put the parts, and ask again."""

    sha256: str = Field(examples=[SHA])
    stored: bool = Field(examples=[False])
    puts: list[PutHere]


async def raw_body(request: Request) -> bytes:
    """The whole body, at most LIMIT bytes."""
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > LIMIT:
            raise TooLarge("too_large", f"a picture has at most {LIMIT} bytes", "body")
        parts.append(part)
    return b"".join(parts)


@router.put(
    "/api/evidence/{sha256}",
    status_code=201,
    responses={200: {"model": Stored, "description": "Stored before"}, **errors(401, 403, 404, 413, 422)},
    openapi_extra={"requestBody": {"required": True, "content": MEDIA}},
)
def put_evidence(
    sha256: Sha256Path,
    device: CallerPatrol,
    content: Annotated[bytes, Depends(raw_body)],
    response: Response,
    context: ContextOf,
) -> Stored:
    """The bytes of a picture that one of the caller's observations declared; checked against its SHA-256 and size."""
    first = receive_picture(context, device.id, sha256, content)
    response.status_code = 201 if first else 200
    return Stored(sha256=sha256, size_bytes=len(content))


@router.post(
    "/api/evidence/{sha256}",
    responses={201: {"model": UploadOut, "description": "All parts were there; now it is stored"}, **ASK_ERRORS},
)
def ask_upload(
    sha256: Sha256Path, body: UploadAsk, device: CallerPatrol, response: Response, context: ContextOf
) -> UploadOut:
    """What to do next about a picture that one of the caller's observations declared. Ask again after each put: when
    all parts are there, this is what has them looked at and stored."""
    step = next_step(context, device.id, sha256, body.parts)
    if isinstance(step, Done):
        response.status_code = 201 if step.first else 200
        return UploadOut(sha256=sha256, stored=True, puts=[])
    puts = [PutHere(number=one.number, url=one.address.url, headers=dict(one.address.headers)) for one in step]
    return UploadOut(sha256=sha256, stored=False, puts=puts)


@router.put(
    "/api/evidence/{sha256}/parts/{number}",
    status_code=204,
    responses=errors(401, 403, 404, 413, 422, 503),
    openapi_extra={"requestBody": {"required": True, "content": MEDIA}},
)
def put_part(
    sha256: Sha256Path,
    number: Annotated[int, Path(ge=0, le=31, examples=[0])],
    device: CallerPatrol,
    content: Annotated[bytes, Depends(raw_body)],
    checksum: Annotated[str, Header(alias=CHECKSUM, max_length=64, description="SHA-256 of the part, base64")],
    context: ContextOf,
) -> None:
    """One part of a picture, where the server keeps pictures itself; it waits until the others are there."""
    receive_piece(context, device.id, sha256, number, content, checksum)


@router.get(
    "/api/evidence/{sha256}",
    response_class=Response,
    responses={
        200: {"content": MEDIA, "description": "The picture"},
        206: {"content": {CLIP: BINARY}, "description": "The part of a clip that Range asks for"},
        **errors(401, 403, 404, 422, 503),
    },
)
def get_evidence(
    sha256: Sha256Path,
    person: Caseworker,
    context: ContextOf,
    part: Annotated[
        str | None, Header(alias="Range", max_length=200, description="of a clip: bytes=FIRST-LAST")
    ] = None,
) -> Response:
    """A picture, redacted before it was stored. Who looked is recorded. A crew member sees those of own work orders,
    a supervisor alone gets sealed plates, which only the enforcement's key opens.
    """
    with context.store.read() as session:
        stored = session.get(StoredPicture, sha256)
        if stored is not None and person.role is Role.CREW and not may_see(session, sha256, person.id):
            stored = None
        if stored is not None and stored.media_type == SEALED_MEDIA and person.role is not Role.SUPERVISOR:
            stored = None
    span = span_of(part, stored.size_bytes) if stored is not None and stored.media_type == CLIP else None
    content = _bytes_of(context, sha256, span) if stored is not None else None
    if stored is None or content is None:
        raise NotFound("no_picture", f"there is no picture {sha256}, or it has not come yet", "path.sha256")
    with context.store.write() as session:
        session.add(AuditRow(at_ns=context.now_ns(), person_id=person.id, action="view_picture", subject_id=sha256))
    answer = picture_answer(content, stored.media_type)
    if stored.media_type == CLIP:
        answer.headers["Accept-Ranges"] = "bytes"
    if span is not None:
        answer.status_code = 206
        answer.headers["Content-Range"] = span.header
    return answer


def _bytes_of(context: Context, sha256: str, span: Span | None) -> bytes | None:
    """The bytes of a recorded picture; that they are not there is nothing to pass over in silence."""
    content = context.objects.get(sha256) if span is None else context.objects.read(sha256, span.start, span.size_bytes)
    if content is None:
        _log.error("a recorded picture is missing or damaged; see: steward server check", picture=sha256)
    return content


def picture_answer(content: bytes, media_type: str) -> Response:
    """A picture that a browser may keep for an hour and never runs anything of."""
    headers = {"Cache-Control": "private, max-age=3600", "Content-Security-Policy": "sandbox; default-src 'none'"}
    return Response(content, media_type=media_type, headers=headers)
