"""What stands around every request: bounds on its body and on all bodies together, and headers that keep browsers
strict."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from fastapi import HTTPException
from prometheus_client import Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.measures import REFUSALS, REQUEST_S, REQUESTS


@dataclass(frozen=True, slots=True)
class Bound:
    """What a body may hold. parts: JSON values, of which a few bytes become a hundred in memory; None where the body is
    no JSON. room_bytes: so much of all bodies of this kind a process holds at a time, each until it is answered; slow
    senders of one kind take the room of no other."""

    size_bytes: int
    parts: int | None
    room_bytes: int


PICTURE: Final = Bound(24_000_000, None, 200_000_000)
TRAVERSE: Final = Bound(8_000_000, 400_000, 100_000_000)
"""Room for 5,000 poses and 600 observations with appearances of 512 numbers."""
REPORT: Final = Bound(10_500_000, None, 100_000_000)
"""A photo of 10 MB and the form around it."""
SMALL: Final = Bound(64_000, None, 20_000_000)
REPORTS: Final = ("/api/reports", "/api/inspections")

NO_ROOM: Final = "more is being sent than the server has room for; nothing was acknowledged, send it again later"
AGAIN_S: Final = 5
LINGER_S: Final = 10.0
LINGER_BYTES: Final = 2 * PICTURE.size_bytes
"""So long, and so much at most, of what is still being sent is read and let go once it is answered."""
CODES: Final = {413: "too_large", 503: "no_room"}
"""The word for each refusal of a body."""
REFUSED: Final = "steward.refused"
"""In the scope of a request that was refused: the word for it."""
METHODS: Final = frozenset({"GET", "HEAD", "PUT", "POST", "DELETE"})

HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(self), geolocation=(self), microphone=()"),
)
POLICY = (
    b"default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; worker-src 'self' blob:; "
    b"connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


class _RefusedError(HTTPException):
    """Passes through FastAPI's reading of bodies, which turns any other exception into a 400."""


class Held:
    """How many bytes of bodies of one kind a process holds."""

    def __init__(self, room_bytes: int) -> None:
        self._room_bytes = room_bytes
        self._lock = threading.Lock()
        self._bytes = 0

    def take(self, size_bytes: int) -> bool:
        """Whether there is room for so many more, which are held from then on."""
        with self._lock:
            if self._bytes + size_bytes > self._room_bytes:
                return False
            self._bytes += size_bytes
            return True

    def give_back(self, size_bytes: int) -> None:
        with self._lock:
            self._bytes -= size_bytes


class BodyLimit:
    """Answers 413 to a body over the bound of its path, by its declared length or as it streams in, and 503 to one for
    which there is no room while those of others come in. Nobody holds room for what did not come yet. Whoever is
    answered before all was sent, as where the token is no good, can send it to its end: a connection that is closed
    before is reset, and the answer is lost on its way, or becomes a proxy's 502 (RFC 9112, 9.6)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._held = {bound: Held(bound.room_bytes) for bound in (PICTURE, TRAVERSE, REPORT, SMALL)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        bound = bound_of(scope["method"], scope["path"])
        headers = dict(scope["headers"])
        declared = headers.get(b"content-length", b"0")
        body = _Body(bound, self._held[bound], receive, headers)
        started = False

        async def watched_send(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            if message["type"] == "http.response.body" and not message.get("more_body", False) and body.is_coming:
                await send({**message, "more_body": True})
                await body.pass_by()
                message = {"type": "http.response.body"}
            await send(message)

        try:
            if not declared.isdigit() or len(declared) > 15 or int(declared) > bound.size_bytes:
                raise _too_long(bound)
            await self._app(scope, body.receive, watched_send)
        except _RefusedError as error:
            if not started:
                await _refuse(scope, watched_send, error)
        finally:
            body.let_go()


class StrictHeaders:
    """Adds the security headers; answers of the API are not cached unless they say so themselves."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def strict_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers: list[tuple[bytes, bytes]] = list(message.get("headers", []))
                there = {name.lower() for name, _ in headers}
                message["headers"] = [*headers, *(one for one in strict(scope["path"]) if one[0] not in there)]
            await send(message)

        await self._app(scope, receive, strict_send)


class Measured:
    """Counts requests by their template, and times them until their answers begin. named: the templates of endpoints
    whose routes do not say theirs. What matches no template, as a file of the console, is `other`."""

    def __init__(self, app: ASGIApp, named: Mapping[object, str]) -> None:
        self._app = app
        self._named = named
        self._counted: dict[tuple[str, str, str], tuple[Counter, Histogram]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began_s = time.perf_counter()
        took_s, status = None, "none"

        async def timed_send(message: Message) -> None:
            nonlocal took_s, status
            if message["type"] == "http.response.start":
                took_s, status = time.perf_counter() - began_s, f"{message['status'] // 100}xx"
            await send(message)

        try:
            await self._app(scope, receive, timed_send)
        except Exception:
            status, scope[REFUSED] = ("5xx", "internal") if took_s is None else (status, "internal")
            raise
        finally:
            route = getattr(scope.get("route"), "path", None) or self._named.get(scope.get("endpoint"), "other")
            requests, durations = self._of(scope["method"], route, status)
            requests.inc()
            if took_s is not None:
                durations.observe(took_s)
            if REFUSED in scope:
                REFUSALS.labels(route, scope[REFUSED]).inc()

    def _of(self, method: str, route: str, status: str) -> tuple[Counter, Histogram]:
        """Remembered, since to find them by their labels takes longer than to count."""
        key = (method if method in METHODS else "other", route, status)
        if key not in self._counted:
            self._counted[key] = REQUESTS.labels(*key), REQUEST_S.labels(*key[:2])
        return self._counted[key]


def strict(path: str) -> list[tuple[bytes, bytes]]:
    """The security headers of an answer for this path."""
    wanted = [*HEADERS, (b"content-security-policy", POLICY)]
    if path.startswith("/api/"):
        wanted.append((b"cache-control", b"no-store"))
    elif path.endswith(("/", ".html")):
        wanted.append((b"cache-control", b"no-cache"))  # so that a new console is seen at once
    return wanted


def bound_of(method: str, path: str) -> Bound:
    """What the body of a request may hold."""
    if method == "PUT" and path.startswith("/api/traverses/"):
        return TRAVERSE
    if (method == "PUT" and path.startswith("/api/evidence/")) or path.endswith("/after-photo"):
        return PICTURE
    return REPORT if path in REPORTS else SMALL


class _Body:
    """The body of one request as it comes in."""

    def __init__(self, bound: Bound, held: Held, receive: Receive, headers: Mapping[bytes, bytes]) -> None:
        self._bound = bound
        self._held = held
        self._receive = receive
        self._size = self._parts = 0
        # Who waits to be told to go on sends nothing before; to read is what tells them.
        there = headers.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in headers
        self.is_coming = there and b"expect" not in headers

    async def receive(self) -> Message:
        """The next piece; raises _RefusedError."""
        message = await self._next()
        piece = message.get("body", b"")
        if self._size + len(piece) > self._bound.size_bytes:
            raise _too_long(self._bound)
        if not self._held.take(len(piece)):
            raise _RefusedError(503, NO_ROOM, {"Retry-After": str(AGAIN_S)})
        self._size += len(piece)
        if self._bound.parts is not None:
            # Every JSON value but the first follows one of these; one in a text counts too, which are few.
            self._parts += piece.count(b",") + piece.count(b"[") + piece.count(b"{")
            if self._parts > self._bound.parts:
                raise _RefusedError(413, f"the body has more than {self._bound.parts} values")
        return message

    async def pass_by(self) -> None:
        """Read on to the end and keep nothing of it, within LINGER_S and LINGER_BYTES."""
        passed = 0
        with suppress(TimeoutError):
            async with asyncio.timeout(LINGER_S):
                while self.is_coming and passed < LINGER_BYTES:
                    passed += len((await self._next()).get("body", b""))

    async def _next(self) -> Message:
        message = await self._receive()
        self.is_coming = message.get("more_body", False)
        return message

    def let_go(self) -> None:
        """Give its room back."""
        self._held.give_back(self._size)


def _too_long(bound: Bound) -> _RefusedError:
    return _RefusedError(413, f"the body is larger than {bound.size_bytes} bytes")


async def _refuse(scope: Scope, send: Send, refused: _RefusedError) -> None:
    code = CODES[refused.status_code]
    scope[REFUSED] = code
    body = json.dumps({"error": {"code": code, "message": refused.detail, "where": "body"}}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
        *((name.lower().encode(), value.encode()) for name, value in (refused.headers or {}).items()),
    ]
    await send({"type": "http.response.start", "status": refused.status_code, "headers": headers})
    await send({"type": "http.response.body", "body": body})
