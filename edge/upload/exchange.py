"""One request and what came back, of which no more is read than a server of ours says."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import Final

import httpx

LARGEST_BYTES: Final = 4_000_000
"""More than the longest list of missing pictures; what is longer comes from somebody else, who may never end."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer's status, its Retry-After header, and its body, cut off after LARGEST_BYTES."""

    status: int
    retry_after: str | None
    body: bytes


def exchange(client: httpx.Client, request: httpx.Request) -> Reply:
    """Send a request and read the answer, following no redirect. Raises what httpx raises."""
    with closing(client.send(request, auth=None, follow_redirects=False, stream=True)) as answer:
        body = b""
        for piece in answer.iter_bytes():
            body += piece
            if len(body) > LARGEST_BYTES:
                break
        return Reply(answer.status_code, answer.headers.get("Retry-After"), body[:LARGEST_BYTES])
