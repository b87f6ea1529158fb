"""A route that many devices call all the time: a well-formed request is answered in one step and one thread.

Anything else about a request goes the ordinary way, which refuses it in the ordinary words.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable
from typing import Any, TypeAlias, TypeVar

from fastapi import Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.routing import APIRoute
from pydantic import BaseModel
from pydantic_core import from_json
from starlette.requests import ClientDisconnect

from server.api.bounded import KEYS, BoundedRequest, BoundedRoute

M = TypeVar("M", bound=BaseModel)
Direct: TypeAlias = Callable[[Request, bytes], Response | None]
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
                return await run_in_threadpool(answer, bounded, body) or await ordinary(bounded)

            return direct

    return DirectRoute


def parsed(model: type[M], body: bytes) -> M | None:
    """The body as JSON of a model, None where it is none."""
    try:
        value = from_json(body)
        return model.model_validate(value) if _has_few_keys(value) else None
    except ValueError:
        return None


def bearer_token(request: Request) -> str | None:
    """The token of a request, None where it has none."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token if scheme.lower() == "bearer" and token else None


def _has_few_keys(value: object) -> bool:
    """Whether no object in it has more than KEYS keys."""
    if isinstance(value, dict):
        if len(value) > KEYS:
            return False
        inner: Iterable[object] = value.values()
    elif isinstance(value, list):
        inner = value
    else:
        return True
    return all(_has_few_keys(one) for one in inner if isinstance(one, dict | list))
