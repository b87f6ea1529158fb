"""What stands around every request: a bound on its body, and headers that keep browsers strict."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

BODY_LIMIT = 24_000_000
SMALL_LIMIT = 64_000
LARGE = ("/api/traverses/", "/api/evidence/", "/api/work-orders/")

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
        limit = BODY_LIMIT if scope["path"].startswith(LARGE) else SMALL_LIMIT
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        if not declared.isdigit() or len(declared) > 15 or int(declared) > limit:
            await _refuse(send, limit)
            return
        started = False

        async def watched_send(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, _counted(receive, limit), watched_send)
        except _TooLargeError:
            if not started:
                await _refuse(send, limit)


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
                wanted = [*HEADERS, (b"content-security-policy", POLICY)]
                if scope["path"].startswith("/api/"):
                    wanted.append((b"cache-control", b"no-store"))
                elif scope["path"].endswith(("/", ".html")):
                    wanted.append((b"cache-control", b"no-cache"))  # so that a new console is seen at once
                message["headers"] = [*headers, *(one for one in wanted if one[0] not in there)]
            await send(message)

        await self._app(scope, receive, strict_send)


def _counted(receive: Receive, limit: int) -> Callable[[], Awaitable[Any]]:
    size = 0

    async def counted() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > limit:
            raise _TooLargeError(413, f"the body is larger than {limit} bytes")
        return message

    return counted


async def _refuse(send: Send, limit: int) -> None:
    error = {"code": "too_large", "message": f"the body is larger than {limit} bytes", "where": "body"}
    body = json.dumps({"error": error}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": body})
