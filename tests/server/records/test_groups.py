"""SQLite's writers share commits: each is atomic by itself, and answered only when it is on disk."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.exc import OperationalError

from server.records.store import Store, migrate
from server.records.tables import Setting
from tests.waiting import PATIENCE_S, until


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    migrate(tmp_path / "steward.db")
    made = Store(tmp_path / "steward.db")
    yield made
    made.close()


class Commits:
    """Counts the commits of a store."""

    def __init__(self, store: Store) -> None:
        self.count = 0
        event.listen(store.engine, "commit", self._one)

    def _one(self, _: Any) -> None:
        self.count += 1


def keys(store: Store) -> set[str]:
    with store.read() as session:
        return set(session.scalars(select(Setting.key)))


def crowd(store: Store, work: list[Any]) -> list[object]:
    """Let all begin while the first still holds the turn; what each returned or raised."""
    all_wait, first_is_in = threading.Event(), threading.Event()

    def one(number: int) -> object:
        try:
            if number:
                assert first_is_in.wait(PATIENCE_S)
            with store.write() as session:
                if not number:
                    first_is_in.set()
                    assert all_wait.wait(PATIENCE_S)
                work[number](session)
        except Exception as error:  # noqa: BLE001 - the answer of the test
            return error
        return None

    with ThreadPoolExecutor(len(work)) as pool:
        futures = [pool.submit(one, number) for number in range(len(work))]
        groups: Any = store._groups
        until(lambda: groups._waiting >= len(work) - 1)
        all_wait.set()
        return [future.result() for future in futures]


def adding(key: str) -> Any:
    return lambda session: session.add(Setting(key=key, value={}))


def test_writers_that_wait_for_one_another_share_a_commit(store: Store) -> None:
    commits = Commits(store)
    told = crowd(store, [adding(f"k{number}") for number in range(8)])
    assert told == [None] * 8
    assert keys(store) == {f"k{number}" for number in range(8)}
    assert commits.count <= 2


def test_one_that_fails_takes_nobody_with_it(store: Store) -> None:
    def refuse(session: Any) -> None:
        session.add(Setting(key="half", value={}))
        session.flush()
        raise ValueError("refused")

    told = crowd(store, [adding("a"), refuse, adding("a"), adding("b"), refuse])
    assert sorted(type(one).__name__ for one in told if one is not None) == [
        "IntegrityError",
        "ValueError",
        "ValueError",
    ]
    assert keys(store) == {"a", "b"}


def test_nobody_of_a_group_is_answered_as_done_whose_commit_failed(store: Store) -> None:
    def full(_: Any) -> None:
        raise OperationalError("COMMIT", None, RuntimeError("database or disk is full"))

    event.listen(store.engine, "commit", full)
    told = crowd(store, [adding(f"k{number}") for number in range(4)])
    event.remove(store.engine, "commit", full)
    assert [type(one) for one in told] == [OperationalError] * 4
    assert keys(store) == set()
    with store.write() as session:
        adding("afterwards")(session)
    assert keys(store) == {"afterwards"}


def test_what_sqlite_takes_back_as_a_whole_is_lost_for_all_of_the_group(store: Store) -> None:
    def taken_back(session: Any) -> None:
        session.add(Setting(key="lost", value={}))
        session.flush()
        # As SQLite does by itself when the disk is full in the middle of something.
        session.connection().connection.driver_connection.rollback()
        raise OperationalError("INSERT", None, RuntimeError("database or disk is full"))

    told = crowd(store, [adding("a"), adding("b"), taken_back])
    done = {key for key, answer in zip(("a", "b"), told, strict=False) if answer is None}
    assert isinstance(told[2], OperationalError)
    assert keys(store) == done


def test_a_writer_alone_is_not_kept_waiting(store: Store) -> None:
    commits = Commits(store)
    for number in range(5):
        with store.write() as session:
            adding(f"k{number}")(session)
        assert f"k{number}" in keys(store)
    assert commits.count == 5
    with store.read() as session:
        assert session.scalar(select(func.count()).select_from(Setting)) == 5


def test_closing_waits_for_who_is_writing(store: Store) -> None:
    writing, may_end = threading.Event(), threading.Event()

    def write() -> None:
        with store.write() as session:
            writing.set()
            assert may_end.wait(PATIENCE_S)
            session.add(Setting(key="late", value={}))

    with ThreadPoolExecutor(2) as pool:
        written = pool.submit(write)
        assert writing.wait(PATIENCE_S)
        closed = pool.submit(store.close)
        assert not wait([closed], 0.2).done
        may_end.set()
        written.result(PATIENCE_S)
        closed.result(PATIENCE_S)
    assert keys(store) == {"late"}
