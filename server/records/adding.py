"""New rows of one table in one statement, past the unit of work: for what an input adds many of."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from sqlalchemy import Table
from sqlalchemy.orm import Session

from server.records.tables import Base
from server.records.writing import Writing


def table_of(kind: type[Base]) -> Table:
    """The table of a kind of row, for statements that go past the unit of work."""
    table = kind.__table__
    assert isinstance(table, Table)  # noqa: S101 - every kind has one of its own
    return table


def inserting(kind: type[Base]) -> Writing:
    """What adds rows of a kind; all columns are given but one that numbers itself."""
    return Writing(table_of(kind), _given(kind))


def add_rows(session: Session, rows: Sequence[Base]) -> None:
    """Write new rows of one table, none of whose columns is JSON, in this order. A column that was not set is null."""
    if rows:
        kind = type(rows[0])
        names = _given(kind)
        _inserting(kind).write(session, [{name: getattr(row, name) for name in names} for row in rows])


@cache
def _inserting(kind: type[Base]) -> Writing:
    return inserting(kind)


@cache
def _given(kind: type[Base]) -> tuple[str, ...]:
    table = table_of(kind)
    return tuple(column.name for column in table.columns if column is not table.autoincrement_column)
