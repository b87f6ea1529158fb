"""Statements that are asked many times a second: compiled once, and on SQLite handed to the driver as they are.

What SQLAlchemy does around one statement costs more than SQLite takes for it. Errors are those of an engine all the
same. On PostgreSQL, where the way there costs more, everything goes through SQLAlchemy.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any, TypeAlias, TypeVar

from sqlalchemy import CompoundSelect, Connection, Insert, Select, Update
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from server.records.damage import damage
from server.records.locks import many_writers

T = TypeVar("T")
Values: TypeAlias = Mapping[str, Any]
Question: TypeAlias = Select[*tuple[Any, ...]] | CompoundSelect[*tuple[Any, ...]]


class Prepared:
    """One statement, without an IN. Values go to the driver unchanged, so that one of a JSON column has to be
    `Written`.

    names: the values that an INSERT is given, as there are no others in it.
    """

    def __init__(self, statement: Question | Insert | Update, names: Sequence[str] = ()) -> None:
        self._statement = statement
        self._names = list(names)
        self._text = ""
        self._order: list[str] = []
        self._fixed: dict[str, Any] = {}

    def rows(self, session: Session, values: Values = {}) -> Sequence[Sequence[Any]]:  # noqa: B006 - nobody writes to it
        """What it finds."""
        connection = session.connection()
        if many_writers(connection):
            return connection.execute(self._statement, values).all()
        text, fixed = self._compiled(connection.dialect), self._fixed
        arguments = [values[name] if name in values else fixed[name] for name in self._order]
        return on_driver(connection, text, lambda driver: driver.execute(text, arguments).fetchall())

    def one(self, session: Session, values: Values = {}) -> Sequence[Any] | None:  # noqa: B006 - nobody writes to it
        """The first row, None where there is none."""
        return next(iter(self.rows(session, values)), None)

    def write(self, session: Session, rows: Sequence[Values]) -> None:
        """Do it for each of these; nothing for none."""
        if not rows:
            return
        connection = session.connection()
        if many_writers(connection):
            connection.execute(self._statement, rows)
            return
        text = self._compiled(connection.dialect)
        pick = itemgetter(*self._order)
        on_driver(connection, text, lambda driver: driver.executemany(text, map(pick, rows)))

    def _compiled(self, dialect: Dialect) -> str:
        if not self._text:
            compiled: Any = self._statement.compile(dialect=dialect, column_keys=self._names or None)
            self._fixed, self._order = dict(compiled.params), list(compiled.positiontup)
            self._text = str(compiled)
        return self._text


def on_driver(connection: Connection, text: str, work: Callable[[sqlite3.Connection], T]) -> T:
    """Work with SQLite's own connection, by this statement. Errors are those of SQLAlchemy."""
    driver: Any = connection.connection.driver_connection
    try:
        return work(driver)
    except (sqlite3.Error, UnicodeDecodeError) as error:
        told = damage(error) or DBAPIError.instance(text, None, error, sqlite3.Error, dialect=connection.dialect)
        raise told from error
