"""A database that a disk or a hand has damaged is one sentence, whatever was asked; a replay names the input."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from server.cases import beliefs
from server.cli import app
from server.exits import or_exit
from server.records.address import DATABASE
from server.records.tables import TraverseRow
from tests.ports import free_port
from tests.server.nursery import Nursery
from tests.server.town import Town
from tests.waiting import PATIENCE_S, ask, until

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


def spoil(home: Path, words: str) -> None:
    """Change rows as no program of ours does."""
    with closing(sqlite3.connect(home / DATABASE)) as database:
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f"DROP TRIGGER {name}")
        database.execute(words)
        database.commit()


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


NOT_READ = {
    "orders": """UPDATE person SET display = CAST(x'ff0a31333830303133383030300a' AS TEXT)""",
    "chain": """UPDATE device SET name = CAST(x'ff0a31333830303133383030300a' AS TEXT)""",
    "check": """INSERT INTO setting VALUES ('objects', '{"address":')""",
    "verdicts --out nowhere": """UPDATE edition SET content = CAST(x'ff' AS TEXT)""",
    "replay": """UPDATE edition SET content = '{}'""",
    "replay --rebuild": """UPDATE journal SET body = '{"kind"'""",
}


@pytest.mark.parametrize("command", NOT_READ)
def test_a_value_that_nobody_can_read_is_the_same_sentence_and_is_not_told(closed: Path, command: str) -> None:
    spoil(closed, NOT_READ[command])
    code, said = asked(closed, command)
    assert code == 2, said
    assert said.startswith("steward: the database is damaged: ")
    assert said.count("\n") == 1
    assert "13800138000" not in said


def test_what_is_no_value_of_the_database_is_not_called_damage(closed: Path) -> None:
    with pytest.raises(ValueError, match="no text of a row"):
        or_exit(lambda: (_ for _ in ()).throw(json.JSONDecodeError("no text of a row", "", 0)))


def test_a_request_that_meets_damage_is_refused_for_now_and_acknowledged_is_nothing(town: Town) -> None:
    town.send(town.seen("litter"))
    beliefs.forget()
    spoil(town.home, """UPDATE "case" SET memory = '{"id'""")
    device_id, headers = town.device
    body = town.traverse(device_id, town.seen("litter"))
    answer = town.client.put(f"/api/traverses/{body['id']}", json=body, headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "no_storage")
    with town.context.store.read() as session:
        assert session.get(TraverseRow, body["id"]) is None


@pytest.mark.parametrize("spoiled", ["""UPDATE traverse SET body = '{"id": '""", "UPDATE journal SET body = '{}'"])
def test_an_input_that_nobody_can_read_is_named_by_a_replay(closed: Path, spoiled: str) -> None:
    spoil(closed, spoiled)
    code, said = asked(closed, "replay")
    assert code == 3
    assert "different: input 1 (traverse " in said


@pytest.mark.parametrize(
    ("left", "why"),
    [
        (lambda content: b"", "holds no city; put its newest backup in its place"),
        (lambda content: content[: len(content) // 2], "the database is damaged: "),
        (
            lambda content: content.replace(b"CREATE TABLE report", b"CREATE T\xff\xfeLE report"),
            "the database is damaged: ",
        ),
    ],
    ids=["nothing", "half of it", "a table's description spoiled"],
)
def test_a_server_says_at_its_start_that_its_database_is_damaged(
    closed: Path, root: Path, left: Callable[[bytes], bytes], why: str
) -> None:
    path = closed / DATABASE
    path.write_bytes(left(path.read_bytes()))
    run = [sys.executable, root / "steward.py", "server", "run", "--home", closed, "--port", str(free_port())]
    done = subprocess.run(run, check=False, capture_output=True, text=True, timeout=PATIENCE_S)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("steward: ")
    assert why in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_server_that_meets_damage_refuses_for_now_and_serves_what_it_can_read(closed: Path, town: Town) -> None:
    device_id, headers = town.device
    body = town.traverse(device_id, town.seen("litter"))
    lose_page_of(closed, "ix_observation_case")
    port = free_port()
    with Nursery(closed, port) as nursery:
        nursery.start()
        until(lambda: answers(nursery.url))
        answer = ask("PUT", f"{nursery.url}/api/traverses/{body['id']}", json=body, headers=headers)
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "no_storage")
        assert int(answer.headers["retry-after"]) > 0
        assert ask("GET", f"{nursery.url}/api/reports/categories").is_success
        nursery.kill()
        assert "the database is damaged: database disk image is malformed" in nursery.log.read_text()
        assert "Traceback" not in nursery.log.read_text()
    with closing(sqlite3.connect(closed / DATABASE)) as database:
        assert database.execute("SELECT count(*) FROM traverse WHERE id = ?", [body["id"]]).fetchone() == (0,)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("UPDATE alembic_version SET version_num = '9999'", "for newer ones use the program that made them"),
        ("INSERT INTO alembic_version VALUES ('0001')", "said to be of several versions; put its newest backup"),
        ("DELETE FROM edition", "the database is damaged: no edition of the city's setup is there"),
    ],
    ids=["a newer program's", "of two versions", "without a city"],
)
def test_another_programs_database_is_told_at_the_start_and_is_left_as_it_is(
    closed: Path, words: str, why: str
) -> None:
    spoil(closed, words)
    code, said = asked(closed, "run")
    assert (code, why in said, said.count("\n")) == (2, True, 1), said


def lose_page_of(home: Path, name: str) -> None:
    """Fill the first page of a table or an index with zeros."""
    with closing(sqlite3.connect(home / DATABASE)) as database:
        words = "SELECT rootpage FROM sqlite_schema WHERE name = ?"
        (page,) = database.execute(words, [name]).fetchone()
    with (home / DATABASE).open("r+b") as file:
        file.seek((page - 1) * PAGE)
        file.write(bytes(PAGE))


def answers(url: str) -> bool:
    with suppress(httpx.TransportError):
        return ask("GET", f"{url}/healthz").is_success
    return False
