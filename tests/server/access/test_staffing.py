"""Somebody joins, forgets a password, leaves: from the command line, while the server runs."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import update
from typer.testing import CliRunner

from server.access.roles import PEOPLE
from server.cli import app
from server.records.tables import Person
from server.setup.file import PersonPart
from tests.server.setupfile import PASSWORD
from tests.server.town import Town

CLI = CliRunner()


def people(town: Town, *words: str, expect: int = 0) -> Any:
    done = CLI.invoke(app, ["people", *words, "--home", str(town.home)])
    assert done.exit_code == expect, done.output
    return done


def password_of(town: Town, *words: str) -> str:
    told: str = json.loads(people(town, *words, "--json").stdout)["password"]
    return told


def sign_in(town: Town, name: str, password: str) -> int:
    return town.client.post("/api/session", json={"name": name, "password": password}).status_code


def test_somebody_new_signs_in_with_the_password_that_was_printed_once(town: Town) -> None:
    password = password_of(town, "add", "li.na", "--role", "reviewer", "--display", "李娜")
    assert sign_in(town, "li.na", password) == 201
    assert town.client.get("/api/me").json()["role"] == "reviewer"
    listed = {one["name"]: one for one in json.loads(people(town, "list", "--json").stdout)}
    assert listed["li.na"] == {"name": "li.na", "display": "李娜", "role": "reviewer", "active": True}
    assert password not in people(town, "list").stdout


def test_a_new_password_ends_the_sessions_and_the_old_password(town: Town) -> None:
    headers = town.as_("operator")
    password = password_of(town, "password", "operator")
    assert town.client.get("/api/me", headers=headers).status_code == 401
    assert [sign_in(town, "operator", PASSWORD), sign_in(town, "operator", password)] == [401, 201]


def test_who_leaves_is_signed_out_and_may_come_back_under_a_new_password(town: Town) -> None:
    headers = town.as_("reviewer")
    people(town, "leave", "reviewer")
    assert town.client.get("/api/me", headers=headers).status_code == 401
    assert sign_in(town, "reviewer", PASSWORD) == 401
    assert "(has left)" in people(town, "list").stdout
    assert sign_in(town, "reviewer", password_of(town, "password", "reviewer")) == 201


def test_no_name_of_a_person_reaches_into_the_terminal(town: Town) -> None:
    town.send(town.seen())
    with town.context.store.write() as session:
        session.execute(update(Person).where(Person.name == "crew-a").values(display="A\x1b\x9b"))
    for words in (["people", "list"], ["orders"]):
        told = CLI.invoke(app, [*words, "--home", str(town.home)]).output
        assert "A\ufffd\ufffd" in told
        assert all(line.isprintable() for line in told.split("\n"))


def test_as_json_a_name_is_exact_and_does_not_reach_into_the_terminal_either(town: Town) -> None:
    name = "甲\x1b\x9b\u202e\U000e0001"
    town.send(town.seen())
    with town.context.store.write() as session:
        session.execute(update(Person).where(Person.name == "crew-a").values(display=name))
    orders, listed = (
        CLI.invoke(app, [*words, "--json", "--home", str(town.home)]).output
        for words in (["orders"], ["people", "list"])
    )
    assert json.loads(orders)["items"][0]["assignee_name"] == name
    assert name in {one["display"] for one in json.loads(listed)}
    for told in (orders, listed):
        assert "甲" in told
        assert all(line.isprintable() for line in told.split("\n"))


def test_whose_assignee_has_left_is_said_of_a_work_order(town: Town) -> None:
    def told() -> list[tuple[str, bool]]:
        listed = CLI.invoke(app, ["orders", "--home", str(town.home), "--json"])
        return [(line["assignee_name"], line["assignee_left"]) for line in json.loads(listed.stdout)["items"]]

    town.send(town.seen())
    assert told() == [("Crew-A", False)]
    people(town, "leave", "crew-a")
    assert told() == [("Crew-A", True)]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("add", "operator", "--role", "crew", "--display", "x"), "is there already"),
        (("add", "no spaces", "--role", "crew", "--display", "x"), "a name has"),
        (("add", "car", "--role", "device", "--display", "x"), "is no person's role"),
        (("password", "nobody"), "nobody has this name"),
        (("leave", "nobody"), "nobody has this name"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(town: Town, words: tuple[str, ...], why: str) -> None:
    done = people(town, *words, expect=2)
    assert why in done.stderr
    assert done.stderr.count("\n") == 1


def test_the_setup_file_knows_the_same_roles() -> None:
    schema = PersonPart.model_json_schema()["properties"]["role"]
    assert schema["enum"] == [role.value for role in PEOPLE]
