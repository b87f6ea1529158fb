"""A database that a disk or a hand has damaged is one sentence, whatever was asked; a replay names the input."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from server.cli import app
from server.records.address import DATABASE
from tests.server.town import Town

PAGE = 4096


@pytest.fixture
def closed(town: Town) -> Path:
    """The home of a town that sent something, with no server on it and nothing in the log."""
    town.send(town.seen("litter"))
    town.context.store.close()
    with closing(sqlite3.connect(town.home / DATABASE)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return town.home


def asked(home: Path, command: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, [*command.split(), "--home", str(home)], catch_exceptions=False)
    return done.exit_code, done.output


@pytest.mark.parametrize("command", ["replay", "check", "chain", "orders", "people list", "device-code"])
@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"no database" * 999,
        lambda content: content[:PAGE],
    ],
    ids=["of other bytes", "cut short"],
)
def test_a_damaged_database_is_one_sentence(closed: Path, command: str, damage: Callable[[bytes], bytes]) -> None:
    path = closed / DATABASE
    path.write_bytes(damage(path.read_bytes()))
    code, said = asked(closed, command)
    assert code == 2, said
    assert said.startswith("steward: the database is damaged: ")
    assert said.count("\n") == 1


@pytest.mark.parametrize("spoiled", ["""UPDATE traverse SET body = '{"id": '""", "UPDATE journal SET body = '{}'"])
def test_an_input_that_nobody_can_read_is_named_by_a_replay(closed: Path, spoiled: str) -> None:
    with closing(sqlite3.connect(closed / DATABASE)) as database:
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f"DROP TRIGGER {name}")
        database.execute(spoiled)
        database.commit()
    code, said = asked(closed, "replay")
    assert code == 3
    assert "different: input 1 (traverse " in said
