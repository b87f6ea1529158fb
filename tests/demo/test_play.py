"""The demo as a newcomer runs it: real processes, the shipped drive, the shipped models."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.contract.line import steward

TRUE_PROBLEMS = 7
NEAR_M = 4.0


@pytest.mark.slow
def test_the_drive_becomes_one_work_order_a_problem(root: Path, tmp_path: Path) -> None:
    home, report = tmp_path / "home", tmp_path / "report.json"
    told = steward(root, "demo", "--exit", "--home", home, "--report", report)
    assert told.code == 0, told.err
    found = json.loads(report.read_text("utf-8"))
    assert found["problems"] == TRUE_PROBLEMS
    assert found["found"] + found["missed"] == found["problems"]
    assert found["found"] >= TRUE_PROBLEMS - 1, found["missed_items"]
    assert found["false"] <= 1, found["false_items"]
    assert found["position_error_m"]["max"] <= NEAR_M
    assert "http://127.0.0.1:" in told.out
    assert "work orders" in told.out


def test_a_home_that_holds_something_is_left_alone(root: Path, tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("x")
    told = steward(root, "demo", "--exit", "--home", tmp_path)
    assert told.code == 2
    assert "not an empty directory" in told.err
    assert [path.name for path in tmp_path.iterdir()] == ["precious"]
