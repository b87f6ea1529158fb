"""What the server says about a picture's way: where its parts go, and that only there.

An address may belong to an object store. It carries its own permission, so this device's token is never sent to it,
and what the store answers is no word about the picture: only the server's is.
"""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

import httpx
from pydantic import BaseModel, Field

from pipeline.upload import CHECKSUM
from pipeline.wire import Sha256

OWN_PATH = "/api/evidence/"
HEADERS = frozenset({"content-type", CHECKSUM})


class PutHere(BaseModel):
    """Put the part of this number at this address, with these headers."""

    number: Annotated[int, Field(ge=0, lt=32)]
    url: Annotated[str, Field(max_length=4000)]
    headers: Annotated[dict[str, str], Field(max_length=8)]

    @property
    def is_own(self) -> bool:
        """Whether it is a path of the server that answered, which wants the token."""
        return self.url.startswith(OWN_PATH)


class UploadStep(BaseModel):
    """The server's answer to "what next?", as far as an edge acts on it."""

    sha256: Sha256
    stored: bool
    puts: Annotated[list[PutHere], Field(max_length=32)]


def refuses(server: str, put: PutHere) -> str | None:
    """Why nothing is sent to an address, or None: it is the server's, or http(s) and no less safe than the server's."""
    if put.headers.keys() - HEADERS:
        return f"it wants other headers than {', '.join(sorted(HEADERS))}"
    if put.is_own:
        return None
    try:
        there, here = urlsplit(put.url), urlsplit(server)
    except ValueError:
        return "it is no address"
    if there.scheme not in ("http", "https") or not there.hostname or "@" in there.netloc:
        return "it is no address of an object store"
    if here.scheme == "https" and there.scheme != "https":
        return "it is without TLS, and the server is with"
    return None


def request_apart(put: PutHere, part: bytes, patience: httpx.Timeout) -> httpx.Request:
    """The request to an object store: of its own, so that no header, cookie or token of this device is on it."""
    return httpx.Request("PUT", put.url, content=part, headers=put.headers, extensions={"timeout": patience.as_dict()})
