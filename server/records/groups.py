"""Group commit on SQLite: writers that wait for one another share one commit, and so one fsync.

Each runs in a savepoint of its own, so that one that fails takes nobody with it, and goes on only after the commit that
covers it. Nobody waits for company: who finds nobody waiting behind it commits at once.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError

from server.records.outbox import WriteSession, write_outbox

MOST: Final = 64
LONGEST_S: Final = 0.1
"""A group takes nobody in any more after so many members, or so long after it began."""


class _Group:
    """One transaction. `done` is set when it is over; where it is not `committed`, what it held is lost."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.members = 0
        self.until_s = time.monotonic() + LONGEST_S
        self.done = threading.Event()
        self.committed = False
        self.error: BaseException | None = None

    @property
    def full(self) -> bool:
        return self.members >= MOST or time.monotonic() >= self.until_s

    @property
    def alive(self) -> bool:
        """False after SQLite has rolled all of it back by itself, as it does on a full disk."""
        driver: Any = self.connection.connection.driver_connection
        return bool(driver.in_transaction)


class Groups:
    """The writers of one SQLite file in this process, one at a time."""

    def __init__(self, engine: Engine, after_commit: Callable[[], None]) -> None:
        self._engine = engine.execution_options(writes=True)
        self._after_commit = after_commit
        self._turn = threading.Lock()
        self._counting = threading.Lock()
        self._waiting = 0
        self._group: _Group | None = None

    @contextmanager
    def write(self) -> Iterator[WriteSession]:
        """A session whose block is on disk when this ends, or did not happen."""
        self._count(1)
        with self._turn:
            self._count(-1)
            group = self._group or self._begin()
            try:
                with WriteSession(
                    group.connection, join_transaction_mode="create_savepoint", expire_on_commit=False
                ) as session:
                    yield session
                    write_outbox(session)
                    session.commit()
                group.members += 1
            finally:
                if not group.alive or self._waiting == 0 or group.full:
                    self._end(group)
        group.done.wait()
        if not group.committed:
            raise OperationalError("COMMIT", None, group.error or RuntimeError("SQLite took the transaction back"))

    def _count(self, more: int) -> None:
        with self._counting:
            self._waiting += more

    def _begin(self) -> _Group:
        connection = self._engine.connect()
        try:
            connection.begin()
        except BaseException:
            connection.close()
            raise
        self._group = _Group(connection)
        return self._group

    def _end(self, group: _Group) -> None:
        """Commit what the group holds; whoever waits for it learns whether that was done."""
        self._group = None
        try:
            if group.alive:
                group.connection.commit()
                group.committed = True
        except DBAPIError as error:
            group.error = error.orig
        finally:
            with suppress(SQLAlchemyError):
                if not group.committed:
                    group.connection.invalidate()
                group.connection.close()
            group.done.set()
        if group.committed and group.members:
            self._after_commit()
