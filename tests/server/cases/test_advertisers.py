"""The same number on several walls is one advertiser; numbers are for those who decide, and for nobody else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import select

from server.records.tables import Advertiser, AuditRow
from tests.server.town import HOUR_NS, MIN_NS, Town

A, SLIP, B = "12034567890", "12034567899", "11098765432"
FAR = {"east_m": 40.0}

pytestmark = pytest.mark.both_databases


def put_up(town: Town, phones: str, **where: Any) -> str:
    """An ad with numbers, seen once; the id of its case."""
    [link] = town.send(town.seen("illegal_ad", phones=phones, **where))["links"]
    return str(link["case_id"])


def numbers(town: Town, case_id: str, name: str = "operator") -> list[str]:
    return [one["number"] for one in town.get(f"/api/cases/{case_id}", name)["numbers"]]


def test_cases_with_the_same_number_are_one_advertiser(town: Town) -> None:
    first = put_up(town, f"{A}=0.45")
    second = put_up(town, f"{A}=0.40 {B}=0.44", **FAR)
    assert first != second
    listed = town.get("/api/advertisers", "reviewer")["items"]
    assert [(one["number"], one["cases_open"], one["cases_closed"]) for one in listed] == [(A, 2, 0), (B, 1, 0)]
    assert listed[0]["kind"] == "digits"
    detail = town.get(f"/api/advertisers/{listed[0]['id']}", "operator")
    assert {case["id"] for case in detail["cases"]} == {first, second}
    [shown] = town.get(f"/api/cases/{first}", "operator")["numbers"]
    assert (shown["advertiser_id"], shown["other_cases"]) == (listed[0]["id"], 1)
    assert numbers(town, second) == [B, A]


def test_a_closed_case_is_counted_apart_and_a_dismissed_one_not_at_all(town: Town) -> None:
    first = put_up(town, f"{A}=0.45")
    put_up(town, f"{A}=0.45", **FAR)
    town.post(f"/api/cases/{first}/escalate", "supervisor", reason="receipt 12")
    [one] = town.get("/api/advertisers")["items"]
    assert (one["cases_open"], one["cases_closed"]) == (1, 1)
    third = put_up(town, f"{B}=0.45", east_m=-40.0)
    town.post(f"/api/cases/{third}/dismiss", "operator", reason="a shop's own sign")
    assert [one["number"] for one in town.get("/api/advertisers")["items"]] == [A]


def test_the_better_supported_number_of_a_cases_sightings_wins_and_the_slip_goes(town: Town) -> None:
    case = put_up(town, f"{SLIP}=0.48")
    assert numbers(town, case) == [SLIP]
    for _ in range(2):
        town.clock.ns += HOUR_NS
        assert put_up(town, f"{A}=0.42") == case
    [one] = town.get(f"/api/cases/{case}", "operator")["numbers"]
    assert (one["number"], one["sightings"], one["support"]) == (A, 2, pytest.approx(0.84))
    with town.context.store.read() as session:
        assert list(session.scalars(select(Advertiser.number))) == [A]


def test_numbers_one_digit_apart_are_suggested_and_not_merged(town: Town) -> None:
    first, second = put_up(town, f"{A}=0.45"), put_up(town, f"{SLIP}=0.45", **FAR)
    [one] = town.get(f"/api/cases/{first}", "operator")["numbers"]
    assert one["other_cases"] == 0
    assert [(other["number"], other["cases_open"]) for other in one["alike"]] == [(SLIP, 1)]
    assert numbers(town, second) == [SLIP]
    detail = town.get(f"/api/advertisers/{one['advertiser_id']}", "operator")
    assert [case["id"] for case in detail["cases"]] == [first]
    assert [other["number"] for other in detail["alike"]] == [SLIP]


@pytest.mark.parametrize("name", ["crew-a", "admin"])
def test_roles_that_do_not_decide_see_no_number_anywhere(town: Town, name: str) -> None:
    case = put_up(town, f"{A}=0.45", dwell_s=3.0)
    for path in (f"/api/cases/{case}", "/api/cases", "/api/work-orders", "/api/map"):
        answer = town.client.get(path, headers=town.as_(name))
        assert answer.status_code == 200
        assert A not in answer.text
    [seen] = town.get(f"/api/cases/{case}", name)["observations"]
    assert seen["attributes"] == {"dwell_s": 3.0}
    assert town.get(f"/api/cases/{case}", name)["numbers"] == []


def test_no_number_stands_in_what_everybody_is_told_nor_in_an_address(town: Town) -> None:
    put_up(town, f"{A}=0.45")
    [one] = town.get("/api/advertisers")["items"]
    assert A not in one["id"]
    assert A not in json.dumps(town.get("/api/figures"))


def test_who_looked_at_advertisers_is_written_down(town: Town) -> None:
    put_up(town, f"{A}=0.45")
    [one] = town.get("/api/advertisers", "reviewer")["items"]
    town.get(f"/api/advertisers/{one['id']}", "reviewer")
    with town.context.store.read() as session:
        rows = session.execute(select(AuditRow.action, AuditRow.subject_id).order_by(AuditRow.id)).all()[-2:]
    assert [tuple(row) for row in rows] == [("list_advertisers", ""), ("view_advertiser", one["id"])]


@pytest.mark.parametrize("phones", ["", "call me", 5, True, f"{A}=9.99", f"{A}=0.45;{B}=0.45", "1" * 100_000])
def test_an_attribute_that_cannot_be_read_costs_the_number_and_nothing_else(
    town: Town, phones: object, capsys: pytest.CaptureFixture[str]
) -> None:
    case = put_up(town, phones)  # type: ignore[arg-type]
    assert numbers(town, case) == []
    told = capsys.readouterr()
    assert "not readable" in told.out + told.err
    assert A not in told.out + told.err


def test_a_case_takes_along_the_numbers_of_what_was_merged_into_it(town: Town) -> None:
    from server.cases.advertisers import keep_numbers
    from server.records.tables import CaseRow

    kept, gone = put_up(town, f"{A}=0.45"), put_up(town, f"{B}=0.48", **FAR)
    with town.context.store.write() as session:
        row = session.get_one(CaseRow, gone)
        row.merged_into, row.state, row.close_reason, row.closed_ns = kept, "closed", "merged", town.clock() + MIN_NS
        session.flush()
        keep_numbers(session, town.context, [kept])
    assert numbers(town, kept) == [B, A]
    assert numbers(town, gone) == []
    assert {one["cases_open"] for one in town.get("/api/advertisers")["items"]} == {1}


def test_the_list_comes_in_pages(town: Town) -> None:
    put_up(town, " ".join(f"1{n}034567890=0.45" for n in (0, 1, 2)))
    first = town.get("/api/advertisers?limit=2")
    assert len(first["items"]) == 2
    rest = town.get(f"/api/advertisers?limit=2&cursor={first['next_cursor']}")
    assert rest["next_cursor"] is None
    assert len({one["number"] for one in first["items"] + rest["items"]}) == 3
