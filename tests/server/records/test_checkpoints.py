"""SQLite's log is moved beside the writers; it stays bounded while they go on, and nothing of it is lost."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from itertools import count
from pathlib import Path

import pytest

from server.records import checkpoints, engines
from server.records.checkpoints import checkpointing, move_log
from server.records.store import Store, migrate
from server.records.tables import Setting
from tests.waiting import until

PAGE = 4_096
FRAME = PAGE + 24
WRITTEN = b"x" * 1_000
WRITER = """
import sys
from pathlib import Path
from server.records import checkpoints
from server.records.checkpoints import checkpointing
from server.records.store import Store
from server.records.tables import Setting

checkpoints.EVERY_S = 0.001
checkpoints.LONG = 20
store = Store(Path(sys.argv[1]))
with checkpointing(store):
    for number in range(1_000_000):
        with store.write() as session:
            session.add(Setting(key=str(number), value={"long": "x" * 10_000}))
        print(number, flush=True)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    migrate(tmp_path / "steward.db")
    return tmp_path / "steward.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    made = Store(path)
    yield made
    made.close()


def add(store: Store, key: str) -> None:
    with store.write() as session:
        session.add(Setting(key=key, value={"long": "x" * 10_000}))


def log_bytes(path: Path) -> int:
    return path.with_name("steward.db-wal").stat().st_size


def test_the_log_is_moved_into_the_file_without_a_writer(store: Store, path: Path) -> None:
    add(store, "one")
    assert WRITTEN not in path.read_bytes()
    with checkpointing(store):
        until(lambda: WRITTEN in path.read_bytes())


def test_a_log_that_grew_long_begins_anew_after_the_next_writer(store: Store, path: Path) -> None:
    for number in range(10):
        add(store, f"before {number}")
    store.begin_log_anew()
    add(store, "moves it")
    grown = log_bytes(path)
    add(store, "begins anew")
    with closing(sqlite3.connect(path)) as beside:
        assert move_log(beside).pages * FRAME < grown / 4
    assert log_bytes(path) == grown


def test_whoever_commits_moves_a_log_that_nobody_else_moves(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "LOG_PAGES", 40)
    store = Store(path)
    for number in range(60):
        add(store, str(number))
    assert log_bytes(path) < 80 * FRAME
    store.close()


def test_the_log_begins_anew_again_and_again_while_writers_go_on(
    store: Store, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "EVERY_S", 0.001)
    monkeypatch.setattr(checkpoints, "LONG", 20)
    numbers = count()

    def written_where_the_log_was_before() -> bool:
        before = log_bytes(path)
        add(store, str(next(numbers)))
        return log_bytes(path) == before

    with checkpointing(store):
        add(store, "first")
        for _ in range(3):
            until(written_where_the_log_was_before)


def test_a_kill_while_the_log_is_moved_loses_nothing_that_was_committed(path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", WRITER, path], stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        told = [int(writer.stdout.readline()) for _ in range(150)]
        os.kill(writer.pid, signal.SIGKILL)
        told += [int(line) for line in writer.stdout.read().split()]
    with closing(sqlite3.connect(path)) as kept:
        assert kept.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        there = {row[0] for row in kept.execute("SELECT key FROM setting")}
    assert {str(number) for number in told} <= there
    assert told[-1] >= 149
