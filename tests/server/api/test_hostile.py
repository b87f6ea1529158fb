"""Hostile bodies: whatever comes in, the answer is below 500 and every refusal has code, message and where."""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from server.api.traverses import EXAMPLE
from server.records.tables import TraverseRow
from tests.examples import ONE_FIXTURE
from tests.server.access.test_access import operations
from tests.server.town import Town

FUZZ = settings(max_examples=60, suppress_health_check=ONE_FIXTURE)
NASTY: list[Any] = [
    None,
    True,
    -1,
    0,
    2**63,
    -(2**63) - 1,
    10**400,
    1e308,
    -1e308,
    1e-308,
    5e-324,
    float("nan"),
    float("inf"),
    "",
    "\0",
    "\ud800",
    "' OR 1=1 --",
    "../../etc/passwd",
    "%s%n",
    "x" * 5000,
    "0199d2c4-7a10-7c3e-9f55-3d2b8a6f0e11",
    "ü" * 300,
    [],
    {},
    [[]],
    {"": None},
    {"$ref": "#"},
]
VALUES = st.one_of(
    st.sampled_from(NASTY),
    st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20)),
        lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=8), inner, max_size=4)),
        max_leaves=8,
    ),
)


def places_in(body: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a JSON value."""
    inner = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    return [path, *(place for key, value in inner for place in places_in(value, (*path, key)))]


def with_value(body: Any, place: tuple[Any, ...], change: Callable[[Any, Any], None]) -> Any:
    fresh = copy.deepcopy(body)
    at = fresh
    for key in place[:-1]:
        at = at[key]
    change(at, place[-1])
    return fresh


def as_json(body: Any) -> bytes:
    """JSON as a careless or hostile sender writes it: NaN, Infinity and half surrogates included."""
    return json.dumps(body).encode("ascii")


def civil(answer: Any) -> None:
    """Assert that an answer is none of a failure, and that a refusal says what, why and where."""
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400:
        error = answer.json()["error"]
        assert set(error) == {"code", "message", "where"}
        assert error["code"]
        assert error["message"]


def sent(town: Town, body: bytes, traverse_id: str = str(EXAMPLE["id"])) -> Any:
    headers = town.device[1] | {"Content-Type": "application/json"}
    return town.client.put(f"/api/traverses/{traverse_id}", content=body, headers=headers)


@pytest.mark.both_databases
@FUZZ
@given(st.data())
def test_a_traverse_with_any_field_replaced_is_taken_or_refused_in_words(town: Town, data: st.DataObject) -> None:
    body = copy.deepcopy(EXAMPLE) | {"device": town.device[0], "id": str(town.new_id())}
    body["observations"][0]["id"] = str(town.new_id())
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.sampled_from([place for place in places_in(body) if place]))
        value = data.draw(VALUES)
        body = with_value(body, place, lambda at, key, value=value: at.__setitem__(key, value))
    name = str(body.get("id"))[:80].encode("ascii", "replace").decode()
    civil(sent(town, as_json(body), "".join(letter for letter in name if letter.isalnum() or letter == "-") or "x"))


NUMBERS = st.sampled_from([0.0, -90.0, 90.0, -180.0, 180.0, 1e-9, 1.0, 359.9999, 1e6, 1e8, 1e-300, 2**62, 12345.678])


@pytest.mark.both_databases
@FUZZ
@given(st.data())
def test_a_traverse_at_the_edges_of_what_is_allowed_is_taken_or_refused_in_words(
    town: Town, data: st.DataObject
) -> None:
    body = copy.deepcopy(EXAMPLE) | {"device": town.device[0], "id": str(town.new_id())}
    body["poses"] = [copy.deepcopy(body["poses"][0]) for _ in range(data.draw(st.integers(0, 4)))]
    body["observations"] = [
        copy.deepcopy(body["observations"][0]) | {"id": str(town.new_id()), "evidence": []}
        for _ in range(data.draw(st.integers(0, 3)))
    ]
    for seen in body["observations"]:
        vector = data.draw(st.lists(st.floats(-1, 1, width=16), max_size=4))
        length = math.hypot(*vector)
        seen["appearance"] = [part / length for part in vector] if length > 0.01 else []
        seen["attributes"] = data.draw(
            st.dictionaries(st.sampled_from(["dwell_s", "first_ns", "last_ns", "zone_id"]), NUMBERS)
        )
    numbers = [place for place in places_in(body) if place and place[-1] in SPANS]
    for place in data.draw(st.lists(st.sampled_from(numbers), max_size=6)) if numbers else []:
        low, high = SPANS[place[-1]]
        value = data.draw(st.one_of(st.just(low), st.just(high), st.floats(low, high), NUMBERS))
        body = with_value(body, place, lambda at, key, value=value: at.__setitem__(key, value))
    civil(sent(town, as_json(body), body["id"]))


SPANS: dict[Any, tuple[float, float]] = {
    "lat": (-90.0, 90.0),
    "lon": (-180.0, 180.0),
    "ee": (1e-12, 1e8),
    "en": (-1e8, 1e8),
    "nn": (1e-12, 1e8),
    "heading_deg": (0.0, 359.999),
    "odometer_m": (0.0, 1e9),
    "sigma_m": (1e-9, 1e6),
    "hfov_deg": (1e-9, 360.0),
    "view_range_m": (0.1, 1000.0),
    "range_m": (0.0, 10_000.0),
    "bearing_deg": (0.0, 359.999),
    "score": (0.0, 1.0),
}


@pytest.mark.both_databases
@FUZZ
@given(st.data())
def test_any_operation_with_any_body_and_parameters_is_answered_below_500(town: Town, data: st.DataObject) -> None:
    operation = data.draw(st.sampled_from(sorted(operations_of(town))))
    verb, _, path = operation.partition(" ")
    known = [str(one) for one in (town.device[0], EXAMPLE["id"])]
    word = data.draw(st.sampled_from([*known, "0" * 64, "x", "%00", "%ff", "..", "9" * 400]))
    path = path.replace("{id}", word).replace("{sha256}", word).replace("{number}", word)
    who = data.draw(st.sampled_from(["operator", "crew-a", "reviewer", "supervisor", "admin", "device"]))
    headers = town.device[1] if who == "device" else town.as_(who)
    names = ["state", "category", "grid", "limit", "cursor", "mine", "after"]
    texts = st.one_of(
        st.sampled_from(["", "-1", "0", "1e9", "NaN", "filed", "true", "\0", "é", "MC41fA==", "9" * 30]),
        st.text(max_size=30),
    )
    query = data.draw(st.dictionaries(st.sampled_from(names), texts, max_size=3))
    body = data.draw(st.one_of(st.binary(max_size=200), VALUES.map(as_json)))
    kind = data.draw(st.sampled_from(["application/json", "multipart/form-data; boundary=x", "text/plain", ""]))
    answer = town.client.request(
        verb,
        path,
        params={key: value.encode("utf-8", "replace").decode() for key, value in query.items()},
        content=body,
        headers=headers | ({"Content-Type": kind} if kind else {}),
    )
    civil(answer)


def operations_of(town: Town) -> set[str]:
    """All but the stream of events, which answers for ever."""
    return operations(town) - {"get /api/events"}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"text"',
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b"9" * 50_000,
        b'{"id": "\\ud800"}',
        b'{"version": 1e400}',
    ],
    ids=lambda body: repr(body[:12]),
)
def test_what_is_no_json_object_is_refused_in_words(town: Town, body: bytes) -> None:
    answer = sent(town, body)
    civil(answer)
    assert answer.status_code in (400, 422)


@pytest.mark.both_databases
def test_a_traverse_that_is_refused_leaves_nothing_behind(town: Town) -> None:
    body = town.traverse(town.device[0], town.seen("litter"), town.seen("litter") | {"score": 2.0})
    answer = sent(town, as_json(body), body["id"])
    assert (answer.status_code, answer.json()["error"]["where"]) == (422, "body.observations.1.score")
    with town.context.store.read() as session:
        assert session.scalar(select(func.count()).select_from(TraverseRow)) == 0


def test_the_same_observation_twice_in_one_traverse_is_refused(town: Town) -> None:
    seen = town.seen("litter")
    body = town.traverse(town.device[0], seen, seen)
    assert sent(town, as_json(body), body["id"]).json()["error"]["code"] == "id_twice"


def test_a_covariance_that_is_none_and_frames_that_do_not_add_up_are_refused(town: Town) -> None:
    skewed = town.seen("litter")
    skewed["position"]["en"] = 100.0
    body = town.traverse(town.device[0], skewed)
    assert "not a covariance" in sent(town, as_json(body), body["id"]).json()["error"]["message"]
    body = town.traverse(town.device[0]) | {"frames": {"seen": 9, "analysed": 1}}
    assert "accounted for" in sent(town, as_json(body), body["id"]).json()["error"]["message"]


@pytest.mark.parametrize("vector", [[0.0, 0.0], [1e300, 0.0], [1e300, 1e300], [0.5, 0.5]])
def test_an_appearance_that_is_no_unit_vector_cannot_reach_what_the_engine_learns(
    town: Town, vector: list[float]
) -> None:
    body = town.traverse(town.device[0], town.seen("litter") | {"appearance": vector})
    answer = sent(town, as_json(body), body["id"])
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "not_a_unit_vector")


def test_appearances_of_two_lengths_in_one_traverse_are_refused(town: Town) -> None:
    seen = [
        town.seen("litter", east_m=east_m) | {"appearance": vector} for east_m, vector in ((0, [1.0]), (30, [0.6, 0.8]))
    ]
    body = town.traverse(town.device[0], *seen)
    assert sent(town, as_json(body), body["id"]).json()["error"]["code"] == "mixed_appearance"


@pytest.mark.parametrize("name", ["in_view_before_s", "in_view_after_s", "dwell_s", "fill_percent", "bin_rivals"])
@pytest.mark.parametrize("huge", [10**400, -(10**400)], ids=["huge", "minus huge"])
def test_a_whole_number_of_any_length_as_an_attribute_is_taken_or_refused_in_words(
    town: Town, name: str, huge: int
) -> None:
    body = town.traverse(town.device[0], town.seen("improper_parking") | {"attributes": {name: huge}})
    civil(sent(town, as_json(body), body["id"]))


@pytest.mark.parametrize("cursor", ["", "x", "####", "MC41fA==", "bmFufG5hbg==", "é"])
def test_a_cursor_that_no_list_gave_is_refused(town: Town, cursor: str) -> None:
    answer = town.client.get("/api/cases", params={"cursor": cursor}, headers=town.as_("operator"))
    civil(answer)
    assert answer.status_code == 422


@pytest.mark.both_databases
def test_the_queue_pages_through_every_case_once_the_most_worthy_first(town: Town) -> None:
    town.send(*[town.seen("litter", east_m=12.0 * i - 60) | {"score": 0.5 + 0.04 * i} for i in range(7)])
    seen: list[Any] = []
    cursor = ""
    while True:
        page = town.get(f"/api/cases?limit=3{cursor}")
        seen += page["items"]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert len(seen) == len({case["id"] for case in seen}) == 7
    assert [case["worth"] for case in seen] == sorted((case["worth"] for case in seen), reverse=True)


def test_unknown_paths_and_verbs_are_answered_in_the_same_form(town: Town) -> None:
    for verb, path, status in [("GET", "/api/nowhere", 404), ("PATCH", "/api/cases", 405), ("GET", "/x", 404)]:
        answer = town.client.request(verb, path)
        civil(answer)
        assert answer.status_code == status
