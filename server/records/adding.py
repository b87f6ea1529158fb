"""New rows written in one statement a table, past the unit of work: for what an input adds many of."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from sqlalchemy import Connection, Insert, Table, insert

from server.records.tables import Base


def table_of(kind: type[Base]) -> Table:
    """The table of a kind of row, for statements that go past the unit of work."""
    table = kind.__table__
    assert isinstance(table, Table)  # noqa: S101 - every kind has one of its own
    return table


def add_rows(connection: Connection, rows: Sequence[Base]) -> None:
    """Write new rows of one table, in this order. A column that was not set is null, or numbers itself."""
    if rows:
        statement, names = _insert(type(rows[0]))
        connection.execute(statement, [{name: getattr(row, name) for name in names} for row in rows])


@cache
def _insert(kind: type[Base]) -> tuple[Insert, tuple[str, ...]]:
    table = table_of(kind)
    names = tuple(column.name for column in table.columns if column is not table.autoincrement_column)
    return insert(table), names
