"""Whether the server lives, for whoever asks, and what it counted, for whoever watches it.

Both have threads of their own and are answered within seconds, also where every other request waits for a database that
does not answer.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from ipaddress import ip_address
from typing import Final, Literal, TypeVar

from anyio import CapacityLimiter, move_on_after, to_thread
from anyio.lowlevel import RunVar
from fastapi import APIRouter, Request, Response
from pydantic import Field
from sqlalchemy.exc import SQLAlchemyError

from server.api.access import ContextOf
from server.api.direct import bearer_token
from server.api.shapes import Out
from server.context import Context
from server.errors import Damaged, SetupError, Unauthenticated, Unavailable
from server.log import log_of
from server.measures import CONTENT_TYPE, exposition
from server.upkeep.vitals import Vitals, free_bytes, look_at_objects, look_at_records

router = APIRouter(tags=["health"])
T = TypeVar("T")

PATIENCE_S: Final = 4.0
THREADS: Final = 4
TOKEN: Final = "STEWARD_METRICS_TOKEN"  # noqa: S105 - the name of the variable that holds it
SHORTEST: Final = 16
LOOPBACK_NAMES: Final = frozenset({"127.0.0.1", "localhost", "::1"})
PASSED_ON: Final = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip")
"""Headers of requests that came through a proxy, from wherever."""

_turns: RunVar[CapacityLimiter] = RunVar("health")
_log = log_of(__name__)


class Health(Out):
    status: Literal["ok"] = "ok"
    version: str = Field(examples=["0.1.0"])


def program_version() -> str:
    """The installed version; a checkout that was never installed is 'checkout'."""
    try:
        return version("citysteward")
    except PackageNotFoundError:
        return "checkout"


def metrics_token() -> str | None:
    """The token of whoever may read the metrics from elsewhere, None where there is none. Raises SetupError for one
    that can be guessed."""
    token = os.environ.get(TOKEN)
    if token is not None and len(token) < SHORTEST:
        raise SetupError(f"{TOKEN}: at least {SHORTEST} characters are wanted; make one with: openssl rand -hex 32")
    return token


@router.get("/healthz")
async def healthz(context: ContextOf) -> Health:
    """Answers when the database does."""
    if await _soon(look_at_records, context) is None:
        _log.error("no storage", error=f"the database did not answer within {PATIENCE_S:g} s")
        raise Unavailable("no_storage", "the database does not answer", None, 60)
    return Health(version=program_version())


@router.get("/metrics", include_in_schema=False)
async def get_metrics(request: Request, context: ContextOf) -> Response:
    """What the server counted, in Prometheus's text format; of what does not answer, that it does not."""
    _refuse_strangers(request, context.metrics_token)
    told = Vitals(
        version=program_version(),
        records=await _if_up(look_at_records, context),
        objects_up=await _if_up(look_at_objects, context) is not None,
        free_bytes=await _if_up(free_bytes, context),
    )
    return Response(exposition(told), media_type=CONTENT_TYPE)


def _refuse_strangers(request: Request, token: str | None) -> None:
    """Raises Unauthenticated unless a request has the token or, where there is none, comes from this very machine, by a
    name of its own and through no proxy."""
    if token is not None:
        if hmac.compare_digest((bearer_token(request) or "").encode(), token.encode()):
            return
        raise Unauthenticated("metrics_token", "the metrics want their token", "header.Authorization")
    named = request.url.hostname in LOOPBACK_NAMES and not any(name in request.headers for name in PASSED_ON)
    if not (named and _is_loopback(request)):
        words = f"the metrics are told to this machine alone; for others set {TOKEN} where the server runs"
        raise Unauthenticated("metrics_token", words, "header.Authorization")


def _is_loopback(request: Request) -> bool:
    try:
        return request.client is not None and ip_address(request.client.host).is_loopback
    except ValueError:
        return False


async def _if_up(ask: Callable[[Context], T], context: Context) -> T | None:
    """What is asked for; None where what is asked does not answer."""
    try:
        return await _soon(ask, context)
    except (SQLAlchemyError, OSError, Damaged):
        return None


async def _soon(ask: Callable[[Context], T], context: Context) -> T | None:
    """What is asked for; None where there is no answer in time. Raises what the asking does."""
    try:
        turns = _turns.get()
    except LookupError:
        turns = CapacityLimiter(THREADS)
        _turns.set(turns)
    with move_on_after(PATIENCE_S):
        return await to_thread.run_sync(ask, context, abandon_on_cancel=True, limiter=turns)
    return None
