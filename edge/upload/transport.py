"""How an item reaches the server: the `Transport` port, the HTTP one, and the fakes that pass the same tests.

A picture goes where the server says, which may be an object store; only the server's word counts for any item.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import httpx

from edge.outbox.parcels import Item, ItemKind, ParkReason
from edge.upload.answers import (
    Accepted,
    Answer,
    Faulty,
    Partly,
    Refused,
    StoreAway,
    Unreachable,
    declared_pictures,
    read_answer,
    read_step,
)
from edge.upload.exchange import Reply, exchange
from edge.upload.handover import PutHere, UploadStep, refuses, request_apart
from pipeline.seal import HEADER
from pipeline.upload import UploadAsk, split

JSON: Mapping[str, str] = {"Content-Type": "application/json"}


class Transport(Protocol):
    def send(self, item: Item) -> Answer:
        """Offer one item to the server; never raises for what a network or a server can do."""
        ...


class HttpTransport:
    """Sends to the server with a device token. Redirects are not followed: a portal redirects, neither the server nor
    an object store does."""

    def __init__(self, client: httpx.Client, url: str, device_id: str, token: str) -> None:
        self._client = client
        self._url = url.rstrip("/")
        self._device_id = device_id
        self._token = token

    def send(self, item: Item) -> Answer:
        """One item. The device is written into a traverse here: it may have been recorded before enrolment."""
        try:
            if item.kind is ItemKind.TRAVERSE:
                body = with_device(item.body, self._device_id)
                headers = {**JSON, HEADER: item.seal} if item.seal else JSON
                return read_answer(item, self._request("PUT", f"/api/traverses/{item.id}", body, headers))
            return self._send_picture(item)
        except httpx.TimeoutException:
            return Unreachable("no answer in time")
        except httpx.TransportError as error:
            return Unreachable(f"no connection: {error}")
        except (httpx.InvalidURL, httpx.DecodingError) as error:
            return Faulty(str(error))

    def _send_picture(self, item: Item) -> Answer:
        """Ask, put the first part that is missing, ask again. What was cut off goes on with what is missing then."""
        parts = split(item.body)
        step = self._ask(item, parts)
        if not isinstance(step, UploadStep):
            return step
        if not step.puts or any(put.number >= len(parts) for put in step.puts):
            return Faulty(f"the server does not say where the {len(parts)} parts go")
        put, *later = step.puts
        answer = self._put(item, put, parts[put.number])
        if answer is not None:
            return answer
        if later and len(step.puts) <= _left(item.progress, len(parts)):
            return Partly(f"{len(later)} parts left")
        again = self._ask(item, parts) if not later else step
        return StoreAway("a part was put, but did not arrive") if isinstance(again, UploadStep) else again

    def _ask(self, item: Item, parts: tuple[bytes, ...]) -> Answer | UploadStep:
        ask = UploadAsk(parts=tuple(hashlib.sha256(part).hexdigest() for part in parts) if len(parts) > 1 else ())
        return read_step(item, self._request("POST", f"/api/evidence/{item.id}", ask.model_dump_json().encode(), JSON))

    def _put(self, item: Item, put: PutHere, part: bytes) -> Answer | None:
        """Put one part; an answer where that ends the sending, None where it goes on.

        Nothing that an object store says parks a picture: an address that has expired, a checksum that does not fit
        and a store that is ill all mean to ask the server anew, later.
        """
        no = refuses(self._url, put)
        if no is not None:
            return Faulty(f"the server sends pictures to an address that is not used: {no}")
        if put.is_own:
            reply = self._request("PUT", put.url, part, put.headers)
            return None if reply.status == 204 else read_answer(item, reply)
        try:
            reply = exchange(self._client, request_apart(put, part, self._client.timeout))
        except httpx.TransportError as error:
            return StoreAway(f"no connection to the object store: {error}")
        return None if 200 <= reply.status < 300 else StoreAway(f"the object store answered {reply.status}")

    def _request(self, verb: str, path: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        """A request to the server itself, and its reply."""
        signed = {"Authorization": f"Bearer {self._token}", **headers}
        return exchange(self._client, self._client.build_request(verb, self._url + path, content=body, headers=signed))


def _left(progress: str, parts: int) -> int:
    """How many parts should be missing still. More than that: somebody on the way takes them and keeps them."""
    number = progress.partition(" ")[0]
    return int(number) if number.isdecimal() else parts


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
