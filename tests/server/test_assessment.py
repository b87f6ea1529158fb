"""How work orders end is counted by week, grid and crew, from the orders of these weeks and no others."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from server.api.figures import ASSESSMENT
from server.assessment import FEW, WEEKS, assess
from server.cases.workorders import nanoseconds
from server.counts import Counted, KeptCount
from server.records.tables import WorkOrder
from tests.server.api.test_order_lists import asked_of
from tests.server.judgement import fix, report
from tests.server.town import HOUR_NS, MIN_NS, MONDAY_10H, Town, picture

WEEK_NS = 7 * 24 * HOUR_NS
OF_THESE_WEEKS = {"ix_work_order_closed"}
OF_THE_OPEN = {"ix_work_order_due", "ix_work_order_grid_due", "uq_work_order_one_open"}
IN_B_M = 400.0
"""So far east of the middle of grid-a lies grid-b."""


def opened(town: Town, *east_m: float, crew: str) -> list[str]:
    """Work orders that were accepted, by their places; litter has four working hours, so 10:00 is due at 16:00."""
    orders = [
        town.order_of(link["case_id"])["id"]
        for link in town.send(*(town.seen("litter", one) for one in east_m))["links"]
    ]
    for order in orders:
        town.post(f"/api/work-orders/{order}/accept", crew)
    return orders


def two_weeks(town: Town) -> None:
    """In the first week grid-a fixes five in time, one of them at the second try, and one late; one is called off. In
    the second grid-b fixes one; one waits for the reviewer and one for the crew, both overdue."""
    first, *others = opened(town, *(20.0 * number for number in range(-3, 4)), crew="crew-a")
    late, cancelled = others.pop(), others.pop()
    town.clock.ns = MONDAY_10H + 2 * HOUR_NS
    town.after_photo(first, picture(90))
    town.post(f"/api/work-orders/{first}/send-back", "reviewer", reason="half of it is still there")
    town.clock.ns = MONDAY_10H + 6 * HOUR_NS
    for seed, order in enumerate((first, *others)):
        town.after_photo(order, picture(seed))
    town.clock.ns += MIN_NS
    town.after_photo(late, picture(91))
    town.clock.ns += HOUR_NS
    for order in (first, *others, late):
        town.post(f"/api/work-orders/{order}/approve", "reviewer")
    case_id = town.get(f"/api/work-orders/{cancelled}")["case_id"]
    town.post(f"/api/cases/{case_id}/cancel", "supervisor", reason="called off")
    town.clock.ns = MONDAY_10H + WEEK_NS
    done, in_review, _ = opened(town, *(IN_B_M + 20.0 * number for number in range(3)), crew="crew-b")
    town.clock.ns += HOUR_NS
    town.after_photo(done, picture(92), "crew-b")
    town.after_photo(in_review, picture(93), "crew-b")
    town.post(f"/api/work-orders/{done}/approve", "reviewer")
    town.clock.ns = MONDAY_10H + WEEK_NS + 24 * HOUR_NS


GRID_A = {"fixed": 6, "on_time": 5, "on_time_share": 5 / 6, "median_h": 6.0, "sent_back": 1, "otherwise": 1}
GRID_B = {"fixed": 1, "on_time": 1, "on_time_share": None, "median_h": None, "sent_back": 0, "otherwise": 0}
NONE_OPEN = {"open": 0, "overdue": 0, "in_review": 0}
OVERDUE = {"open": 2, "overdue": 2, "in_review": 1}


def told_of(one: dict[str, Any], *keys: str) -> list[Any]:
    return [one[key] for key in keys]


@pytest.mark.both_databases
def test_what_became_of_the_orders_of_two_weeks_is_told_by_week_grid_and_crew(town: Town) -> None:
    two_weeks(town)
    told = town.get("/api/figures/assessment")
    assert len(told["weeks"]) == WEEKS
    assert told["weeks"][-2:] == [{"begins": "2026-11-23", **GRID_A}, {"begins": "2026-11-30", **GRID_B}]
    assert {week["fixed"] + week["otherwise"] for week in told["weeks"][:-2]} == {0}
    assert told["waiting"] == OVERDUE
    assert told["grids"] == [{"grid_id": "grid-b", **GRID_B, **OVERDUE}, {"grid_id": "grid-a", **GRID_A, **NONE_OPEN}]
    assert [one.pop("person")["name"] for one in told["crews"]] == ["crew-b", "crew-a"]
    assert told["crews"] == [{**GRID_B, **OVERDUE}, {**GRID_A, **NONE_OPEN}]


@pytest.mark.both_databases
def test_overdue_is_told_beside_what_was_overdue_a_week_ago(town: Town) -> None:
    two_weeks(town)
    assert town.get("/api/figures/assessment")["overdue_a_week_ago"] == 0
    for order in town.get("/api/work-orders?state=fed_back")["items"]:
        town.post(f"/api/work-orders/{order['id']}/approve", "reviewer")
    town.clock.ns += WEEK_NS
    told = town.get("/api/figures/assessment")
    assert (told["waiting"]["overdue"], told["overdue_a_week_ago"]) == (1, 2)


@pytest.mark.both_databases
def test_each_row_leads_to_the_orders_that_it_counts(town: Town) -> None:
    two_weeks(town)
    told = town.get("/api/figures/assessment")
    for share in told["grids"]:
        listed = town.get(f"/api/work-orders?overdue=true&grid={share['grid_id']}")["items"]
        assert len(listed) == share["overdue"]
    for share in told["crews"]:
        of_them = f"/api/work-orders?assignee={share['person']['id']}&state="
        closed, waiting = (town.get(of_them + state)["items"] for state in ("closed", "handling&state=fed_back"))
        assert (len(closed), len(waiting)) == (share["fixed"] + share["otherwise"], share["open"])
        assert {one["assignee_id"] for one in (*closed, *waiting)} == {share["person"]["id"]}


@pytest.mark.both_databases
def test_a_crew_sees_its_own_orders_whoever_it_asks_for(town: Town) -> None:
    two_weeks(town)
    other = town.get("/api/me", "crew-b")["id"]
    mine = town.get("/api/work-orders", "crew-a")["items"]
    assert len(mine) == 7
    assert town.get(f"/api/work-orders?assignee={other}", "crew-a")["items"] == mine


@pytest.mark.both_databases
def test_a_case_of_some_weeks_ago_no_longer_counts_against_its_crew(town: Town) -> None:
    fix(town, report(town, 1), 9)
    town.clock.ns += 4 * WEEK_NS
    told = town.get("/api/figures/assessment")
    assert [week["fixed"] for week in told["weeks"][-5:]] == [1, 0, 0, 0, 0]
    assert (told["grids"], told["crews"]) == ([], [])
    town.clock.ns += (WEEKS - 4) * WEEK_NS
    assert sum(week["fixed"] for week in town.get("/api/figures/assessment")["weeks"]) == 0


def rewritten(session: Session, *ends: tuple[datetime, float]) -> None:
    """The town's one order in the place of which there are these: closed when, after how many hours fixed."""
    [like] = session.scalars(select(WorkOrder))
    kept = {name: getattr(like, name) for name in WorkOrder.__table__.columns.keys()}  # noqa: SIM118
    session.delete(like)
    session.flush()
    for number, (closed, took_h) in enumerate(ends, 100):
        closed_ns = nanoseconds(closed)
        fixed_ns = closed_ns - MIN_NS
        dispatched_ns = fixed_ns - int(took_h * HOUR_NS)
        times = {"dispatched_ns": dispatched_ns, "due_ns": fixed_ns, "fed_back_ns": fixed_ns, "closed_ns": closed_ns}
        session.add(WorkOrder(**kept | times | {"id": str(number), "number": number, "outcome": "fixed"}))
    session.flush()


@pytest.mark.both_databases
def test_a_week_begins_on_monday_by_the_citys_clock_also_where_that_was_set_back(town: Town) -> None:
    """In Berlin the night to October 26, 2026 began at 23:00 UTC, and the Monday a week earlier at 22:00 UTC."""
    town.send(town.seen("litter"))
    city = replace(town.context.city, zone=ZoneInfo("Europe/Berlin"))
    turns = (datetime(2026, 10, 18, 22, tzinfo=UTC), datetime(2026, 10, 25, 23, tzinfo=UTC))
    before, after = ([turn.replace(minute=59, hour=turn.hour - 1) for turn in turns], [*turns])
    with town.context.store.write() as session:
        rewritten(session, *((closed, 1.0) for closed in (*before, *after)))
        weeks = assess(session, city, nanoseconds(datetime(2026, 10, 27, tzinfo=UTC))).weeks
    found = {week.begins: week.pace.fixed for week in weeks[-3:]}
    assert found == {date(2026, 10, 12): 1, date(2026, 10, 19): 2, date(2026, 10, 26): 1}


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("hours", "median_h"),
    [
        ([1.0] * (FEW - 1), None),
        ([0.0, 1.0, 2.0, 30.0, 500.0], 2.0),
        ([0.0, 1.0, 2.0, 3.0, 30.0, 500.0], 2.5),
        ([0.6, 0.6, 0.6, 0.65, 0.65], 0.5),
    ],
)
def test_half_of_the_orders_took_no_longer_than_the_median(
    town: Town, hours: list[float], median_h: float | None
) -> None:
    town.send(town.seen("litter"))
    with town.context.store.write() as session:
        closed = datetime(2026, 11, 24, tzinfo=UTC)
        rewritten(session, *((closed, took_h) for took_h in hours))
        assert assess(session, town.context.city, nanoseconds(closed)).weeks[-1].pace.median_h == median_h


def test_a_kept_assessment_is_the_one_that_was_counted(town: Town) -> None:
    two_weeks(town)
    with town.context.store.read() as session:
        counted = assess(session, town.context.city, town.clock.ns)
    kept = KeptCount(town.context.store, "assessment", "", ASSESSMENT)
    kept.keep(Counted(counted, 7, 0.0, 20.0, 20.0))
    last = kept.recall()
    assert last is not None
    assert last.value == counted


def test_no_order_that_ended_before_these_weeks_is_read(town: Town) -> None:
    two_weeks(town)
    with asked_of(town) as asked, town.context.store.read() as session:
        assess(session, town.context.city, town.clock.ns)
    of_orders = [one for one in asked if "work_order" in one[0]]
    assert len(of_orders) == WEEKS + 3
    with town.context.store.engine.connect() as connection:
        for statement, values in of_orders:
            plan = [step for *_, step in connection.exec_driver_sql("EXPLAIN QUERY PLAN " + statement, values)]
            by = {step.partition(" INDEX ")[2].partition(" ")[0] for step in plan if " work_order" in step}
            wanted = OF_THESE_WEEKS if "closed_ns >=" in statement else OF_THE_OPEN
            assert len(by & wanted) == len(by) == 1, (statement, plan)
