"""Traverses from devices."""

from __future__ import annotations

import re
from functools import partial
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Body, Header, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import Field
from starlette.routing import Route

from pipeline.seal import HEADER, LONGEST, Seal
from pipeline.wire import TraverseWire
from server.access.fleet import no_device
from server.api.access import CallerId, ContextOf, context_of, device_id_of
from server.api.bounded import BoundedRoute
from server.api.direct import Direct, bearer_token, parsed
from server.api.shapes import ID, OTHER_ID, SHA, Out, errors
from server.cases.outcomes import Outcome
from server.errors import Forbidden, Invalid
from server.intake.receipts import Receipt
from server.intake.seals import parse_seal
from server.intake.sent import Sent
from server.intake.traverses import receive, receive_soon

LIGHT: Final = 16_384
"""A body of so many bytes at most is taken apart at once: to give it to a thread, and back, costs more."""
UUIDS: Final = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
EXAMPLE: dict[str, Any] = {
    "version": 1,
    "id": ID,
    "device": OTHER_ID,
    "source_kind": "vehicle",
    "clock": "gnss",
    "hfov_deg": 78.0,
    "view_range_m": 40.0,
    "poses": [
        {
            "utc_ns": 1795138927250000000,
            "lat": 31.23041,
            "lon": 121.4737,
            "heading_deg": 92.5,
            "odometer_m": 118.4,
            "sigma_m": 3.5,
            "usable": True,
        }
    ],
    "observations": [
        {
            "id": "0199d2c4-9c32-7e50-b177-5f4dac8b2033",
            "category": "litter",
            "utc_ns": 1795138927250000000,
            "clock": "gnss",
            "position": {"lat": 31.23039, "lon": 121.47378, "ee": 14.0, "en": 1.5, "nn": 13.0},
            "sight": {"lat": 31.23041, "lon": 121.4737, "heading_deg": 92.5, "range_m": 8.2, "bearing_deg": 106.0},
            "score": 0.81,
            "source_kind": "vehicle",
            "model_digest": SHA,
            "attributes": {},
            "appearance": [],
            "evidence": [
                {
                    "sha256": SHA,
                    "role": "close",
                    "media_type": "image/jpeg",
                    "size_bytes": 48211,
                    "redaction": "fill-1",
                    "box": [0.272727, 0.272727, 0.727273, 0.727273],
                }
            ],
        }
    ],
    "frames": {"seen": 60, "analysed": 41, "skipped": {"too_close": 19}, "quarantined": {}},
}


class LinkOut(Out):
    """What became of one observation."""

    observation_id: str = Field(examples=["0199d2c4-9c32-7e50-b177-5f4dac8b2033"])
    outcome: Outcome = Field(examples=["opened"])
    case_id: str | None = Field(examples=[ID])
    reason: str | None = Field(examples=[None])


class ReceiptOut(Out):
    traverse_id: str = Field(examples=[ID])
    received: int = Field(description="observations in the traverse", examples=[1])
    links: list[LinkOut]
    missing_evidence: list[str] = Field(
        description="pictures that were declared and have not come yet", examples=[[SHA]]
    )


async def _caller(request: Request) -> str:
    """The device that is calling, as its token says; raises Unauthenticated."""
    context, token = context_of(request), bearer_token(request)
    if token is None:
        raise no_device()
    known = context.callers.remembered(token, context.now_ns())
    device_id = known or await run_in_threadpool(device_id_of, context, token)
    if device_id is None:
        raise no_device()
    return device_id


async def _answer(request: Request, device_id: str, body: bytes) -> Response | None:
    """The answer to a well-formed traverse of a device, for which no thread waits; None for anything else."""
    ident, seal = request.path_params["id"], request.headers.get(HEADER)
    plain = request.headers.get("content-type") == "application/json" and UUIDS.fullmatch(ident) is not None
    if not plain or (seal is not None and len(seal) > LONGEST):
        return None
    read = partial(_read, UUID(ident), body, device_id, seal)
    sent = read() if len(body) <= LIGHT else await run_in_threadpool(read)
    if sent is None:
        return None
    receipt = await receive_soon(context_of(request), sent)
    return Response(_told(receipt).model_dump_json(), _status(receipt), media_type="application/json")


PATH: Final = "/api/traverses/{id}"
router = APIRouter(tags=["devices"], route_class=BoundedRoute)
direct: Final = Route(PATH, Direct(_caller, _answer, router), methods=["PUT"])


@router.put(
    PATH,
    status_code=201,
    responses={
        200: {"model": ReceiptOut, "description": "Received before, same body"},
        **errors(401, 403, 409, 413, 422),
    },
)
def put_traverse(
    id: UUID,
    body: Annotated[TraverseWire, Body(examples=[EXAMPLE])],
    device_id: CallerId,
    response: Response,
    context: ContextOf,
    steward_seal: Annotated[
        str | None,
        Header(max_length=LONGEST, description="The device's signature of it, and its link to the one before"),
    ] = None,
) -> ReceiptOut:
    """Take in one traverse, exactly once. Answered when it is on disk."""
    receipt = receive(context, device_id, body, _checked(id, body, device_id, steward_seal))
    response.status_code = _status(receipt)
    return _told(receipt)


def _read(ident: UUID, body: bytes, device_id: str, seal: str | None) -> Sent | None:
    wire = parsed(TraverseWire, body)
    return None if wire is None else Sent.of(device_id, wire, _checked(ident, wire, device_id, seal))


def _checked(ident: UUID, wire: TraverseWire, device_id: str, seal: str | None) -> Seal | None:
    """The seal, of a body that belongs to the path and to the device that sent it."""
    if wire.id != ident:
        raise Invalid("other_id", f"the body is of traverse {wire.id}, the path of {ident}", "body.id")
    if wire.device != device_id:
        raise Forbidden("other_device", f"the traverse is of device {wire.device}; you are {device_id}", "body.device")
    return None if seal is None else parse_seal(seal, str(ident))


def _status(receipt: Receipt) -> int:
    return 201 if receipt.first else 200


def _told(receipt: Receipt) -> ReceiptOut:
    return ReceiptOut(
        traverse_id=receipt.traverse_id,
        received=len(receipt.links),
        links=[
            LinkOut(observation_id=one.observation_id, outcome=one.outcome, case_id=one.case_id, reason=one.reason)
            for one in receipt.links
        ],
        missing_evidence=list(receipt.missing_evidence),
    )
