"""How an item is put to the server, and what a network can do on the way."""

from __future__ import annotations

import json
from collections.abc import Callable

import httpx
import pytest

from edge.outbox.parcels import Item, ItemKind
from edge.upload.answers import Accepted, Faulty, Unreachable
from edge.upload.transport import HttpTransport
from tests.edge.outbox.filling import traverse

RECORD = traverse(1, [])
GOOD = json.dumps({"traverse_id": RECORD.id, "received": 0, "missing_evidence": []}).encode()
PICTURE = Item("a" * 64, ItemKind.EVIDENCE, b"x", "image/jpeg", 0)


def answering(responder: Callable[[httpx.Request], httpx.Response]) -> HttpTransport:
    client = httpx.Client(transport=httpx.MockTransport(responder))
    return HttpTransport(client, "http://127.0.0.1:8600/", "device-1", "secret")


def test_a_traverse_is_put_with_token_and_device() -> None:
    asked: list[httpx.Request] = []

    def respond(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(201, content=GOOD)

    item = Item(RECORD.id, ItemKind.TRAVERSE, RECORD.body, "application/json", 0)
    assert isinstance(answering(respond).send(item), Accepted)
    assert asked[0].method == "PUT"
    assert asked[0].url.path == f"/api/traverses/{RECORD.id}"
    assert asked[0].headers["Authorization"] == "Bearer secret"
    assert json.loads(asked[0].content)["device"] == "device-1"


@pytest.mark.parametrize(
    "error",
    [httpx.ConnectError("refused"), httpx.ReadTimeout("slow"), httpx.RemoteProtocolError("cut"), httpx.WriteError("x")],
)
def test_what_a_network_can_do_is_a_value(error: httpx.TransportError) -> None:
    def respond(request: httpx.Request) -> httpx.Response:
        raise error

    assert isinstance(answering(respond).send(PICTURE), Unreachable)


def test_a_portals_redirect_is_not_followed() -> None:
    hops: list[str] = []

    def respond(request: httpx.Request) -> httpx.Response:
        hops.append(request.url.host)
        return httpx.Response(302, headers={"Location": "http://portal.example/"})

    assert isinstance(answering(respond).send(PICTURE), Faulty)
    assert hops == ["127.0.0.1"]
