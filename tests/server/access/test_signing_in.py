"""Signing in while somebody else takes the password away, and many signing in at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from server.access import people
from server.access.people import check_password
from server.access.staffing import leave, renew_password
from server.records.tables import Login, Person
from tests.server.setupfile import PASSWORD
from tests.server.town import Town


class WatchedHash(PasswordHash):
    """Does something while it looks at a password."""

    def __init__(self, meanwhile: Callable[[], object]) -> None:
        super().__init__((Argon2Hasher(),))
        self._meanwhile = meanwhile

    def verify(self, password: str | bytes, hash: str | bytes) -> bool:
        self._meanwhile()
        return super().verify(password, hash)


def is_gone(session: Session, name: str) -> None:
    session.execute(delete(Person).where(Person.name == name))


@pytest.mark.both_databases
@pytest.mark.parametrize("change", [renew_password, leave, is_gone])
def test_who_signs_in_while_the_password_is_taken_away_stays_outside(
    town: Town, monkeypatch: pytest.MonkeyPatch, change: Callable[[Session, str], object]
) -> None:
    store = town.context.store

    def meanwhile() -> None:
        with store.write() as session:
            change(session, "reviewer")

    monkeypatch.setattr(people, "_hasher", lambda: WatchedHash(meanwhile))
    answer = town.client.post("/api/session", json={"name": "reviewer", "password": PASSWORD})
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "wrong_credentials")
    with store.read() as session:
        assert session.scalar(select(func.count()).select_from(Login)) == 0


@pytest.mark.both_databases
def test_of_many_passwords_two_are_looked_at_at_a_time_and_no_connection_is_held(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, lock = town.context.store, threading.Lock()
    pool = store.engine.pool
    seen: list[tuple[int, int]] = []
    looking = 0

    class Counting(PasswordHash):
        def verify(self, password: str | bytes, hash: str | bytes) -> bool:
            nonlocal looking
            with lock:
                looking += 1
                seen.append((looking, pool.checkedout()))  # type: ignore[attr-defined]
            fits = super().verify(password, hash)
            with lock:
                looking -= 1
            return fits

    monkeypatch.setattr(people, "_hasher", lambda: Counting((Argon2Hasher(),)))
    held = pool.checkedout()  # type: ignore[attr-defined]
    assert check_password(store, "reviewer", PASSWORD)
    assert seen == [(1, held)]
    with ThreadPoolExecutor(6) as threads:
        told = list(threads.map(lambda _: check_password(store, "reviewer", PASSWORD), range(6)))
    assert all(told)
    assert max(at_once for at_once, _ in seen) <= 2
