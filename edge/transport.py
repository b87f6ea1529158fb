"""How an item reaches the server: the `Transport` port, the HTTP one, and the fakes that pass the same tests.

A refusal counts only when it carries the server's own error body. Whatever else answers on the way (a captive portal,
a proxy, a load balancer) may delay an item but can neither acknowledge nor park it.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Protocol
from uuid import UUID

import httpx
from pydantic import BaseModel, Field, ValidationError

from edge.parcels import Item, ItemKind, ParkReason
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
class Unreachable:
    message: str


@dataclass(frozen=True, slots=True)
class Faulty:
    """An answer that says nothing about the item: a server error, or somebody who is not the server."""

    message: str


Answer = Accepted | Partly | Refused | Unauthorised | Busy | Unreachable | Faulty


class Transport(Protocol):
    def send(self, item: Item) -> Answer:
        """Offer one item to the server; never raises for what a network or a server can do."""
        ...


class TraverseAnswer(BaseModel):
    """The part of the server's answer to a traverse that an edge acts on."""

    traverse_id: UUID
    received: int
    missing_evidence: Annotated[list[Sha256], Field(max_length=40_000)]


class ErrorBody(BaseModel):
    class Error(BaseModel):
        code: str
        message: str
        where: str | None = None

    error: Error


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


def read_answer(item: Item, status: int, retry_after: str | None, body: bytes) -> Answer:
    """What an HTTP answer means for an item; see the module for who is believed."""
    if status in (200, 201):
        return _read_success(item, body)
    if status in (401, 403):
        return Unauthorised(_error_of(body) or f"status {status}")
    if status == 429 or (status == 503 and retry_after is not None):
        return Busy(_seconds(retry_after))
    if status == 408:
        return Unreachable("the server gave up waiting for the request")
    reason = PARKED_BY.get((item.kind, status))
    said = _error_of(body)
    if reason is not None and said is not None:
        return Refused(reason, said)
    return Faulty(f"status {status}" + (f": {said}" if said else ""))


def _read_success(item: Item, body: bytes) -> Answer:
    if item.kind is ItemKind.EVIDENCE:
        # A portal's page answers 200 as well; the server answers a picture with JSON or with nothing.
        return Accepted() if not body.strip() or _is_json(body) else Faulty("an answer that is not the server's")
    try:
        answer = TraverseAnswer.model_validate_json(body)
    except ValidationError:
        return Faulty("an answer that is not the server's")
    if str(answer.traverse_id) != item.id:
        return Faulty(f"an answer about another traverse: {answer.traverse_id}")
    return Accepted(tuple(sorted(declared_pictures(item.body) - set(answer.missing_evidence))))


def _is_json(body: bytes) -> bool:
    try:
        json.loads(body)
    except ValueError:
        return False
    return True


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


class HttpTransport:
    """PUTs to the server with a device token. Redirects are not followed: a portal redirects, the server never does."""

    def __init__(self, client: httpx.Client, url: str, device_id: str, token: str) -> None:
        self._client = client
        self._url = url.rstrip("/")
        self._device_id = device_id
        self._token = token

    def send(self, item: Item) -> Answer:
        """One PUT. The device is written into a traverse here: it may have been recorded before enrolment."""
        if item.kind is ItemKind.TRAVERSE:
            body, place = with_device(item.body, self._device_id), f"/api/traverses/{item.id}"
        else:
            body, place = item.body, f"/api/evidence/{item.id}"
        try:
            answer = self._client.put(
                self._url + place,
                content=body,
                headers={"Authorization": f"Bearer {self._token}", "Content-Type": item.media_type},
                follow_redirects=False,
            )
        except httpx.TimeoutException:
            return Unreachable("no answer in time")
        except httpx.TransportError as error:
            return Unreachable(f"no connection: {error}")
        except (httpx.InvalidURL, httpx.DecodingError) as error:
            return Faulty(str(error))
        return read_answer(item, answer.status_code, answer.headers.get("Retry-After"), answer.content)


def with_device(body: bytes, device_id: str) -> bytes:
    """A traverse's JSON with its device set; the same body for the same device, byte for byte."""
    return json.dumps({**json.loads(body), "device": device_id}, ensure_ascii=False, separators=(",", ":")).encode()


@dataclass(slots=True)
class MemoryTransport:
    """A server in memory that keeps the contract: idempotent, pictures only after a traverse declared them."""

    traverses: dict[str, bytes] = field(default_factory=dict)
    pictures: dict[str, bytes] = field(default_factory=dict)
    requests: int = 0

    def send(self, item: Item) -> Answer:
        self.requests += 1
        if item.kind is ItemKind.TRAVERSE:
            if self.traverses.setdefault(item.id, item.body) != item.body:
                return Refused(ParkReason.CONFLICT, "conflict: another body came before")
            return Accepted(tuple(sorted(declared_pictures(item.body) & self.pictures.keys())))
        if not any(item.id in declared_pictures(body) for body in self.traverses.values()):
            return Refused(ParkReason.UNDECLARED, "undeclared: no traverse declared it")
        self.pictures[item.id] = item.body
        return Accepted()


@dataclass(slots=True)
class FlakyTransport:
    """Another transport behind a bad link: a share of requests is lost, and so is a share of answers."""

    inner: Transport
    error_ratio: float
    rng: random.Random

    def send(self, item: Item) -> Answer:
        if self.rng.random() < self.error_ratio:
            return Unreachable("the request was lost")
        answer = self.inner.send(item)
        fate = self.rng.random()
        if fate < self.error_ratio:
            return Unreachable("the answer was lost")
        if fate < 1.2 * self.error_ratio:
            return Faulty("status 500")
        return answer
