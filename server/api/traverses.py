"""Traverses from devices."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Header, Response
from pydantic import Field

from pipeline.seal import LONGEST
from pipeline.wire import TraverseWire
from server.api.access import CallerDevice, ContextOf
from server.api.bounded import BoundedRoute
from server.api.shapes import ID, OTHER_ID, SHA, Out, errors
from server.cases.outcomes import Outcome
from server.errors import Forbidden, Invalid
from server.intake.seals import parse_seal
from server.intake.traverses import receive

router = APIRouter(tags=["devices"], route_class=BoundedRoute)

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


@router.put(
    "/api/traverses/{id}",
    status_code=201,
    responses={
        200: {"model": ReceiptOut, "description": "Received before, same body"},
        **errors(401, 403, 409, 413, 422),
    },
)
def put_traverse(
    id: UUID,
    body: Annotated[TraverseWire, Body(examples=[EXAMPLE])],
    device: CallerDevice,
    response: Response,
    context: ContextOf,
    steward_seal: Annotated[
        str | None,
        Header(max_length=LONGEST, description="The device's signature of it, and its link to the one before"),
    ] = None,
) -> ReceiptOut:
    """Take in one traverse, exactly once. Answered when it is on disk."""
    if body.id != id:
        raise Invalid("other_id", f"the body is of traverse {body.id}, the path of {id}", "body.id")
    if body.device != device.id:
        raise Forbidden("other_device", f"the traverse is of device {body.device}; you are {device.id}", "body.device")
    seal = None if steward_seal is None else parse_seal(steward_seal, str(id))
    receipt = receive(context, device.id, body, seal)
    response.status_code = 201 if receipt.first else 200
    return ReceiptOut(
        traverse_id=receipt.traverse_id,
        received=len(receipt.links),
        links=[
            LinkOut(observation_id=one.observation_id, outcome=one.outcome, case_id=one.case_id, reason=one.reason)
            for one in receipt.links
        ],
        missing_evidence=list(receipt.missing_evidence),
    )
