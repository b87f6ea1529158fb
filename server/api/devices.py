"""Devices: enrolment with a one-time code, and the fleet as an administrator sees it."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import AfterValidator, Field, field_validator
from sqlalchemy.orm import Session

from pipeline.printable import printable
from server.access.fleet import enrol, new_code, open_code, revoke
from server.access.tries import Source, Wait, tried
from server.api.access import ADMIN_ONLY, Admin, ContextOf, Origin
from server.api.shapes import AT, ID, In, Out, at, errors, maybe_at
from server.errors import ApiError, Forbidden, Invalid, NotFound, TooMany
from server.intake.channels import fleet
from server.intake.sensors import SensorRow
from server.records.tables import AuditRow

router = APIRouter(tags=["devices"])


class Enrolment(In):
    code: Annotated[str, Field(min_length=1, max_length=64, examples=["K7QM-4XTA-9BND"])]
    name: Annotated[str, Field(min_length=1, max_length=64, examples=["car-7"]), AfterValidator(printable)]
    kind: Literal["vehicle", "drone", "sensor"] = Field(examples=["vehicle"])
    bin_id: Annotated[str, Field(max_length=64)] | None = Field(
        None, description="the bin of the register that a sensor sits in", examples=[None]
    )
    public_key: Annotated[str, Field(max_length=64)] | None = Field(
        None,
        description="Ed25519 public key, base64",
        examples=["11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="],
    )

    @field_validator("public_key")
    @classmethod
    def _ed25519(cls, key: str | None) -> str | None:
        if key is None:
            return None
        try:
            raw = base64.b64decode(key, validate=True)
        except (binascii.Error, ValueError) as error:
            raise ValueError("not base64") from error
        if len(raw) != 32:
            raise ValueError("an Ed25519 public key has 32 bytes")
        return key


class Enrolled(Out):
    device_id: str = Field(examples=[ID])
    token: str = Field(examples=["pZ7nC2b0m8o3V1y5uKx9QdLr4eHsTtWfGjAiRkYvE6M"])


class DeviceOut(Out):
    id: str = Field(examples=[ID])
    name: str = Field(examples=["car-7"])
    kind: str = Field(examples=["vehicle"])
    enrolled_at: datetime = Field(examples=[AT])
    last_traverse_at: datetime | None = Field(examples=[AT])
    revoked_at: datetime | None = Field(examples=[None])


class Devices(Out):
    items: list[DeviceOut]


class CodeOut(Out):
    code: str = Field(examples=["K7QM-4XTA-9BND"])


@router.post("/api/devices/enrol", status_code=201, responses=errors(403, 422, 429))
def enrol_device(body: Enrolment, origin: Origin, context: ContextOf) -> Enrolled:
    """Trade a one-time code for a device's own token, which is shown here and never again."""
    if (body.kind == "sensor") != (body.bin_id is not None):
        raise Invalid("bin_missing", "a sensor, and nothing else, names the bin that it sits in", "body.bin_id")
    now_ns = context.now_ns()

    def trade(session: Session) -> Enrolled | ApiError:
        code = open_code(session, body.code, now_ns)
        if code is None:
            return Forbidden(
                "code_refused", "the enrolment code is wrong, used or too old; ask for a new one", "body.code"
            )
        if body.bin_id is not None and context.city.bins.part(body.bin_id) is None:
            # Only whoever has a code is told, and the code is not spent; the try is.
            return Invalid("no_bin", f"there is no bin {body.bin_id} in the register of bins", "body.bin_id")
        device, token = enrol(session, code, body.name, body.kind, body.public_key, context.new_id(), now_ns)
        if body.bin_id is not None:
            session.add(SensorRow(device_id=device.id, bin_id=body.bin_id))
        return Enrolled(device_id=device.id, token=token)

    match tried(context.store, (Source(f"enrol:{origin}"),), now_ns, trade):
        case Wait(seconds):
            raise TooMany("too_many_tries", f"too many wrong codes; wait {seconds} s", "body.code", seconds)
        case ApiError() as refused:
            raise refused
        case enrolled:
            return enrolled


@router.get("/api/devices", responses=errors(401, 403), dependencies=[ADMIN_ONLY])
def list_devices(context: ContextOf) -> Devices:
    """The fleet."""
    with context.store.read() as session:
        return Devices(
            items=[
                DeviceOut(
                    id=row.id,
                    name=row.name,
                    kind=row.kind,
                    enrolled_at=at(row.enrolled_ns),
                    last_traverse_at=maybe_at(row.last_traverse_ns),
                    revoked_at=maybe_at(row.revoked_ns),
                )
                for row in fleet(session)
            ]
        )


@router.post("/api/devices/codes", status_code=201, responses=errors(401, 403))
def make_device_code(person: Admin, context: ContextOf) -> CodeOut:
    """A one-time enrolment code, good for seven days."""
    with context.store.write() as session:
        now_ns = context.now_ns()
        session.add(AuditRow(at_ns=now_ns, person_id=person.id, action="make_device_code", subject_id=""))
        return CodeOut(code=new_code(session, now_ns))


@router.post("/api/devices/{id}/revoke", status_code=204, responses=errors(401, 403, 404, 422))
def revoke_device(id: UUID, person: Admin, context: ContextOf) -> None:
    """Take a device's token away for good. What it sent stays."""
    with context.store.write() as session:
        now_ns = context.now_ns()
        if not revoke(session, str(id), now_ns):
            raise NotFound("no_device", f"there is no device {id} with a token", "path.id")
        session.add(AuditRow(at_ns=now_ns, person_id=person.id, action="revoke_device", subject_id=str(id)))
    context.callers.forget()
