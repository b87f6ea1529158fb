"""Tries are counted in the records: by all processes together, over a restart, and no more than there may be."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from server.access import tries
from server.access.tries import FROM_ONE, WINDOW_NS, Source, TriesRow, count_try, forgive
from server.records.store import Store, store_of
from server.upkeep.sweeps import forget_tries
from tests.server.town import Clock, Town, open_town

pytestmark = pytest.mark.both_databases
HERE = Source("here")


def kept(store: Store) -> int:
    with store.read() as session:
        return session.scalar(select(func.count()).select_from(TriesRow)) or 0


def wrong_sign_in(town: Town) -> int:
    return town.client.post("/api/session", json={"name": "operator", "password": "wrong"}).status_code


def test_a_process_that_was_just_started_knows_the_tries_that_others_counted(home: Path) -> None:
    answers, clock = [], Clock()
    for _ in range(FROM_ONE + 1):
        process = open_town(home, clock)
        answers.append(wrong_sign_in(process))
        process.context.store.close()
    assert answers == [401] * FROM_ONE + [429]


def test_of_many_at_once_in_two_processes_as_many_may_try_as_one_after_the_other(home: Path) -> None:
    stores = [store_of(home) for _ in range(2)]
    with ThreadPoolExecutor(8) as threads:
        waits = list(threads.map(lambda number: count_try(stores[number % 2], [HERE], 1000 + number), range(24)))
    assert waits.count(None) == FROM_ONE
    for store in stores:
        store.close()


def test_a_try_that_has_to_wait_counts_for_nobody(town: Town) -> None:
    store, there = town.context.store, Source("there")
    for number in range(FROM_ONE):
        assert count_try(store, [HERE], number) is None
    waiting = count_try(store, [HERE, there], FROM_ONE)
    assert waiting is not None
    assert waiting.seconds == 300
    assert kept(store) == 1
    assert count_try(store, [HERE, there], WINDOW_NS) is None
    assert count_try(store, [HERE], WINDOW_NS) is not None


def test_a_try_that_went_well_is_forgiven_and_with_it_all_of_the_name(town: Town) -> None:
    store, name = town.context.store, Source("name")
    for number in range(3):
        count_try(store, [HERE, name], number)
    with store.write() as session:
        forgive(session, [HERE], 2, all_of=[name])
    with store.read() as session:
        assert [row.at_ns for row in session.scalars(select(TriesRow))] == [[0, 1]]


def test_a_depot_whose_cars_enrol_at_once_is_not_kept_waiting_and_who_guesses_at_once_is(town: Town) -> None:
    codes = [town.post("/api/devices/codes", "admin", 201)["code"] for _ in range(20)]

    def enrol(code: str) -> int:
        body = {"code": code, "name": "car", "kind": "vehicle"}
        return TestClient(town.client.app).post("/api/devices/enrol", json=body).status_code

    with ThreadPoolExecutor(20) as depot:
        assert list(depot.map(enrol, codes)) == [201] * 20
        assert sorted(depot.map(enrol, codes)) == [403] * 8 + [429] * 12


def test_old_tries_and_those_without_room_are_swept(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    store = town.context.store
    for number in range(6):
        count_try(store, [Source(f"{number}")], town.clock.ns + number)
    monkeypatch.setattr(tries, "ROOM", 4)
    assert (forget_tries(town.context), kept(store)) == (2, 4)
    town.clock.ns += WINDOW_NS + 4
    assert (forget_tries(town.context), kept(store)) == (3, 1)
