"""Hears of commits that other processes make, and tells them of this one's, by PostgreSQL's notices.

A notice that belongs to a transaction would make all wait for one another: PostgreSQL commits those one at a time. So
it is sent when what it tells of is committed; one for many that were committed meanwhile.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from server.log import log_of
from server.records.store import Store

CHANNEL: Final = "outbox"
LOOK_UP_S: Final = 1.0
"""So long at most until a thread that listens sees that it is to end."""
AGAIN_S: Final = 5.0
_NOTIFY: Final = text(f"SELECT pg_notify('{CHANNEL}', '')")

_log = log_of(__name__)


@contextmanager
def hearing(store: Store, ring: Callable[[], None]) -> Iterator[None]:
    """Rings after every commit of anybody, and lets others hear of this process's, as long as the block lasts. On
    SQLite the store itself rings."""
    if store.one_writer:
        yield
        return
    ended = threading.Event()
    ear = threading.Thread(target=_listen, args=(store, ring, ended), name="hearing", daemon=True)
    voice = threading.Thread(target=_tell, args=(store, ended), name="telling", daemon=True)
    ear.start()
    voice.start()
    try:
        yield
    finally:
        ended.set()
        ear.join(5.0)
        voice.join(5.0)


def _tell(store: Store, ended: threading.Event) -> None:
    """After commits of this process. One that is not told of is seen when somebody looks again."""
    silent = store.engine.execution_options(isolation_level="AUTOCOMMIT")
    while not ended.is_set():
        if not store.grew.wait(LOOK_UP_S):
            continue
        store.grew.clear()
        try:
            with silent.connect() as connection:
                connection.execute(_NOTIFY)
        except SQLAlchemyError as error:
            _log.warning("other processes hear later of what was committed", error=type(error).__name__)


def _listen(store: Store, ring: Callable[[], None], ended: threading.Event) -> None:
    """On a connection of its own; where that breaks, on another one."""
    while not ended.is_set():
        try:
            _listen_once(store, ring, ended)
        except Exception as error:  # noqa: BLE001 - the supervisor of this thread: the next connection may hold
            _log.warning("no news from other processes; trying again", error=type(error).__name__)
            ended.wait(AGAIN_S)


def _listen_once(store: Store, ring: Callable[[], None], ended: threading.Event) -> None:
    connection = store.engine.raw_connection()
    connection.detach()
    try:
        driver: Any = connection.dbapi_connection
        driver.autocommit = True
        driver.execute(f"LISTEN {CHANNEL}")
        ring()  # for what was missed while nobody listened
        while not ended.is_set():
            for _ in driver.notifies(timeout=LOOK_UP_S, stop_after=1):
                ring()
    finally:
        connection.close()
