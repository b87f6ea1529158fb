"""Hears of commits that other processes make: PostgreSQL tells everybody who listens that the outbox grew."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import structlog

from server.records.store import Store

CHANNEL: Final = "outbox"
LOOK_UP_S: Final = 1.0
"""So long at most until a thread that listens sees that it is to end."""
AGAIN_S: Final = 5.0

_log = structlog.get_logger(__name__)


@contextmanager
def hearing(store: Store, ring: Callable[[], None]) -> Iterator[None]:
    """Rings after every commit of anybody, as long as the block lasts. On SQLite the store itself rings."""
    if store.one_writer:
        yield
        return
    ended = threading.Event()
    ear = threading.Thread(target=_listen, args=(store, ring, ended), name="hearing", daemon=True)
    ear.start()
    try:
        yield
    finally:
        ended.set()
        ear.join(5.0)


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
