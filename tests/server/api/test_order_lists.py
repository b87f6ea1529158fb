"""Lists stay right page by page, and are read in the order of an index, so that their size does not matter."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import combinations, product
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from server.api import orderlist
from server.api.orderlist import AskedOrders
from server.cases.lifecycle import State
from server.records.tables import CaseRow, Person, WorkOrder
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
    [
        "/api/work-orders",
        "/api/work-orders?overdue=true",
        "/api/work-orders?grid=grid-a",
        "/api/cases",
        "/api/cases?state=dispatched",
        "/api/map",
        "/api/map?state=dispatched",
    ],
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


def led_by(town: Town, path: str, name: str = "supervisor") -> set[str]:
    """By which indexes SQLite comes to the orders that a list wants."""
    with asked_of(town) as asked:
        town.get(path, name)
    steps = set[str]()
    with town.context.store.engine.connect() as connection:
        for statement, values in asked:
            if statement.startswith("SELECT work_order."):
                plan = connection.exec_driver_sql("EXPLAIN QUERY PLAN " + statement, values)
                steps |= {step.replace("COVERING ", "") for *_, step in plan if " work_order " in step}
    return steps


OF_THEIRS = "SEARCH work_order USING INDEX ix_work_order_crew (crew_id=? AND closed_ns=?)"
OF_THE_CASES = "SEARCH work_order USING INDEX uq_work_order_one_open (case_id=?)"


@pytest.mark.parametrize(
    ("asked", "by"),
    [
        ("?left=true", OF_THEIRS),
        ("?left=true&grid=grid-a", OF_THEIRS),
        ("?left=true&overdue=true&state=dispatched&state=handling&state=fed_back", OF_THEIRS),
        ("/hand-over", OF_THEIRS),
        ("?mine=true&state=dispatched&state=handling", OF_THEIRS),
        ("?mine=true&state=fed_back&grid=grid-a&overdue=true", OF_THEIRS),
        (
            "?mine=true&state=closed&grid=grid-a",
            "SEARCH work_order USING INDEX ix_work_order_crew (crew_id=? AND closed_ns>?)",
        ),
        ("?state=closed", "SEARCH work_order USING INDEX ix_work_order_closed (closed_ns>?)"),
        (
            "?state=closed&grid=grid-a",
            "SEARCH work_order USING INDEX ix_work_order_grid_closed (grid_id=? AND closed_ns>?)",
        ),
        ("?state=fed_back", OF_THE_CASES),
        ("?state=fed_back&state=handling&grid=grid-a", OF_THE_CASES),
        ("?state=fed_back&overdue=true&grid=grid-a", OF_THE_CASES),
    ],
)
def test_what_is_asked_for_leads_to_the_orders(town: Town, asked: str, by: str) -> None:
    some_orders(town)
    assert led_by(town, "/api/work-orders" + asked) == {by}


def test_of_states_with_many_cases_the_orders_are_read_by_deadline(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    some_orders(town)
    path = "/api/work-orders?state=dispatched"
    monkeypatch.setattr(orderlist, "FEW", 4)
    assert led_by(town, path) == {OF_THE_CASES}
    monkeypatch.setattr(orderlist, "FEW", 3)
    assert led_by(town, path) == {"SCAN work_order USING INDEX ix_work_order_due"}
    of_the_grid = "SEARCH work_order USING INDEX ix_work_order_grid_due (grid_id=?)"
    assert led_by(town, path + "&grid=grid-a") == {of_the_grid}
    assert led_by(town, path + "&grid=grid-a&overdue=true") == {of_the_grid.replace("?)", "? AND due_ns<?)")}


OPEN = (State.DISPATCHED, State.HANDLING, State.FED_BACK)


@dataclass(frozen=True, slots=True)
class Kept:
    """An order as it was put into the records. left: whoever has it has left."""

    number: int
    crew_id: str
    grid: str
    state: State
    due_ns: int
    closed_ns: int | None
    left: bool

    def wanted(self, asked: AskedOrders) -> bool:
        return (
            asked.crew_id in (None, self.crew_id)
            and (not asked.states or self.state in asked.states)
            and asked.grid in (None, self.grid)
            and (asked.due_before_ns is None or (self.closed_ns is None and self.due_ns < asked.due_before_ns))
            and (not asked.left or (self.left and self.state in (State.DISPATCHED, State.HANDLING)))
        )

    @property
    def place(self) -> tuple[int, int, int]:
        if self.closed_ns is None:
            return (0, self.due_ns, self.number)
        return (1, -self.closed_ns, -self.number)


def many_orders(town: Town, session: Session, dice: Random) -> list[Kept]:
    """Orders of every kind instead of the town's one."""
    [like] = session.scalars(select(WorkOrder))
    case = session.get_one(CaseRow, like.case_id)
    crews = session.scalars(select(Person).where(Person.name.in_(("crew-a", "crew-b", "reviewer")))).all()
    crews[0].active = False
    of_case = {name: getattr(case, name) for name in CaseRow.__table__.columns.keys()}  # noqa: SIM118
    of_order = {name: getattr(like, name) for name in WorkOrder.__table__.columns.keys()}  # noqa: SIM118
    session.delete(like)
    kept = []
    for number in range(2, 90):
        crew, state = dice.choice(crews), dice.choice((*OPEN, State.CLOSED))
        due_ns, grid = town.clock.ns + MIN_NS * dice.randint(-4, 4), dice.choice(("grid-a", "grid-b"))
        closed_ns = due_ns if state is State.CLOSED or dice.random() < 0.1 else None
        new = {"id": str(town.new_id()), "number": number}
        session.add(CaseRow(**of_case | new | {"state": state}))
        session.flush()
        of_this = {"case_id": new["id"], "crew_id": crew.id, "grid_id": grid, "due_ns": due_ns, "closed_ns": closed_ns}
        session.add(WorkOrder(**of_order | new | of_this))
        told = state if closed_ns is None else State.CLOSED
        kept.append(Kept(number, crew.id, grid, told, due_ns, closed_ns, not crew.active))
    session.flush()
    return kept


@pytest.mark.both_databases
@pytest.mark.parametrize("few", [1, 20, 5_000])
def test_a_list_holds_what_is_asked_for_in_its_order(town: Town, monkeypatch: pytest.MonkeyPatch, few: int) -> None:
    monkeypatch.setattr(orderlist, "FEW", few)
    dice, late_ns = Random(few), town.clock.ns
    states = [some for count in range(5) for some in combinations((*OPEN, State.CLOSED), count)]
    town.send(town.seen("litter"))
    with town.context.store.write() as session:
        kept = many_orders(town, session, dice)
        crews = sorted({order.crew_id for order in kept})
        every = product([None, *crews], states, [None, "grid-a", "grid-z"], [None, late_ns], [False, True])
        lengths = set[int]()
        for chosen in dice.sample(list(every), 150):
            asked = AskedOrders(*chosen)
            wanted = [one.number for one in sorted(kept, key=lambda one: one.place) if one.wanted(asked)]
            assert [order.number for order in asked.first(session, 500)] == wanted, asked
            limit, skipped = dice.randint(1, 9), dice.randint(0, len(wanted) + 2)
            page = [order.number for order in asked.first(session, limit, skipped)]
            assert page == wanted[skipped : skipped + limit], (asked, limit, skipped)
            lengths.add(len(wanted))
        assert len(lengths) > 20


def test_cases_near_another_are_found_by_their_place(town: Town) -> None:
    [link, *_] = town.send(town.seen("litter"), town.seen("litter", north_m=9.0))["links"]
    with asked_of(town) as asked:
        assert len(town.get(f"/api/cases/{link['case_id']}/near")["items"]) == 1
    [(statement, values)] = [one for one in asked if "json_each" in one[0] or "BETWEEN" in one[0]]
    with town.context.store.engine.connect() as connection:
        plan = [step for *_, step in connection.exec_driver_sql("EXPLAIN QUERY PLAN " + statement, values)]
    assert [step for step in plan if "SEARCH case USING INDEX ix_case_row" in step], plan


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
