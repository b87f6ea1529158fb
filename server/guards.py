"""What stands around every request: a bound on its body, and headers that keep browsers strict."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

from fastapi import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send


@dataclass(frozen=True, slots=True)
class Bound:
    """What a body may hold. parts: JSON values, of which a few bytes become a hundred in memory; None where the body is
    no JSON."""

    size_bytes: int
    parts: int | None


PICTURE: Final = Bound(24_000_000, None)
TRAVERSE: Final = Bound(8_000_000, 400_000)
"""Room for 5,000 poses and 600 observations with appearances of 512 numbers."""
REPORT: Final = Bound(10_500_000, None)
"""A photo of 10 MB and the form around it."""
SMALL: Final = Bound(64_000, None)
REPORTS: Final = ("/api/reports", "/api/inspections")

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


class _TooLargeError(HTTPException):
    """Passes through FastAPI's reading of bodies, which turns any other exception into a 400."""


class BodyLimit:
    """Answers 413 to a body over the bound of its path, by its declared length or as it streams in."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        bound = bound_of(scope["method"], scope["path"])
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        if not declared.isdigit() or len(declared) > 15 or int(declared) > bound.size_bytes:
            await _refuse(send, _too_long(bound))
            return
        started = False

        async def watched_send(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, _counted(receive, bound), watched_send)
        except _TooLargeError as error:
            if not started:
                await _refuse(send, error.detail)


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


def _counted(receive: Receive, bound: Bound) -> Callable[[], Awaitable[Any]]:
    size = parts = 0

    async def counted() -> Message:
        nonlocal size, parts
        message = await receive()
        body = message.get("body", b"")
        size += len(body)
        if size > bound.size_bytes:
            raise _TooLargeError(413, _too_long(bound))
        if bound.parts is not None:
            # Every JSON value but the first follows one of these; one in a text counts too, which are few.
            parts += body.count(b",") + body.count(b"[") + body.count(b"{")
            if parts > bound.parts:
                raise _TooLargeError(413, f"the body has more than {bound.parts} values")
        return message

    return counted


def _too_long(bound: Bound) -> str:
    return f"the body is larger than {bound.size_bytes} bytes"


async def _refuse(send: Send, message: str) -> None:
    error = {"code": "too_large", "message": message, "where": "body"}
    body = json.dumps({"error": error}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": body})
