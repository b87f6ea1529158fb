"""A picture goes where the server says, without the device's token, and only the server's word counts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
import pytest

import pipeline.upload
from edge.outbox.parcels import Item, ItemKind, ParkReason
from edge.upload.answers import Accepted, Answer, Busy, Faulty, Partly, Refused, StoreAway, Unauthorised, Unreachable
from edge.upload.exchange import LARGEST_BYTES
from edge.upload.handover import PutHere, refuses
from edge.upload.transport import HttpTransport
from pipeline.upload import CHECKSUM, checksum_header

SERVER, STORE = "https://city.example", "https://store.example"
CONTENT = b"a redacted picture" * 100
KEY = hashlib.sha256(CONTENT).hexdigest()
ITEM = Item(KEY, ItemKind.EVIDENCE, CONTENT, "image/jpeg", 0)


@dataclass
class World:
    """A server and an object store. at_store: what the store does instead of taking the bytes."""

    at_store: Callable[[httpx.Request], httpx.Response] | None = None
    at_server: Callable[[httpx.Request], httpx.Response | None] = lambda _: None
    arrived: dict[int, bytes] = field(default_factory=dict)
    asked: list[httpx.Request] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)

    def send(self, item: Item = ITEM) -> Answer:
        client = httpx.Client(transport=httpx.MockTransport(self._respond), cookies={"a": "cookie"})
        return HttpTransport(client, SERVER, "device-1", "secret-token").send(item)

    def verbs(self) -> list[str]:
        return [f"{one.method} {one.url.host}" for one in self.asked]

    def _respond(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        if request.url.host == httpx.URL(STORE).host:
            return self.at_store(request) if self.at_store is not None else self._take(request)
        return self.at_server(request) or self._next(request)

    def _take(self, request: httpx.Request) -> httpx.Response:
        if request.headers[CHECKSUM] != checksum_header(hashlib.sha256(request.content).hexdigest()):
            return httpx.Response(400, content=b"<Error><Code>BadDigest</Code></Error>")
        self.arrived[int(request.url.path.rpartition("/")[2])] = request.content
        return httpx.Response(200)

    def _next(self, request: httpx.Request) -> httpx.Response:
        assert request.method == "POST"
        assert request.headers["Authorization"] == "Bearer secret-token"
        self.parts = json.loads(request.content)["parts"] or [KEY]
        missing = [number for number in range(len(self.parts)) if number not in self.arrived]
        return step([put_at(f"{STORE}/evidence/x/{number}", number, self.parts[number]) for number in missing])


def put_at(url: str, number: int = 0, sha256: str = KEY, **headers: str) -> dict[str, Any]:
    told = {"content-type": "image/jpeg", CHECKSUM: checksum_header(sha256), **headers}
    return {"number": number, "url": url, "headers": told}


def step(puts: list[dict[str, Any]], sha256: str = KEY, status: int = 200) -> httpx.Response:
    return httpx.Response(status, json={"sha256": sha256, "stored": not puts, "puts": puts, "of_a_later_version": 1})


def error(status: int, code: str, **headers: str) -> httpx.Response:
    return httpx.Response(status, json={"error": {"code": code, "message": "no", "where": None}}, headers=headers)


def test_a_picture_is_asked_for_put_and_asked_for_again() -> None:
    world = World()
    assert world.send() == Accepted()
    assert world.verbs() == ["POST city.example", "PUT store.example", "POST city.example"]
    assert world.arrived == {0: CONTENT}


def test_a_picture_that_the_server_has_is_not_sent() -> None:
    world = World(at_server=lambda _: step([]))
    assert world.send() == Accepted()
    assert world.verbs() == ["POST city.example"]


def test_nothing_of_the_device_goes_to_the_store_but_the_picture() -> None:
    world = World()
    world.send()
    [to_store] = [one for one in world.asked if one.url.host == "store.example"]
    assert {name.lower() for name in to_store.headers} == {"host", "content-length", "content-type", CHECKSUM}
    assert b"secret-token" not in b"".join(name + value for name, value in to_store.headers.raw)
    assert to_store.extensions["timeout"]["connect"] is not None, "a store that hangs would hold the vehicle for ever"


PAGE = httpx.Response(200, content=b"<html>Please sign in to the wireless network</html>")


@pytest.mark.parametrize(
    "reply",
    [
        httpx.Response(403, content=b"<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>"),
        httpx.Response(403, json={"error": {"code": "revoked", "message": "no", "where": None}}),
        httpx.Response(401),
        httpx.Response(404, json={"error": {"code": "undeclared", "message": "no", "where": None}}),
        httpx.Response(400, content=b"<Error><Code>BadDigest</Code></Error>"),
        httpx.Response(302, headers={"Location": "http://portal.example/"}),
        httpx.Response(500),
        httpx.Response(503, headers={"Retry-After": "9"}),
        PAGE,
    ],
)
def test_whatever_a_store_answers_the_picture_waits_and_the_server_is_asked_anew(reply: httpx.Response) -> None:
    world = World(at_store=lambda _: reply)
    assert isinstance(world.send(), StoreAway)
    assert "portal.example" not in [one.url.host for one in world.asked]
    world.at_store = None
    assert world.send() == Accepted()


def test_a_store_that_cannot_be_reached_says_nothing_of_the_server() -> None:
    def away(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    assert isinstance(World(at_store=away).send(), StoreAway)


def test_a_server_that_cannot_be_reached_is_no_link() -> None:
    def away(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    assert isinstance(World(at_server=away).send(), Unreachable)


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (error(401, "device_token"), Unauthorised),
        (error(404, "undeclared"), ParkReason.UNDECLARED),
        (error(422, "not_a_picture"), ParkReason.INVALID),
        (error(422, "other_bytes"), Faulty),
        (error(503, "no_storage", **{"Retry-After": "60"}), StoreAway("no_storage: no", 60.0)),
        (error(503, "busy", **{"Retry-After": "60"}), Busy),
        (PAGE, Faulty),
        (step([], sha256="0" * 64), Faulty),
        (step([put_at(f"{STORE}/x", 7)]), Faulty),
        (httpx.Response(302, headers={"Location": "http://portal.example/"}), Faulty),
    ],
)
def test_the_servers_answer_to_the_question_is_read_as(reply: httpx.Response, expected: Any) -> None:
    answer = World(at_server=lambda _: reply).send()
    if isinstance(expected, ParkReason):
        assert isinstance(answer, Refused)
        assert answer.reason is expected
    else:
        assert answer == expected if isinstance(expected, StoreAway) else isinstance(answer, expected)


@pytest.mark.parametrize(
    ("put", "why"),
    [
        (put_at("http://store.example/x"), "without TLS"),
        (put_at("ftp://store.example/x"), "no address"),
        (put_at("https://user:word@store.example/x"), "no address"),
        (put_at("//store.example/x"), "no address"),
        (put_at("/api/session"), "no address"),
        (put_at("https://[::1"), "no address"),
        (put_at(f"{STORE}/x", authorization="Bearer x"), "other headers"),
        (put_at(f"{STORE}/x", cookie="x"), "other headers"),
        (put_at(f"{STORE}/x"), None),
        (put_at("/api/evidence/x"), None),
    ],
)
def test_an_address_that_is_less_safe_than_the_server_gets_nothing(put: dict[str, Any], why: str | None) -> None:
    told = refuses(SERVER, PutHere.model_validate(put))
    assert (told is None) if why is None else (told is not None and why in told)
    if why is not None:
        world = World(at_server=lambda _: step([put]))
        assert isinstance(world.send(), Faulty)
        assert world.verbs() == ["POST city.example"]


def test_a_server_without_tls_may_send_pictures_to_a_store_without() -> None:
    assert refuses("http://127.0.0.1:8600", PutHere.model_validate(put_at("http://127.0.0.1:8333/x"))) is None


def test_a_server_that_keeps_pictures_itself_gets_the_token_and_is_not_asked_twice() -> None:
    def keeps(request: httpx.Request) -> httpx.Response:
        assert request.headers["Authorization"] == "Bearer secret-token"
        own = step([put_at(f"/api/evidence/{KEY}")])
        return own if request.method == "POST" else httpx.Response(201, json={"sha256": KEY, "size_bytes": 9})

    world = World(at_server=keeps)
    assert world.send() == Accepted()
    assert world.verbs() == ["POST city.example", "PUT city.example"]


def sent_to_the_end(world: World) -> list[Answer]:
    """Every answer until the item needs no further step, each offered with the progress of the one before."""
    answers = [world.send()]
    while isinstance(answers[-1], Partly):
        assert len(answers) < 50
        answers.append(world.send(replace(ITEM, progress=answers[-1].progress)))
    return answers


def test_a_large_picture_goes_in_parts_one_a_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline.upload, "PART_BYTES", 500)
    world = World()
    *steps, last = sent_to_the_end(world)
    assert last == Accepted()
    assert steps == [Partly("3 parts left"), Partly("2 parts left"), Partly("1 parts left")]
    assert b"".join(world.arrived[number] for number in sorted(world.arrived)) == CONTENT
    assert world.verbs().count("PUT store.example") == len(world.parts) == 4


def test_a_large_picture_goes_on_where_the_link_was_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline.upload, "PART_BYTES", 500)
    world = World()

    def lost_at_the_third(request: httpx.Request) -> httpx.Response:
        if len(world.arrived) == 2:
            raise httpx.WriteError("the tunnel begins here")
        return world._take(request)

    world.at_store = lost_at_the_third
    assert isinstance(sent_to_the_end(world)[-1], StoreAway)
    assert sorted(world.arrived) == [0, 1]
    world.at_store, world.asked = None, []
    assert sent_to_the_end(world)[-1] == Accepted()
    assert world.verbs().count("PUT store.example") == 2


def test_parts_that_somebody_on_the_way_swallows_are_not_sent_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline.upload, "PART_BYTES", 500)
    world = World(at_store=lambda _: PAGE)
    assert isinstance(sent_to_the_end(world)[-1], StoreAway)
    assert world.verbs().count("PUT store.example") == 2
    world.at_store = None
    item = replace(ITEM, progress="3 parts left")
    while isinstance(answer := world.send(item), StoreAway | Partly):
        item = replace(item, progress=answer.progress) if isinstance(answer, Partly) else item
        assert len(world.asked) < 50
    assert answer == Accepted()


class Endless:
    """A body that never ends, and how much of it was given."""

    def __init__(self) -> None:
        self.given = 0

    def __iter__(self) -> Iterator[bytes]:
        while True:
            self.given += 1 << 16
            yield b" " * (1 << 16)


@pytest.mark.parametrize("where", ["at_server", "at_store"])
def test_an_answer_that_does_not_end_is_not_read_to_its_end(where: str) -> None:
    body = Endless()
    world = World()
    setattr(world, where, lambda _: httpx.Response(200, content=body))
    assert isinstance(world.send(), Faulty if where == "at_server" else StoreAway)
    assert body.given < 2 * LARGEST_BYTES
