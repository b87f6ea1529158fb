"""A route that many devices call all the time: a well-formed request is answered in one step.

Anything else about a request goes the ordinary way, which refuses it in the ordinary words.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final, TypeAlias, TypeVar

from fastapi import HTTPException, Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.requests import ClientDisconnect

from server.api.bounded import BoundedRequest, BoundedRoute, bounded_json

M = TypeVar("M", bound=BaseModel)
FEW: Final = 4096
"""What checks a body takes a kilobyte for each key that it does not know and each value that is wrong. With so few
commas there are few of either, and a body is checked while it is taken apart."""
SHORT: Final = 1 << 18
"""Bytes. What checks a body while it is taken apart copies it for each field that it lacks; so a long one is taken
apart first, though there are few commas in it."""
Direct: TypeAlias = Callable[[Request, bytes], Awaitable[Response | None]]
"""Answers a request with this body, or gives None for one that has to go the ordinary way."""


def direct_route(answer: Direct) -> type[APIRoute]:
    """The class of a route that `answer` may answer."""

    class DirectRoute(BoundedRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            ordinary = super().get_route_handler()

            async def direct(request: Request) -> Response:
                bounded = BoundedRequest(request.scope, request.receive)
                try:
                    body = await bounded.body()
                except ClientDisconnect:
                    return await ordinary(bounded)
                return await answer(bounded, body) or await ordinary(bounded)

            return direct

    return DirectRoute


def parsed(model: type[M], body: bytes) -> M | None:
    """The body as JSON of a model, None where it is none."""
    try:
        simple = len(body) <= SHORT and body.count(b",") <= FEW
        return model.model_validate_json(body) if simple else model.model_validate(bounded_json(body))
    except (ValueError, RecursionError, HTTPException):
        return None


def bearer_token(request: Request) -> str | None:
    """The token of a request, None where it has none."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token if scheme.lower() == "bearer" and token else None
