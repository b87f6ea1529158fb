"""Many processes on one PostgreSQL: each hears of the others' commits, and one of them leads."""

from __future__ import annotations

import threading
from typing import NoReturn

import pytest
from sqlalchemy.exc import TimeoutError as PoolTimeout

from server.records.bell import Bell
from server.records.hearing import hearing
from server.records.leading import Leader
from server.records.outbox import tell
from server.records.store import Store
from tests.server.cluster import Cluster
from tests.waiting import PATIENCE_S


@pytest.fixture
def two(postgres: Cluster, template: str) -> tuple[Store, Store]:
    """Two stores on one database, as two processes have them."""
    address = postgres.address(postgres.create(template))
    return Store(address), Store(address)


def test_a_commit_of_another_process_rings_here(two: tuple[Store, Store]) -> None:
    here, there = two
    rings: list[int] = []
    rung = threading.Event()

    def ring() -> None:
        rings.append(1)
        rung.set()

    with hearing(here, ring), hearing(there, lambda: None):
        assert rung.wait(PATIENCE_S), "it rings once when it begins to listen"
        rung.clear()
        with there.write() as session:
            tell(session, "case", "c", 1)
        assert rung.wait(PATIENCE_S)
    assert len(rings) == 2


def test_one_of_many_leads_and_another_does_when_it_is_gone(two: tuple[Store, Store]) -> None:
    first, second = (Leader(store) for store in two)
    assert (first.leads(), second.leads(), first.leads()) == (True, False, True)
    first.close()
    assert (second.leads(), first.leads()) == (True, False)
    second.close()


def test_with_one_process_there_is_nobody_else_to_lead(tmp_path_factory: pytest.TempPathFactory) -> None:
    store = Store(tmp_path_factory.mktemp("one") / "steward.db", Bell().ring)
    assert Leader(store).leads()


def test_a_process_that_finds_no_free_connection_does_not_lead_and_asks_again(
    two: tuple[Store, Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    store, _ = two
    leader = Leader(store)
    with monkeypatch.context() as away:
        away.setattr(type(store.engine), "connect", _none_free)
        assert not leader.leads()
    assert leader.leads()
    leader.close()


def _none_free(*_: object) -> NoReturn:
    raise PoolTimeout("QueuePool limit reached")
