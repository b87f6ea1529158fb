"""An operation that many devices call all the time: a well-formed request is answered in one step.

Anything else about a request goes the ordinary way, which refuses it in the ordinary words.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias, TypeVar

from fastapi import HTTPException, Request, Response
from fastapi.security.utils import get_authorization_scheme_param
from pydantic import BaseModel
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.api.bounded import bounded_json

M = TypeVar("M", bound=BaseModel)
FEW: Final = 4096
"""What checks a body takes a kilobyte for each key that it does not know and each value that is wrong. With so few
commas there are few of either, and a body is checked while it is taken apart."""
SHORT: Final = 1 << 18
"""Bytes. What checks a body while it is taken apart copies it for each field that it lacks; so a long one is taken
apart first, though there are few commas in it."""
Caller: TypeAlias = Callable[[Request], Awaitable[str]]
"""The id of whoever asks, by the request's headers alone; raises ApiError for nobody."""
Answer: TypeAlias = Callable[[Request, str, bytes], Awaitable[Response | None]]
"""Answers a request of this caller with this body, or gives None for one that has to go the ordinary way."""


class Direct:
    """The endpoint of a route that stands before the ordinary ones: what FastAPI does around an operation costs as much
    as reading a small body. Nothing is read of a body whose caller is nobody. ordinary: the routes of which one has the
    same path and describes the operation."""

    def __init__(self, caller: Caller, answer: Answer, ordinary: ASGIApp) -> None:
        self._caller = caller
        self._answer = answer
        self._ordinary = ordinary

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        caller = await self._caller(request)
        try:
            body = await request.body()
        except ClientDisconnect:
            return
        response = await self._answer(request, caller, body) or self._ordinary
        await response(scope, _once(body, receive), send)


def _once(body: bytes, receive: Receive) -> Receive:
    """What gives a body that was read once more, and then what comes after it."""
    left: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return left.pop() if left else await receive()

    return again


def parsed(model: type[M], body: bytes) -> M | None:
    """The body as JSON of a model, None where it is none."""
    try:
        simple = len(body) <= SHORT and body.count(b",") <= FEW
        return model.model_validate_json(body) if simple else model.model_validate(bounded_json(body))
    except (ValueError, RecursionError, HTTPException):
        return None


def bearer_token(request: Request) -> str | None:
    """The token of a request, None where it has none."""
    scheme, token = get_authorization_scheme_param(request.headers.get("authorization"))
    return token if scheme.lower() == "bearer" and token else None
