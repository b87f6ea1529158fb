"""A city says how its traverses become cases; another method holds from an edition on, and a replay follows it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.server.cases.test_mends import split, undo
from tests.server.cases.test_splits import one_of_two_bins
from tests.server.replay.test_replay import busy_day, replayed
from tests.server.setup.test_revising import revised
from tests.server.town import MIN_NS, Town

pytestmark = pytest.mark.both_databases
OFF_M = 9.0
"""More than the error of two places here, and no more than a pass may be off as a whole."""


def simple(town: Town, folder: Path, method: str = "simple") -> Any:
    return revised(town, folder / method, **{"[bins]": f'[association]\nmethod = "{method}"\n[bins]'}).changes


def row(town: Town, off_m: float) -> list[str]:
    """What becomes of three heaps that a pass sees which is off by so much."""
    town.clock.ns += 10 * MIN_NS
    links = town.send(*(town.seen(east_m=20.0 * number + off_m) for number in range(-1, 2)))["links"]
    return [link["outcome"] for link in links]


def test_a_method_holds_from_its_edition_on_and_a_replay_follows_it(town: Town, tmp_path: Path) -> None:
    assert row(town, 0.0) == ["opened"] * 3
    assert row(town, OFF_M) == ["attached"] * 3
    assert [one.part for one in simple(town, tmp_path)] == ["association"]
    assert row(town, 0.0) == ["attached"] * 3
    assert row(town, OFF_M) == ["opened"] * 3
    assert [one.part for one in simple(town, tmp_path, "joint")] == ["association"]
    assert "opened" not in row(town, OFF_M / 2.0)
    town.laws_hold()
    assert replayed(town)["identical"]


def test_a_city_of_simple_matching_does_all_that_cases_need(town: Town, tmp_path: Path) -> None:
    simple(town, tmp_path)
    busy_day(town)
    cases = town.get("/api/cases")["items"]
    assert sorted(case["state"] for case in cases) == ["dispatched", "suspended"]
    [again] = [case for case in cases if case["state"] == "dispatched"]
    fixed = town.get(f"/api/cases/{again['id']}")["recurs_of"]
    assert town.get(f"/api/cases/{fixed}")["close_reason"] == "fixed"
    town.laws_hold()
    assert replayed(town)["identical"]


def test_simple_matching_makes_what_was_split_from_its_own_sightings(town: Town, tmp_path: Path) -> None:
    simple(town, tmp_path)
    case, (_, second, _, fourth) = one_of_two_bins(town)
    done = split(town, case, second, fourth)
    town.clock.ns += 20 * MIN_NS
    links = town.send(town.seen("overflowing_bin"), town.seen("overflowing_bin", east_m=4.0))["links"]
    assert [link["case_id"] for link in links] == [case, done["other_id"]]
    undo(town, done)
    town.laws_hold()
    assert replayed(town)["identical"]
