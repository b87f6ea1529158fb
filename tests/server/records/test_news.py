"""Whoever reads the outbox on from a number is told of everything, once, however many write at the same time."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from server.records import news
from server.records.news import newest, news_since
from server.records.outbox import WriteSession, tell, write_outbox
from server.records.store import Store
from tests.server.cluster import Cluster

WRITERS = 4
EACH = 40


@pytest.fixture
def store(postgres: Cluster, template: str) -> Iterator[Store]:
    made = Store(postgres.address(postgres.create(template)))
    yield made
    made.close()


def written(store: Store, subject: str) -> WriteSession:
    """A writer that has added its row and has not committed it."""
    session = WriteSession(store.engine, expire_on_commit=False)
    tell(session, "case", subject, 1)
    write_outbox(session)
    return session


def told(store: Store, last: int) -> list[str]:
    return [row.subject_id for row in news_since(store, last, 200).rows]


def test_a_later_row_is_not_told_before_an_earlier_one_that_is_not_committed(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(news, "PATIENCE_S", 0.0)
    start = newest(store)
    assert start is not None
    with written(store, "first") as first, written(store, "second") as second:
        second.commit()
        assert news_since(store, start, 200) == news.News((), False)
        assert newest(store) is None
        first.commit()
    assert told(store, start) == ["first", "second"]


def test_a_row_that_was_taken_back_keeps_nobody_waiting(store: Store) -> None:
    start = newest(store) or 0
    with written(store, "never") as first, written(store, "second") as second:
        second.commit()
        first.rollback()
    assert told(store, start) == ["second"]
    assert news_since(store, newest(store) or 0, 200) == news.News([], True)


def test_nothing_is_told_twice_or_left_out_while_many_write(store: Store) -> None:
    last, heard, done = newest(store) or 0, list[str](), threading.Event()

    def write(writer: int) -> None:
        chance = random.Random(writer)
        for number in range(EACH):
            with written(store, f"{writer}-{number}") as session:
                if chance.random() < 0.2:
                    session.rollback()
                    session = written(store, f"{writer}-{number}")
                session.commit()

    def read() -> None:
        nonlocal last
        while True:
            ended = done.is_set()
            found = news_since(store, last, 7)
            heard.extend(row.subject_id for row in found.rows)
            last = found.rows[-1].id if found.rows else last
            if ended and found.settled and not found.rows:
                return

    with ThreadPoolExecutor(WRITERS + 1) as pool:
        reading = pool.submit(read)
        writing = [pool.submit(write, number) for number in range(WRITERS)]
        try:
            for one in writing:
                one.result()
        finally:
            done.set()
        reading.result()
    assert sorted(heard) == sorted(f"{writer}-{number}" for writer in range(WRITERS) for number in range(EACH))
