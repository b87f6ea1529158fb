"""Two cases that are one problem become one, and no accepted job is taken from a crew by it."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from server.association.merge import Merge
from server.cases.healing import heal_cases
from server.records.tables import CaseRow
from tests.server.town import MIN_NS, Town

pytestmark = pytest.mark.both_databases


def two_cases(town: Town, category: str = "litter") -> tuple[str, str]:
    links = town.send(town.seen(category), town.seen(category, east_m=12.0))["links"]
    assert [link["outcome"] for link in links] == ["opened", "opened"]
    return links[0]["case_id"], links[1]["case_id"]


def heal(town: Town, kept: str, gone: str) -> None:
    with town.context.store.write() as session:
        cases = {row.id: row for row in session.scalars(select(CaseRow))}
        heal_cases(session, town.context, cases, [Merge(gone, kept, 9.0)], town.clock.ns)


def test_the_newer_case_closes_as_merged_and_its_order_ends(town: Town) -> None:
    kept, gone = two_cases(town)
    heal(town, kept, gone)
    case = town.get(f"/api/cases/{gone}")
    assert (case["state"], case["close_reason"], case["merged_into"]) == ("closed", "merged", kept)
    assert case["work_order"]["outcome"] == "merged"
    assert town.get(f"/api/cases/{kept}")["state"] == "dispatched"
    assert len(town.get("/api/work-orders?state=dispatched")["items"]) == 1
    town.laws_hold()


def test_the_case_that_a_crew_accepted_goes_on_whichever_is_older(town: Town) -> None:
    older, newer = two_cases(town)
    town.post(f"/api/work-orders/{town.order_of(newer)['id']}/accept", "crew-a")
    heal(town, older, newer)
    assert town.get(f"/api/cases/{newer}")["state"] == "handling"
    assert town.get(f"/api/cases/{older}")["merged_into"] == newer
    town.laws_hold()


def test_two_accepted_jobs_both_go_on(town: Town) -> None:
    cases = two_cases(town)
    for case_id in cases:
        town.post(f"/api/work-orders/{town.order_of(case_id)['id']}/accept", "crew-a")
    heal(town, *cases)
    assert [town.get(f"/api/cases/{case_id}")["state"] for case_id in cases] == ["handling", "handling"]


def test_two_looks_at_one_vehicle_minutes_apart_that_were_two_cases_are_a_problem(town: Town) -> None:
    [first] = town.send(town.seen("improper_parking"))["links"]
    town.clock.ns += 12 * MIN_NS
    [second] = town.send(town.seen("improper_parking", east_m=45.0, zone_id="no-stop"))["links"]
    assert second["outcome"] == "opened"
    heal(town, first["case_id"], second["case_id"])
    assert town.get(f"/api/cases/{first['case_id']}")["state"] == "dispatched"
    assert town.get(f"/api/cases/{second['case_id']}")["close_reason"] == "merged"
    town.laws_hold()


def test_a_late_sighting_goes_to_the_case_that_went_on(town: Town) -> None:
    kept, gone = two_cases(town)
    heal(town, kept, gone)
    town.clock.ns += MIN_NS
    [link] = town.send(town.seen("litter", at_ns=town.clock.ns - 2 * MIN_NS))["links"]
    assert link["case_id"] == kept
