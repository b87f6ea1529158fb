"""The web application: routes, errors for people, guards, and the console at /."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from fastapi.telemetry import TelemetryConfig
from sqlalchemy.exc import DataError
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartParser
from starlette.middleware import Middleware
from starlette.responses import Response

from server.api import (
    advertisers,
    cases,
    devices,
    docs,
    events,
    evidence,
    figures,
    finding,
    health,
    mends,
    places,
    plates,
    reports,
    sensors,
    session,
    taxonomy,
    traverses,
    verdicts,
    workorders,
)
from server.api.health import program_version
from server.context import Context
from server.errors import ApiError
from server.guards import CODES, PICTURE, REFUSED, BodyLimit, Measured, StrictHeaders, strict
from server.log import log_of
from server.page import ConsoleFiles
from server.records.away import AWAY, said_by
from server.records.checkpoints import checkpointing
from server.records.hearing import hearing
from server.upkeep.sweeps import keep_sweeping

_log = log_of(__name__)

CONSOLE = Path(__file__).parent / "console" / "dist"
DESCRIPTION = """Patrol footage in, work orders out.

Devices enrol with a one-time code, then send traverses and the pictures they declared, each idempotently. People
sign in and take the steps that their role allows. Every refusal is `{"error": {"code", "message", "where"}}`."""
RESOURCES: Final = (
    traverses,
    session,
    cases,
    finding,
    mends,
    workorders,
    advertisers,
    places,
    plates,
    taxonomy,
    figures,
    events,
    evidence,
    verdicts,
    sensors,
    reports,
    devices,
    health,
    docs,
)
"""Whose routes there are, in the order in which they are described."""
MEASURED: Final = Middleware(Measured, named={traverses.direct.endpoint: traverses.PATH})
NONE_OF_IT: Final[TelemetryConfig] = {"tracing": False, "metrics": False, "logs": False}
"""What FastAPI would tell others of each request holds its path, and so a reporter's token. To find out that nobody
listens takes 14 of the 277 us that a small traverse takes of the loop (in turns)."""


def create_app(context: Context | None, console: Path = CONSOLE) -> FastAPI:
    """The application; without a context it can only describe itself (openapi)."""
    app = FastAPI(
        title="City Steward",
        version=program_version(),
        description=DESCRIPTION,
        openapi_url="/api/openapi.json",
        lifespan=partial(_working, context),
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=_operation_id,
        redirect_slashes=False,
        telemetry=NONE_OF_IT,
        routes=[traverses.direct],
        exception_handlers=ANSWERS,
        middleware=[MEASURED, Middleware(StrictHeaders), Middleware(BodyLimit)],
    )
    app.state.context = context
    # A photo whose faces are not filled yet is held in memory: a larger part of a form would go into a file in /tmp.
    MultiPartParser.spool_max_size = PICTURE.size_bytes
    for resource in RESOURCES:
        app.include_router(resource.router)
    if (console / "index.html").is_file():
        app.mount("/", ConsoleFiles(directory=console, html=True), name="console")
    return app


@asynccontextmanager
async def _working(context: Context | None, _: FastAPI) -> AsyncIterator[None]:
    """What goes on beside requests while the application runs."""
    if context is None:
        yield
        return
    sweeping = asyncio.create_task(keep_sweeping(context))
    with hearing(context.store, context.bell.ring), checkpointing(context.store):
        yield
    sweeping.cancel()
    with suppress(asyncio.CancelledError):
        await sweeping


def _operation_id(route: APIRoute) -> str:
    return route.name


def _answer(
    request: Request, status: int, code: str, message: str, where: str | None, headers: dict[str, str] | None = None
) -> JSONResponse:
    request.scope[REFUSED] = code
    # ASCII output, since a hostile body may carry half a surrogate pair into a message.
    return _AsciiJSON({"error": {"code": code, "message": message, "where": where}}, status, headers)


class _AsciiJSON(JSONResponse):
    def render(self, content: object) -> bytes:
        return json.dumps(content, ensure_ascii=True).encode("ascii")


async def _refused(request: Request, error: ApiError) -> JSONResponse:
    headers = {"Retry-After": str(error.retry_after_s)} if error.retry_after_s is not None else {}
    if error.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return _answer(request, error.status, error.code, error.message, error.where, headers)


async def _invalid(request: Request, error: RequestValidationError) -> JSONResponse:
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])[:200]
    return _answer(request, 422, "invalid", str(first["msg"])[:500], where)


async def _no_storage(request: Request, error: Exception) -> JSONResponse:
    """Disk, database or object store is full, away or damaged: nothing was acknowledged, and it may be sent again."""
    _log.error("no storage", error=said_by(error))
    words = "the server cannot reach what it stores in; nothing was acknowledged, send it again later"
    return _answer(request, 503, "no_storage", words, None, {"Retry-After": "60"})


async def _not_storable(request: Request, error: Exception) -> JSONResponse:
    """PostgreSQL takes no NUL in a text, and no text longer than its column."""
    _log.info("not storable", error=type(getattr(error, "orig", error)).__name__)
    words = "a value of this request cannot be stored: a NUL character, or too long"
    return _answer(request, 422, "invalid", words, None)


async def _broken(request: Request, _: Exception) -> JSONResponse:
    """Answered outside of every middleware, so it brings the strict headers itself."""
    words = "the server failed; nothing of this request was kept. The log says more"
    headers = {name.decode(): value.decode() for name, value in strict(request.url.path)}
    return _answer(request, 500, "internal", words, None, headers)


async def _http_error(request: Request, error: HTTPException) -> JSONResponse:
    codes = {400: "bad_request", 404: "not_found", 405: "method_not_allowed", **CODES}
    code = codes.get(error.status_code, "refused")
    return _answer(request, error.status_code, code, str(error.detail), None, dict(error.headers or {}))


ANSWERS: Final[dict[int | type[Exception], Callable[[Request, Any], Coroutine[Any, Any, Response]]]] = {
    ApiError: _refused,
    RequestValidationError: _invalid,
    HTTPException: _http_error,
    **dict.fromkeys(AWAY, _no_storage),
    DataError: _not_storable,
    Exception: _broken,
}
"""What is answered where a request ends in an exception."""
