"""A request through the application, and through one that only parses the same body and answers."""

from __future__ import annotations

import asyncio
import json
import statistics
import time
from collections.abc import Iterator
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tests.bench.server.figures import Figure
from tests.bench.server.towns import a_town


def request(rounds: int) -> Iterator[Figure]:
    """CPU time of a request with one observation and with a hundred: new, and known."""
    for things in (1, 100):
        with a_town() as driven:
            _, headers = driven.town.device
            bodies = [driven.passes(things).model_dump_json().encode() for _ in range(3 * rounds)]
            app = driven.town.client.app
            new, known, bare = (asyncio.run(_median_ms(one, bodies, headers)) for one in (app, app, _parse))
        for told, name in ((new, "new"), (known, "known")):
            yield Figure(
                f"a request, {things} a traverse, {name}, CPU time (SQLite)",
                f"{told:.2f} ms",
                f"{bare:.2f} ms parsed and answered",
            )


async def _parse(scope: Scope, receive: Receive, send: Send) -> None:
    body = await Request(scope, receive).json()
    await JSONResponse({"traverse_id": body["id"]})(scope, receive, send)


async def _median_ms(app: ASGIApp, bodies: list[bytes], headers: dict[str, str]) -> float:
    return statistics.median([await _put(app, body, headers) for body in bodies]) * 1e3


async def _put(app: ASGIApp, body: bytes, headers: dict[str, str]) -> float:
    """CPU seconds of one PUT of a traverse, without a socket."""
    status = 0

    async def receive_() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        nonlocal status
        status = message.get("status", status)

    fields = {**headers, "content-type": "application/json", "content-length": str(len(body))}
    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "PUT",
        "scheme": "http",
        "path": f"/api/traverses/{json.loads(body)['id']}",
        "query_string": b"",
        "headers": [(name.lower().encode(), value.encode()) for name, value in fields.items()],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 2),
    }
    began_s = time.process_time()
    await app(scope, receive_, send)
    took_s = time.process_time() - began_s
    assert status in (200, 201), status
    return took_s
