"""The demo's report: one-to-one, complete, nearest."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from demo.report import Order, Problem, compare

LAT_M = 1 / 111_000


def problem(name: str, north_m: float, category: str = "litter") -> Problem:
    return Problem(name, category, 22.0 + north_m * LAT_M, 113.0)


def order(name: str, north_m: float, category: str = "litter") -> Order:
    return Order(name, "c" + name, category, 22.0 + north_m * LAT_M, 113.0, "g1", "p1", "", 1)


def test_a_second_order_for_the_same_problem_is_false() -> None:
    report = compare((problem("a", 0),), (order("1", 1), order("2", 2)))
    assert [one.order.id for one in report.found] == ["1"]
    assert [one.id for one in report.false] == ["2"]


def test_another_category_at_the_same_place_is_both_missed_and_false() -> None:
    report = compare((problem("a", 0),), (order("1", 0, "illegal_ad"),))
    assert (len(report.found), len(report.missed), len(report.false)) == (0, 1, 1)


def test_finding_both_wins_over_the_nearest_pair() -> None:
    report = compare((problem("a", 0), problem("b", 7)), (order("1", 1), order("2", -6)))
    assert {(one.problem.id, one.order.id) for one in report.found} == {("a", "2"), ("b", "1")}


def test_the_json_says_the_error_in_metres() -> None:
    told = json.loads(compare((problem("a", 0),), (order("1", 3),)).to_json(seed=7))
    assert told["seed"] == 7
    assert told["found"] == 1
    assert abs(told["position_error_m"]["median"] - 3) < 0.1


@given(
    st.lists(st.floats(-40, 40), max_size=6),
    st.lists(st.floats(-40, 40), max_size=6),
)
def test_every_problem_and_every_order_is_told_exactly_once(truths: list[float], made: list[float]) -> None:
    problems = tuple(problem(f"p{i}", at) for i, at in enumerate(truths))
    orders = tuple(order(f"o{i}", at) for i, at in enumerate(made))
    report = compare(problems, orders)
    assert sorted([one.problem.id for one in report.found] + [one.id for one in report.missed]) == sorted(
        one.id for one in problems
    )
    assert sorted([one.order.id for one in report.found] + [one.id for one in report.false]) == sorted(
        one.id for one in orders
    )
    assert all(one.error_m <= 8.0 for one in report.found)
