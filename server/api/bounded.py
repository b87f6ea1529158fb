"""Large JSON bodies: an object with very many keys is refused while it is parsed.

What checks a body describes every key that it does not know, and takes a kilobyte for each.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from typing import Any, Final

from fastapi import HTTPException, Request, Response
from fastapi.routing import APIRoute

KEYS: Final = 64


def bounded_json(content: bytes) -> Any:
    """The value of a JSON text; raises HTTPException (413) for an object with more than KEYS keys, and as `json.loads`
    for what is no JSON."""
    return json.loads(content, object_pairs_hook=_with_few_keys)


class BoundedRequest(Request):
    async def json(self) -> Any:
        """The body's value; raises HTTPException (413) for an object with more than KEYS keys."""
        return bounded_json(await self.body())


class BoundedRoute(APIRoute):
    """A route that reads its JSON so."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handler = super().get_route_handler()

        async def bounded(request: Request) -> Response:
            return await handler(BoundedRequest(request.scope, request.receive))

        return bounded


def _with_few_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(pairs) > KEYS:
        raise HTTPException(413, f"an object of the body has more than {KEYS} keys")
    return dict(pairs)
