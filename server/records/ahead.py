"""Statements that write are sent to PostgreSQL one after the other, and waited for together.

A journey there and back costs each side more than most of them do. SQLite is asked in the same process.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from server.records.engines import without_values
from server.records.locks import many_writers

COMMIT: Final = "COMMIT"


@contextmanager
def ahead(session: Session) -> Iterator[None]:
    """Whatever is written in the block is waited for when that ends, which raises what the database refused. Nothing in
    the block may ask for rows, or count those that it changed: no unit of work is flushed there."""
    if not many_writers(session):
        yield
        return
    connection = session.connection()
    with _errors(connection), _driver(connection).pipeline():
        yield


def commit_ahead(session: Session) -> None:
    """Commit on PostgreSQL, as the last of such a block; the session's own commit finds nothing to do then."""
    if many_writers(session):
        _driver(session.connection()).execute(COMMIT)


@contextmanager
def _errors(connection: Connection) -> Iterator[None]:
    """Errors of the driver are those of SQLAlchemy."""
    dialect = connection.dialect
    assert dialect.loaded_dbapi is not None  # noqa: S101 - there is a connection
    kind = dialect.loaded_dbapi.Error
    try:
        yield
    except kind as error:
        if _driver(connection).closed:
            connection.invalidate(error)
        without_values(error)
        raise DBAPIError.instance(COMMIT, None, error, kind, dialect=dialect) from error


def _driver(connection: Connection) -> Any:
    return connection.connection.driver_connection
