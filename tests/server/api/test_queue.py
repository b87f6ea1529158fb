"""The queue in its order, whatever is asked for and however it is cut into pages."""

from __future__ import annotations

import base64
from itertools import combinations

import pytest

from server.access.people import SignedIn
from server.access.roles import Role
from server.api.queue import Asked
from server.cases.lifecycle import State
from tests.server.api.test_order_lists import asked_of
from tests.server.town import Town

STATES = ("watching", "dispatched", "handling", "closed")


def some_of_each(town: Town) -> None:
    """Cases in each of these states, some of the same worth."""
    litter = [town.seen("litter", east_m=25.0 * number) for number in range(-5, 5)]
    links = town.send(*litter, town.seen("improper_parking", north_m=3.0))["links"]
    for link in links[:3]:
        town.post(f"/api/work-orders/{town.order_of(link['case_id'])['id']}/accept", "crew-a")
    for link in links[3:6]:
        town.post(f"/api/cases/{link['case_id']}/dismiss", "operator", reason="a market stall")


def paged(town: Town, asked: str, limit: int) -> list[str]:
    found, more = list[str](), ""
    while True:
        page = town.get(f"/api/cases?limit={limit}{asked}{more}")
        assert len(page["items"]) <= limit
        found += [case["id"] for case in page["items"]]
        if page["next_cursor"] is None:
            return found
        more = f"&cursor={page['next_cursor']}"


@pytest.mark.both_databases
def test_any_states_in_pages_of_any_size_are_the_queue(town: Town) -> None:
    some_of_each(town)
    cases = [case for state in STATES for case in town.get(f"/api/cases?state={state}")["items"]]
    queue = sorted(cases, key=lambda case: (-case["worth"], case["id"]))
    assert {state: sum(case["state"] == state for case in queue) for state in STATES} == {
        "watching": 1,
        "dispatched": 4,
        "handling": 3,
        "closed": 3,
    }
    assert len({case["worth"] for case in queue}) < len(queue), "some stand level"
    for asked in (some for count in (1, 2, 4) for some in combinations(STATES, count)):
        words = "".join(f"&state={state}" for state in (*asked, asked[0]))
        wanted = [case["id"] for case in queue if case["state"] in asked]
        assert paged(town, words, 2) == paged(town, words, 50) == wanted
    assert paged(town, "", 3) == [case["id"] for case in queue if case["state"] != "closed"]
    for name, field in (("category", "category"), ("grid", "grid_id")):
        for value in {case[field] for case in queue}:
            wanted = [case["id"] for case in queue if case["state"] != "closed" and case[field] == value]
            assert paged(town, f"&{name}={value}", 2) == wanted
    on_map = town.get("/api/map?limit=5&state=handling&state=watching")["features"]
    assert [point["id"] for point in on_map] == [
        case["id"] for case in queue if case["state"] in ("handling", "watching")
    ][:5]


@pytest.mark.parametrize(
    ("asked_for", "begins", "states"),
    [
        ("state=filed&state=dispatched&state=handling", "COVERING INDEX ix_case_queue (state=?", 3),
        ("category=litter", "COVERING INDEX ix_case_category (category=? AND state=?", 6),
        ("grid=grid-a&state=closed&state=filed", "COVERING INDEX ix_case_grid (grid_id=? AND state=?", 2),
        ("grid=grid-a&category=litter", "(grid_id=? AND state=?", 6),
    ],
)
def test_of_several_states_only_the_first_of_each_are_read(
    town: Town, asked_for: str, begins: str, states: int
) -> None:
    some_of_each(town)
    with asked_of(town) as asked:
        town.get(f"/api/cases?{asked_for}")
    [(statement, values)] = [one for one in asked if "UNION ALL" in one[0]]
    with town.context.store.engine.connect() as connection:
        plan = [step for *_, step in connection.exec_driver_sql("EXPLAIN QUERY PLAN " + statement, values)]
    assert len([step for step in plan if begins in step]) == states, plan
    assert not [step for step in plan if step.startswith("SCAN case")], plan
    assert not [step for step in plan if "LAST TERM" in step], plan


def test_a_later_page_begins_where_the_one_before_ended(town: Town) -> None:
    viewer = SignedIn("s", "supervisor", "", Role.SUPERVISOR)
    query = Asked(viewer, [State.DISPATCHED]).first(50, after=(0.5, "case"))
    text = str(query.compile(town.context.store.engine, compile_kwargs={"literal_binds": True}))
    with town.context.store.engine.connect() as connection:
        [[*_, step]] = connection.exec_driver_sql("EXPLAIN QUERY PLAN " + text).all()
    assert "ix_case_queue (state=? AND worth<?)" in step


@pytest.mark.parametrize("forged", ["nan", "inf", "-inf", "1e999", "much"])
def test_a_place_that_no_case_has_is_refused(town: Town, forged: str) -> None:
    cursor = base64.urlsafe_b64encode(f"{forged}|{town.new_id()}".encode()).decode()
    answer = town.client.get(f"/api/cases?cursor={cursor}", headers=town.as_("supervisor"))
    assert (answer.status_code, answer.json()["error"]["where"]) == (422, "query.cursor")
