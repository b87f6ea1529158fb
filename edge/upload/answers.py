"""What an answer means for an item that was offered: the outcomes that the uploader acts on, read from HTTP.

A refusal counts only when it carries the server's own error body. Whatever else answers on the way (a captive portal,
a proxy, a load balancer) may delay an item but can neither acknowledge nor park it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field, ValidationError

from edge.outbox.parcels import Item, ItemKind, ParkReason
from edge.upload.exchange import Reply
from edge.upload.handover import UploadStep
from pipeline.wire import Sha256

MAX_RETRY_AFTER_S = 3600.0


@dataclass(frozen=True, slots=True)
class Accepted:
    """The server has it, after its commit. not_needed: pictures of this traverse that it already had."""

    not_needed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Partly:
    """A step went well and more are to come: the item is offered again with this progress, also after a restart."""

    progress: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The server looked at it and will never take it."""

    reason: ParkReason
    message: str


@dataclass(frozen=True, slots=True)
class Unauthorised:
    message: str


@dataclass(frozen=True, slots=True)
class Busy:
    retry_after_s: float | None


@dataclass(frozen=True, slots=True)
class StoreAway:
    """What keeps the pictures is ill or out of reach; that says nothing of the server, nor of records."""

    message: str
    retry_after_s: float | None = None


@dataclass(frozen=True, slots=True)
class Unreachable:
    message: str


@dataclass(frozen=True, slots=True)
class Faulty:
    """An answer that says nothing about the item: a server error, or somebody who is not the server."""

    message: str


Answer = Accepted | Partly | Refused | Unauthorised | Busy | StoreAway | Unreachable | Faulty


class TraverseAnswer(BaseModel):
    """The part of the server's answer to a traverse that an edge acts on."""

    traverse_id: UUID
    received: int
    missing_evidence: Annotated[list[Sha256], Field(max_length=40_000)]


class PictureAnswer(BaseModel):
    """The part of the server's answer to a picture that an edge acts on."""

    sha256: Sha256


class ErrorBody(BaseModel):
    class Error(BaseModel):
        code: str
        message: str
        where: str | None = None

    error: Error


ALIEN = "an answer that is not the server's"

NO_STORAGE = "no_storage"
"""The server's word for a disk, a database or an object store that is away; see `StoreAway`."""

SENT_AGAIN = "other_bytes"
"""The server's word for bytes that changed on their way: what lies in the outbox was checked before it was sent."""

PARKED_BY: Mapping[tuple[ItemKind, int], ParkReason] = {
    (ItemKind.TRAVERSE, 400): ParkReason.INVALID,
    (ItemKind.TRAVERSE, 409): ParkReason.CONFLICT,
    (ItemKind.TRAVERSE, 413): ParkReason.TOO_LARGE,
    (ItemKind.TRAVERSE, 422): ParkReason.INVALID,
    (ItemKind.EVIDENCE, 400): ParkReason.INVALID,
    (ItemKind.EVIDENCE, 404): ParkReason.UNDECLARED,
    (ItemKind.EVIDENCE, 409): ParkReason.CONFLICT,
    (ItemKind.EVIDENCE, 413): ParkReason.TOO_LARGE,
    (ItemKind.EVIDENCE, 415): ParkReason.REFUSED,
    (ItemKind.EVIDENCE, 422): ParkReason.INVALID,
}


def declared_pictures(body: bytes) -> frozenset[str]:
    """The SHA-256 sums that a traverse's JSON declares."""
    return frozenset(
        picture["sha256"] for seen in json.loads(body)["observations"] for picture in seen.get("evidence", ())
    )


def read_answer(item: Item, reply: Reply) -> Answer:
    """What the server's reply means for an item; see the module for who is believed."""
    status = reply.status
    if status in (200, 201):
        return _read_success(item, reply.body)
    said = _error_of(reply.body)
    if status in (401, 403):
        return Unauthorised(said or f"status {status}")
    if status == 429 or (status == 503 and reply.retry_after is not None):
        wait_s = _seconds(reply.retry_after)
        if item.kind is ItemKind.EVIDENCE and said is not None and said.startswith(f"{NO_STORAGE}:"):
            return StoreAway(said, wait_s)
        return Busy(wait_s)
    if status == 408:
        return Unreachable("the server gave up waiting for the request")
    reason = PARKED_BY.get((item.kind, status))
    if reason is not None and said is not None and not said.startswith(f"{SENT_AGAIN}:"):
        return Refused(reason, said)
    return Faulty(f"status {status}" + (f": {said}" if said else ""))


def _read_success(item: Item, body: bytes) -> Answer:
    if item.kind is ItemKind.EVIDENCE:
        return _read_stored(item, body)
    try:
        answer = TraverseAnswer.model_validate_json(body)
    except ValidationError:
        return Faulty(ALIEN)
    if str(answer.traverse_id) != item.id:
        return Faulty(f"an answer about another traverse: {answer.traverse_id}")
    return Accepted(tuple(sorted(declared_pictures(item.body) - set(answer.missing_evidence))))


def _read_stored(item: Item, body: bytes) -> Answer:
    """A portal answers 200 as well, with a page, with JSON or with nothing: the server names what it has stored."""
    try:
        stored = PictureAnswer.model_validate_json(body)
    except ValidationError:
        return Faulty(ALIEN)
    return Accepted() if stored.sha256 == item.id else Faulty(f"an answer about another picture: {stored.sha256}")


def read_step(item: Item, reply: Reply) -> Answer | UploadStep:
    """What the server's reply to "what next?" means for a picture."""
    if reply.status not in (200, 201):
        return read_answer(item, reply)
    try:
        step = UploadStep.model_validate_json(reply.body)
    except ValidationError:
        return Faulty(ALIEN)
    if step.sha256 != item.id:
        return Faulty(f"an answer about another picture: {step.sha256}")
    return Accepted() if step.stored else step


def _error_of(body: bytes) -> str | None:
    """The server's own sentence, or None where the body is not the server's."""
    try:
        error = ErrorBody.model_validate_json(body).error
    except ValidationError:
        return None
    return f"{error.code}: {error.message}" + (f" ({error.where})" if error.where else "")


def _seconds(retry_after: str | None) -> float | None:
    try:
        wait_s = float(retry_after or "")
    except ValueError:
        return None
    return min(wait_s, MAX_RETRY_AFTER_S) if wait_s >= 0 else None
