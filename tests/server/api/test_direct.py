"""A traverse that is answered directly and one that goes the ordinary way get the same answer."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.server.town import Town

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
    ]
    for status, wrong in cases:
        direct, ordinary = (put(town, body, way, **wrong) for way in (DIRECT, ORDINARY))
        assert (direct.status_code, direct.json()) == (ordinary.status_code, ordinary.json())
        assert direct.status_code == status, wrong
