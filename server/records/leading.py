"""One of many processes leads: it alone does what has to be done once in the city, such as the sweeps."""

from __future__ import annotations

from contextlib import suppress

from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from server.records.locks import Lock
from server.records.store import Store


class Leader:
    """Leads from the moment a lock is free until its connection ends; with SQLite there is nobody else."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._connection: Connection | None = None

    def leads(self) -> bool:
        """Whether this process leads now. A leader whose connection broke no longer does, and may again later."""
        if self._store.one_writer:
            return True
        try:
            if self._connection is not None:
                self._connection.execute(text("SELECT 1"))
                return True
            return self._try()
        except SQLAlchemyError:  # that no connection was free in time is none of the database's own errors
            self.close()
            return False

    def _try(self) -> bool:
        connection = self._store.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        connection.detach()
        try:
            won = connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": int(Lock.LEADER)})
        except BaseException:
            connection.close()
            raise
        if won:
            self._connection = connection
        else:
            connection.close()
        return bool(won)

    def close(self) -> None:
        """Give the lead away."""
        if self._connection is not None:
            with suppress(SQLAlchemyError):
                self._connection.close()
            self._connection = None
