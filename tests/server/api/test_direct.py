"""A traverse that is answered directly and one that goes the ordinary way get the same answer."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fastapi import Request, Response
from starlette.types import Message, Receive, Scope, Send

from server.access.fleet import no_device
from server.api.direct import Answer, Caller, Direct
from server.api.traverses import direct
from server.errors import Unauthenticated
from tests.looping import finished
from tests.server.town import Town, application

DIRECT, ORDINARY = "application/json", "application/json; charset=utf-8"


def put(town: Town, body: dict[str, Any] | bytes, way: str, ident: str = "", **headers: str) -> Any:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    path = ident or (body["id"] if isinstance(body, dict) else str(town.new_id()))
    sent = {"authorization": town.device[1]["Authorization"], "content-type": way, **headers}
    return town.client.put(f"/api/traverses/{path}", content=content, headers=sent)


def test_what_is_known_is_answered_the_same_either_way(town: Town) -> None:
    body = town.traverse(town.device[0], town.seen("litter"), town.seen("nonsense"))
    first = put(town, body, DIRECT)
    again = [put(town, body, way) for way in (DIRECT, ORDINARY)]
    assert [first.status_code, *(one.status_code for one in again)] == [201, 200, 200]
    assert {one.text for one in again} == {first.text}
    assert {one.headers["content-type"] for one in again} == {first.headers["content-type"]}


def misspelt(body: dict[str, Any]) -> dict[str, Any]:
    return body | {"pose": []}


def crowded(body: dict[str, Any]) -> dict[str, Any]:
    return body | {f"k{number}": 0 for number in range(65)}


def of_another_device(body: dict[str, Any]) -> dict[str, Any]:
    return body | {"device": "somebody"}


def out_of_range(body: dict[str, Any]) -> dict[str, Any]:
    return body | {"hfov_deg": 361.0}


@pytest.mark.parametrize("change", [misspelt, crowded, of_another_device, out_of_range])
def test_a_wrong_body_is_refused_in_the_same_words_either_way(town: Town, change: Any) -> None:
    body = change(town.traverse(town.device[0], town.seen("litter")))
    direct, ordinary = (put(town, body, way) for way in (DIRECT, ORDINARY))
    assert direct.status_code >= 400
    assert (direct.status_code, direct.json()) == (ordinary.status_code, ordinary.json())


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"[" * 5000, b'{"id": "\\ud800"}', b"\xff", b"NaN"])
def test_what_is_no_traverse_at_all_is_refused_in_the_same_words_either_way(town: Town, content: bytes) -> None:
    direct, ordinary = (put(town, content, way, str(town.new_id())) for way in (DIRECT, ORDINARY))
    assert direct.status_code in (400, 422)
    assert (direct.status_code, direct.json()) == (ordinary.status_code, ordinary.json())


def test_a_wrong_path_header_or_token_is_refused_in_the_same_words_either_way(town: Town) -> None:
    body = town.traverse(town.device[0], town.seen("litter"))
    cases: list[tuple[int, dict[str, str]]] = [
        (422, {"ident": "no-uuid"}),
        (422, {"ident": str(town.new_id())}),
        (422, {"steward-seal": "x" * 2000}),
        (422, {"steward-seal": "no seal"}),
        (401, {"authorization": "Bearer wrong"}),
        (401, {"authorization": "Basic abc"}),
        (401, {"authorization": "", "ident": "no-uuid"}),
    ]
    for status, wrong in cases:
        direct, ordinary = (put(town, body, way, **wrong) for way in (DIRECT, ORDINARY))
        assert (direct.status_code, direct.json()) == (ordinary.status_code, ordinary.json())
        assert direct.status_code == status, wrong


async def somebody(_: Request) -> str:
    return "somebody"


async def asked(
    answer: Answer, arriving: list[Message], caller: Caller = somebody
) -> tuple[list[Message], list[Message]]:
    """What is sent back, and what the ordinary way was given to read, up to the end of the connection."""
    sent, read = list[Message](), list[Message]()

    async def receive() -> Message:
        return arriving.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    async def ordinary(scope: Scope, receive: Receive, send: Send) -> None:
        while not read or read[-1]["type"] != "http.disconnect":
            read.append(await receive())
        await Response(status_code=418)(scope, receive, send)

    await Direct(caller, answer, ordinary)({"type": "http", "method": "PUT", "headers": []}, receive, send)
    return sent, read


IN_TWO = ({"type": "http.request", "body": b"a", "more_body": True}, {"type": "http.request", "body": b"b"})
GONE = {"type": "http.disconnect"}


def test_what_is_answered_directly_is_not_asked_the_ordinary_way() -> None:
    async def answer(_: Request, __: str, body: bytes) -> Response:
        return Response(body, 201)

    sent, read = finished(asked(answer, [*IN_TWO, GONE]))
    assert [sent[0]["status"], sent[1]["body"], read] == [201, b"ab", []]


def test_what_is_not_goes_the_ordinary_way_whole() -> None:
    async def nothing(_: Request, __: str, ___: bytes) -> None:
        return None

    sent, read = finished(asked(nothing, [*IN_TWO, GONE]))
    assert sent[0]["status"] == 418
    assert read == [{"type": "http.request", "body": b"ab", "more_body": False}, GONE]


def test_nothing_is_answered_to_whoever_leaves_before_the_end_of_its_body() -> None:
    async def answer(_: Request, __: str, ___: bytes) -> Response:
        raise AssertionError("half a body was answered")

    assert finished(asked(answer, [IN_TWO[0], GONE])) == ([], [])


def test_nothing_is_read_of_the_body_of_whoever_is_nobody() -> None:
    async def nobody(_: Request) -> str:
        raise no_device()

    async def answer(_: Request, __: str, ___: bytes) -> Response:
        raise AssertionError("nobody was answered")

    arriving: list[Message] = [*IN_TWO]
    with pytest.raises(Unauthenticated):
        finished(asked(answer, arriving, nobody))
    assert arriving == [*IN_TWO]


@pytest.mark.parametrize("token", ["", "Bearer wrong", "Basic abc"])
@pytest.mark.parametrize("way", [DIRECT, ORDINARY, "text/plain"])
def test_what_comes_without_a_devices_token_is_refused_for_that_whatever_it_is(
    town: Town, token: str, way: str
) -> None:
    refused = put(town, b"[" * 5000, way, str(town.new_id()), authorization=token)
    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "device_token")


def test_a_traverse_is_asked_directly_before_any_other_route() -> None:
    assert application().router.routes[0] is direct
