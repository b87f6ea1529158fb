"""Pictures: in from the device that declared them, out to people who may see them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from pydantic import Field

from pipeline.sealed import SEALED_MEDIA
from server.api.access import CallerDevice, Caseworker, ContextOf
from server.api.shapes import SHA, Out, Sha256Path, errors
from server.cases import Role
from server.errors import NotFound, TooLarge
from server.evidence import LIMIT, may_see, receive_picture
from server.tables import AuditRow, StoredPicture

router = APIRouter(tags=["evidence"])

BINARY: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}
MEDIA = {"image/jpeg": BINARY, "image/png": BINARY, "video/mp4": BINARY, SEALED_MEDIA: BINARY}


class Stored(Out):
    sha256: str = Field(examples=[SHA])
    size_bytes: int = Field(examples=[48211])


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
    responses={200: {"model": Stored, "description": "Stored before"}, **errors(401, 404, 413, 422)},
    openapi_extra={"requestBody": {"required": True, "content": MEDIA}},
)
def put_evidence(
    sha256: Sha256Path,
    device: CallerDevice,
    content: Annotated[bytes, Depends(raw_body)],
    response: Response,
    context: ContextOf,
) -> Stored:
    """The bytes of a picture that one of the caller's observations declared; checked against its SHA-256 and size."""
    first = receive_picture(context, device.id, sha256, content)
    response.status_code = 201 if first else 200
    return Stored(sha256=sha256, size_bytes=len(content))


@router.get(
    "/api/evidence/{sha256}",
    response_class=Response,
    responses={200: {"content": MEDIA, "description": "The picture"}, **errors(401, 403, 404, 422)},
)
def get_evidence(sha256: Sha256Path, person: Caseworker, context: ContextOf) -> Response:
    """A picture, redacted before it was stored. Who looked is recorded. A crew member sees those of own work orders,
    a supervisor alone gets sealed plates, which only the enforcement's key opens.
    """
    with context.store.read() as session:
        stored = session.get(StoredPicture, sha256)
        if stored is not None and person.role is Role.CREW and not may_see(session, sha256, person.id):
            stored = None
        if stored is not None and stored.media_type == SEALED_MEDIA and person.role is not Role.SUPERVISOR:
            stored = None
    content = context.objects.get(sha256) if stored is not None else None
    if stored is None or content is None:
        raise NotFound("no_picture", f"there is no picture {sha256}, or it has not come yet", "path.sha256")
    with context.store.write() as session:
        session.add(AuditRow(at_ns=context.now_ns(), person_id=person.id, action="view_picture", subject_id=sha256))
    return picture_answer(content, stored.media_type)


def picture_answer(content: bytes, media_type: str) -> Response:
    """A picture that a browser may keep for an hour and never runs anything of."""
    headers = {"Cache-Control": "private, max-age=3600", "Content-Security-Policy": "sandbox; default-src 'none'"}
    return Response(content, media_type=media_type, headers=headers)
