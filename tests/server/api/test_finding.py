"""A case or a work order is found by its number, at once, by whoever may see all of them."""

from __future__ import annotations

import pytest

from tests.server.api.test_order_lists import asked_of
from tests.server.town import Town


def two_cases(town: Town) -> tuple[str, str]:
    """Case 1 has work order 1, which is called off; case 2 has work orders 2 and, after that was called off, 3."""
    first, second = (one["case_id"] for one in town.send(town.seen(), town.seen(east_m=30.0))["links"])
    town.post(f"/api/cases/{first}/cancel", "supervisor", reason="called off")
    town.post(f"/api/cases/{second}/suspend", "supervisor", reason="scaffolding")
    town.post(f"/api/cases/{second}/resume", "supervisor")
    return first, second


@pytest.mark.both_databases
def test_a_number_finds_the_case_and_the_order_that_have_it_also_closed_ones(town: Town) -> None:
    first, second = two_cases(town)
    closed = {"case_number": 1, "category": "litter", "state": "closed", "close_reason": "cancelled"}
    assert town.get("/api/find?number=1", "operator")["items"] == [
        {"kind": kind, "case_id": first, "grid_id": "grid-a", **closed} for kind in ("case", "order")
    ]
    [order] = town.get("/api/find?number=3", "reviewer")["items"]
    assert (order["kind"], order["case_id"], order["case_number"]) == ("order", second, 2)
    assert town.get("/api/find?number=4")["items"] == []


@pytest.mark.parametrize("number", ["-1", "1e3", "one", "", "9999999999999999"])
def test_what_is_no_number_is_refused(town: Town, number: str) -> None:
    answer = town.client.get(f"/api/find?number={number}", headers=town.as_("operator"))
    assert (answer.status_code, answer.json()["error"]["where"]) == (422, "query.number")


def test_who_does_not_see_all_cases_finds_none(town: Town) -> None:
    two_cases(town)
    for name in ("crew-a", "engineer", "inspector"):
        assert town.client.get("/api/find?number=1", headers=town.as_(name)).status_code == 403
    assert town.client.get("/api/find?number=1").status_code == 401


def test_a_number_is_looked_up_in_an_index(town: Town) -> None:
    two_cases(town)
    with asked_of(town) as asked:
        town.get("/api/find?number=1")
    with town.context.store.engine.connect() as connection:
        plans = [
            [step for *_, step in connection.exec_driver_sql("EXPLAIN QUERY PLAN " + statement, values)]
            for statement, values in asked
            if ".number = " in statement
        ]
    assert [(plan[0].split()[:2], plan[0].endswith("(number=?)")) for plan in plans] == [
        (["SEARCH", "case"], True),
        (["SEARCH", "work_order"], True),
    ]
    assert not [step for plan in plans for step in plan if not step.startswith("SEARCH")], plans
