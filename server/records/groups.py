"""Group commit on SQLite: writers that wait for one another share one commit, and so one fsync.

Each but the first runs in a savepoint of its own, so that one that fails takes nobody with it; where the first fails,
nobody is there yet, and all of it is rolled back. Each goes on only after the commit that covers it. Nobody waits for
company: who finds nobody waiting behind it commits at once.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError

from server.errors import Damaged
from server.measures import COMMIT_S
from server.records.outbox import WriteSession, write_outbox
from server.records.prepared import on_driver

MOVE_LOG: Final = "PRAGMA wal_checkpoint(PASSIVE)"
"""Moves what can be moved of the log without anybody waiting; its row: whether it was busy, pages, pages moved."""
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
        """False after all of it was rolled back: because its first member failed, or by SQLite, as on a full disk."""
        driver: Any = self.connection.connection.driver_connection
        return bool(driver.in_transaction)

    def session(self) -> WriteSession:
        """The next member's."""
        mode: Any = "create_savepoint" if self.members else "rollback_only"
        return WriteSession(self.connection, join_transaction_mode=mode, expire_on_commit=False)


class Groups:
    """The writers of one SQLite file in this process, one at a time."""

    def __init__(self, engine: Engine, after_commit: Callable[[], None]) -> None:
        self._engine = engine.execution_options(writes=True)
        self._after_commit = after_commit
        self._turn = threading.Lock()
        self._counting = threading.Lock()
        self._waiting = 0
        self._group: _Group | None = None
        self._connection: Connection | None = None
        self._log_is_long = threading.Event()

    def begin_log_anew(self) -> None:
        """Let the next writer move the rest of the log, once it has committed, so that the one after it begins anew."""
        self._log_is_long.set()

    @contextmanager
    def write(self) -> Iterator[WriteSession]:
        """A session whose block is on disk when this ends, or did not happen."""
        self._count(1)
        with self._turn:
            self._count(-1)
            group = self._group or self._begin()
            try:
                with group.session() as session:
                    try:
                        yield session
                        write_outbox(session)
                        session.commit()
                    except BaseException:
                        session.rollback()  # closing it would leave a first member's work in the transaction
                        raise
                group.members += 1
            finally:
                if not group.alive or self._waiting == 0 or group.full:
                    self._end(group)
        group.done.wait()
        if not group.committed:
            if isinstance(group.error, Damaged):
                raise Damaged(group.error.why)  # each who waits has an error of its own
            raise OperationalError("COMMIT", None, group.error or RuntimeError("SQLite took the transaction back"))

    def _count(self, more: int) -> None:
        with self._counting:
            self._waiting += more

    def close(self) -> None:
        """Give the connection back, once nobody is writing; a group that waits for its next member is committed."""
        with self._turn:
            if self._group is not None:
                self._end(self._group)
            self._give_back()

    def _give_back(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def _begin(self) -> _Group:
        """Begin a group on the connection that writers keep for one another."""
        self._connection = connection = self._connection or self._engine.connect()
        try:
            connection.begin()
        except BaseException:
            self._give_back()
            raise
        self._group = _Group(connection)
        return self._group

    def _end(self, group: _Group) -> None:
        """Commit what the group holds; whoever waits for it learns whether that was done."""
        self._group = None
        try:
            if group.alive:
                with COMMIT_S.time():
                    group.connection.commit()
                group.committed = True
        except DBAPIError as error:
            group.error = error.orig
        except Damaged as error:
            group.error = error
        finally:
            if group.connection.get_transaction() is not None:
                self._connection = None
                with suppress(SQLAlchemyError):
                    group.connection.invalidate()
                    group.connection.close()
            group.done.set()
        if group.committed and group.members:
            self._after_commit()
        if group.committed and self._log_is_long.is_set():
            self._log_is_long.clear()
            with suppress(DBAPIError, Damaged):  # what was committed is committed; the log is moved another time
                on_driver(group.connection, MOVE_LOG, lambda driver: driver.execute(MOVE_LOG).fetchall())
