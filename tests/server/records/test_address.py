"""Where the records are: named once, kept in the home, never with a secret."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from server.cli import app
from server.errors import SetupError
from server.records.address import ADDRESS, DATABASE, address_of, keep_address, named, parse_address
from tests.server.cluster import Cluster
from tests.server.setupfile import write_setup


@pytest.mark.parametrize(
    "text",
    ["", "city", "mysql://user@host/city", "postgresql://host", "postgresql://host:port/city", "sqlite:///city.db"],
)
def test_what_is_no_address_of_postgresql_is_refused_with_its_form(text: str) -> None:
    with pytest.raises(SetupError, match="postgresql://user@host:5432/name"):
        parse_address(text)


@pytest.mark.parametrize("text", ["postgresql://u:hunter2@h/city", "postgresql://u@h/city?password=hunter2"])
def test_a_password_in_an_address_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(SetupError, match="PGPASSWORD") as refused:
        parse_address(text)
    assert "hunter2" not in str(refused.value)


def test_a_home_keeps_the_address_of_its_records(tmp_path: Path) -> None:
    assert address_of(tmp_path) == tmp_path / DATABASE
    text = "postgresql://steward@db.city:5433/steward?passfile=secret"
    keep_address(tmp_path, parse_address(text))
    assert (tmp_path / ADDRESS).read_text() == text + "\n"
    assert named(address_of(tmp_path)) == text


def test_several_processes_on_sqlite_are_refused_with_what_to_do(tmp_path: Path) -> None:
    home, setup = str(tmp_path / "home"), str(write_setup(tmp_path))
    done = CliRunner().invoke(app, ["run", "--home", home, "--setup", setup, "--workers", "2"])
    assert done.exit_code == 2
    assert "steward server init --database postgresql://" in done.stderr


def test_a_home_on_postgresql_is_founded_once_and_works_with_every_command(postgres: Cluster, tmp_path: Path) -> None:
    address, setup = postgres.text(postgres.create()), str(write_setup(tmp_path))
    init = ["init", "--setup", setup, "--database", address, "--json", "--home"]
    made = CliRunner().invoke(app, [*init, str(tmp_path / "home")])
    assert made.exit_code == 0, made.output
    assert json.loads(made.stdout)["people"]
    again = CliRunner().invoke(app, [*init, str(tmp_path / "other")])
    assert (again.exit_code, (tmp_path / "other").exists()) == (2, False)
    assert "holds a city already" in again.stderr
    for command in (["orders"], ["device-code"], ["replay"]):
        done = CliRunner().invoke(app, [*command, "--home", str(tmp_path / "home"), "--json"])
        assert done.exit_code == 0, done.output


def test_a_database_that_is_away_is_named_and_no_home_is_left(tmp_path: Path) -> None:
    address = f"postgresql://postgres@/city?host={tmp_path}"
    home, setup = tmp_path / "home", str(write_setup(tmp_path))
    done = CliRunner().invoke(app, ["init", "--home", str(home), "--setup", setup, "--database", address])
    assert (done.exit_code, home.exists()) == (4, False)
    assert str(tmp_path) in done.stderr
