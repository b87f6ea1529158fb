"""Lists stay right page by page, and are read in the order of an index, so that their size does not matter."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from tests.server.cases.test_mends import merge
from tests.server.setup.test_revising import BOTH_IN_A, revised
from tests.server.town import MIN_NS, Town, picture

MOST_ASKED = 9


def some_orders(town: Town) -> None:
    """Three open ones, and two that were closed one after the other."""
    links = town.send(*(town.seen("litter", east_m=20.0 * number) for number in range(-2, 3)))["links"]
    for link in links[:2]:
        town.clock.ns += MIN_NS
        town.post(f"/api/cases/{link['case_id']}/cancel", "supervisor", reason="called off")


@pytest.mark.both_databases
@pytest.mark.parametrize("limit", [1, 2, 3, 5])
def test_pages_of_any_size_are_the_whole_list_cut_in_pieces(town: Town, limit: int) -> None:
    some_orders(town)
    whole = [item["number"] for item in town.get("/api/work-orders")["items"]]
    assert [item["state"] for item in town.get("/api/work-orders")["items"]] == ["dispatched"] * 3 + ["closed"] * 2
    paged, cursor = [], 0
    while cursor is not None:
        page = town.get(f"/api/work-orders?limit={limit}&cursor={cursor}")
        paged += [item["number"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert paged == whole
    assert town.get(f"/api/work-orders?limit={limit}&cursor=9")["items"] == []


@contextmanager
def asked_of(town: Town) -> Iterator[list[tuple[str, Any]]]:
    """What is asked of the records meanwhile."""
    found: list[tuple[str, Any]] = []

    def hear(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        found.append((statement, values))

    event.listen(town.context.store.engine, "before_cursor_execute", hear)
    yield found
    event.remove(town.context.store.engine, "before_cursor_execute", hear)


@pytest.mark.parametrize(
    "path",
    ["/api/work-orders", "/api/work-orders?overdue=true", "/api/cases", "/api/cases?state=dispatched", "/api/map"],
)
def test_a_list_is_read_in_its_order_and_not_sorted(town: Town, path: str) -> None:
    some_orders(town)
    with asked_of(town) as asked:
        town.get(path)
    with town.context.store.engine.connect() as connection:
        for statement, values in asked:
            if statement.startswith("SELECT"):
                plan = connection.exec_driver_sql("EXPLAIN QUERY PLAN " + statement, values).all()
                # It finds nearly all that was ever seen.
                assert not [step for *_, step in plan if "ix_observation_outcome" in step], (statement, plan)
            if statement.startswith(("SELECT work_order.", 'SELECT "case".')) and "LIMIT" in statement:
                plan = connection.exec_driver_sql("EXPLAIN QUERY PLAN " + statement, values).all()
                assert not [step for *_, step in plan if "TEMP B-TREE FOR ORDER BY" in step], (statement, plan)


@pytest.mark.both_databases
def test_a_list_says_of_each_order_what_its_own_page_says(town: Town) -> None:
    shots = [picture(number) for number in range(3)]
    seen = [town.seen("litter", east_m=20.0 * number, pictures=(shot,)) for number, shot in enumerate(shots)]
    kept, gone, other = (link["case_id"] for link in town.send(*seen)["links"])
    town.post(f"/api/cases/{other}/cancel", "supervisor", reason="called off")
    merge(town, kept, gone)
    items = town.get("/api/work-orders")["items"]
    assert len(items) == 3
    assert items == [town.get(f"/api/work-orders/{item['id']}") for item in items]
    [whole] = [item for item in items if item["case_id"] == kept]
    assert len(whole["before"]) == 2


def test_a_list_takes_as_many_questions_whatever_its_length(town: Town) -> None:
    town.get("/api/work-orders")
    counts = []
    for number in range(2):
        town.send(*(town.seen("litter", east_m=20.0 * east, north_m=40.0 * number) for east in range(-2, 3)))
        with asked_of(town) as asked:
            items = town.get("/api/work-orders")["items"]
        assert len(items) == 5 * (number + 1)
        counts.append(len(asked))
    assert counts[0] == counts[1] <= MOST_ASKED


def test_of_several_on_the_rota_the_one_with_the_fewest_open_orders_gets_the_case(town: Town, tmp_path: Path) -> None:
    some_orders(town)
    assert {one["assignee_name"] for one in town.get("/api/work-orders")["items"]} == {"Crew-A"}
    revised(town, tmp_path, **BOTH_IN_A)
    [seen] = town.send(town.seen("litter", north_m=40.0))["links"]
    assert town.order_of(seen["case_id"])["assignee_name"] == "Crew-B"
    [busy, *_] = [one["case_id"] for one in town.get("/api/work-orders")["items"] if one["assignee_name"] == "Crew-A"]
    town.post(f"/api/cases/{busy}/suspend", "supervisor", reason="scaffolding")
    town.post(f"/api/cases/{busy}/resume", "supervisor")
    assert town.order_of(busy)["assignee_name"] == "Crew-B"
