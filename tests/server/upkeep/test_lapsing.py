"""Watched cases lapse when nothing came of them for long, however many are watched."""

from __future__ import annotations

from typing import Any

import pytest

from server.upkeep import sweeps
from server.upkeep.sweeps import lapse_watched
from tests.server.cases.test_mends import split
from tests.server.intake.test_intake import parked
from tests.server.town import HOUR_NS, MIN_NS, Town

pytestmark = pytest.mark.both_databases

SPOTS_M = (-60.0, -40.0, -20.0, 0.0, 20.0)


def car(town: Town, east_m: float, **more: Any) -> dict[str, Any]:
    return town.seen("improper_parking", east_m=east_m, zone_id="painted-kerb-7", **more)


def states(town: Town, cases: list[str]) -> list[str]:
    return [town.get(f"/api/cases/{case}")["state"] for case in cases]


def test_a_few_lapse_at_a_time_and_those_that_came_again_stand_in_nobodys_way(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeps, "MOST", 2)
    monkeypatch.setattr(sweeps, "TOGETHER", 1)
    cases = [town.send(car(town, east_m))["links"][0]["case_id"] for east_m in SPOTS_M]
    assert len(set(cases)) == 5
    town.clock.ns += 14 * HOUR_NS
    seen_ns = town.clock.ns - 14 * HOUR_NS + MIN_NS
    again = [town.send(car(town, east_m, at_ns=seen_ns))["links"][0] for east_m in SPOTS_M[:2]]
    assert [link["case_id"] for link in again] == sorted(cases)[:2]
    town.clock.ns += 2 * HOUR_NS
    assert [lapse_watched(town.context) for _ in range(3)] == [2, 1, 0]
    assert states(town, cases) == ["watching"] * 2 + ["closed"] * 3


def test_a_case_that_was_split_off_lapses_by_when_its_sightings_came(town: Town) -> None:
    links = []
    for _ in range(2):
        links += town.send(parked(town))["links"]
        town.clock.ns += MIN_NS
    assert links[0]["case_id"] == links[1]["case_id"]
    town.clock.ns += 10 * HOUR_NS
    other = split(town, links[0]["case_id"], links[1]["observation_id"], reason="two cars")["other_id"]
    assert states(town, [other]) == ["watching"]
    town.clock.ns += 6 * HOUR_NS
    assert lapse_watched(town.context) == 2
    assert states(town, [links[0]["case_id"], other]) == ["closed", "closed"]
