"""`steward server devices`: the fleet, and taking a token away beside the running server."""

from __future__ import annotations

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from server.cli import app
from tests.server.citizens.test_reports import report
from tests.server.town import Town

pytestmark = pytest.mark.both_databases
CLI = CliRunner()


def listed(town: Town) -> list[dict[str, Any]]:
    done = CLI.invoke(app, ["devices", "list", "--home", str(town.home), "--json"])
    assert done.exit_code == 0, done.output
    told: list[dict[str, Any]] = json.loads(done.output)
    return told


def test_the_fleet_is_listed_as_the_interface_tells_it_without_what_people_report_by(town: Town) -> None:
    town.send(town.seen())
    town.enrol("car-2")
    report(town)
    told = listed(town)
    assert [(one["name"], one["last_traverse_at"] is None) for one in told] == [("car-1", False), ("car-2", True)]
    assert [one["id"] for one in told] == [one["id"] for one in town.get("/api/devices", "admin")["items"]]
    lines = CLI.invoke(app, ["devices", "list", "--home", str(town.home)]).output.splitlines()
    assert ["never" in line for line in lines] == [False, True]


def test_a_device_whose_token_was_taken_away_is_refused_at_once_and_what_it_sent_stays(town: Town) -> None:
    town.send(town.seen())
    device_id, _ = town.device
    done = CLI.invoke(app, ["devices", "revoke", device_id, "--home", str(town.home)])
    assert done.exit_code == 0, done.output
    town.send(town.seen(east_m=30.0), expect=401)
    assert len(town.get("/api/cases")["items"]) == 1
    assert [one["revoked_at"] is None for one in listed(town)] == [False]


def test_a_device_that_is_not_there_is_told_where_to_look(town: Town) -> None:
    done = CLI.invoke(app, ["devices", "revoke", "car-1", "--home", str(town.home)])
    assert (done.exit_code, "devices list" in done.output) == (2, True)
