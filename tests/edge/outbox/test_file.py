"""The outbox's file over time: made, brought up from an older version, refused when newer."""

from __future__ import annotations

import hashlib
import os
import signal
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from edge.errors import OutboxError
from edge.outbox.outbox import Outbox, Progress
from edge.outbox.parcels import ItemKind, ParkReason
from edge.outbox.schema import VERSION
from tests.edge.outbox.filling import fill

VERSION_0 = """
CREATE TABLE item(seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL CHECK (kind IN ('traverse', 'evidence')),
    state TEXT NOT NULL CHECK (state IN ('waiting', 'acknowledged', 'parked')), needs TEXT, digest TEXT NOT NULL,
    media_type TEXT NOT NULL, body BLOB, observations INTEGER NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
    faults INTEGER NOT NULL DEFAULT 0, answered_when_failed INTEGER, reason TEXT, message TEXT);
CREATE INDEX item_waiting ON item(attempts, seq) WHERE state = 'waiting';
CREATE INDEX item_needs ON item(needs) WHERE needs IS NOT NULL;
CREATE TABLE figure(name TEXT PRIMARY KEY, value INTEGER NOT NULL);
CREATE TABLE pass(source TEXT PRIMARY KEY, traverses INTEGER NOT NULL, done_ns INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'ended', 'failed')), message TEXT);
"""


def write_version_0(path: Path) -> None:
    """Three traverses: one acknowledged whose picture waits, one waiting with its picture, one parked."""
    rows = [
        ("t1", "traverse", "acknowledged", None, None, 2, None),
        ("p1", "evidence", "waiting", "t1", b"picture 1", 0, None),
        ("t2", "traverse", "waiting", None, b"record 2", 3, None),
        ("p2", "evidence", "waiting", "t2", b"picture 2", 0, None),
        ("t3", "traverse", "parked", None, b"record 3", 1, "invalid"),
    ]
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA journal_mode=WAL")
        db.executescript(VERSION_0)
        for ident, kind, state, needs, body, observations, reason in rows:
            db.execute(
                "INSERT INTO item(id, kind, state, needs, digest, media_type, body, observations, reason, message)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (ident, kind, state, needs, hashlib.sha256(body or b"").hexdigest(),
                 "application/json" if kind == "traverse" else "image/jpeg", body, observations, reason, reason),
            )  # fmt: skip
        db.execute("INSERT INTO figure VALUES ('made', 6), ('answered', 1)")
        db.execute("INSERT INTO pass VALUES ('drive', 3, 30, 'open', '')")
    db.close()


def test_a_place_that_no_file_can_be_at_is_said(tmp_path: Path) -> None:
    (tmp_path / "outbox.sqlite3").mkdir()
    with pytest.raises(OutboxError, match="cannot be written"):
        Outbox.open(tmp_path / "outbox.sqlite3")


def check_brought_up(outbox: Outbox) -> None:
    counts = outbox.counts()
    assert counts.conserved
    assert (counts.made, counts.acknowledged, counts.waiting, counts.parked) == (6, 2, 3, 1)
    assert outbox.parked() == [("t3", ParkReason.INVALID, "invalid")]
    assert outbox.progress("drive") == Progress(3, 30)
    sent = []
    while (item := outbox.claim()) is not None:
        sent.append((item.id, item.kind, item.body))
        outbox.acknowledge(item.id)
    assert sent == [
        ("t2", ItemKind.TRAVERSE, b"record 2"),
        ("p1", ItemKind.EVIDENCE, b"picture 1"),
        ("p2", ItemKind.EVIDENCE, b"picture 2"),
    ]


def test_an_older_file_is_brought_up_and_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "outbox.sqlite3"
    write_version_0(path)
    outbox = Outbox.open(path)
    check_brought_up(outbox)
    assert outbox._db.execute("PRAGMA auto_vacuum").fetchone() == (2,)
    outbox.close()
    assert Outbox.open(path).counts().acknowledged == 5


class Crashing(sqlite3.Connection):
    """Kills the process before the n-th statement."""

    left = 0

    def execute(self, sql: str, *rest: Any) -> sqlite3.Cursor:
        Crashing.left -= 1
        if Crashing.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().execute(sql, *rest)


def test_killed_at_any_statement_of_bringing_it_up_the_file_is_the_old_or_the_new(tmp_path: Path) -> None:
    killed, step = True, 0
    while killed:
        step += 1
        path = tmp_path / f"{step}.sqlite3"
        write_version_0(path)
        child = os.fork()
        if child == 0:
            Crashing.left = step
            Outbox.open(path, Crashing)
            os._exit(0)
        killed = os.WIFSIGNALED(os.waitpid(child, 0)[1])
        check_brought_up(Outbox.open(path))
    assert step > 20


def test_a_file_of_a_newer_version_is_refused_in_a_sentence_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "outbox.sqlite3"
    outbox = Outbox.open(path)
    fill(outbox, 1)
    outbox._db.execute(f"PRAGMA user_version = {VERSION + 1}")
    outbox.close()
    with pytest.raises(
        OutboxError, match=rf"outbox\.sqlite3: written by a newer City Steward \(version {VERSION + 1}, this"
    ):
        Outbox.open(path)
    with sqlite3.connect(path) as db:
        db.execute(f"PRAGMA user_version = {VERSION}")
    assert Outbox.open(path).counts().made == 2


def test_two_that_open_a_new_file_at_once_both_get_it(tmp_path: Path) -> None:
    path = tmp_path / "outbox.sqlite3"
    children = []
    for _ in range(4):
        child = os.fork()
        if child == 0:
            Outbox.open(path).close()
            os._exit(0)
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * 4
