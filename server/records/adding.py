"""New rows of one table in one statement, past the unit of work: for what an input adds many of."""

from __future__ import annotations

from sqlalchemy import Table

from server.records.tables import Base
from server.records.writing import Writing


def table_of(kind: type[Base]) -> Table:
    """The table of a kind of row, for statements that go past the unit of work."""
    table = kind.__table__
    assert isinstance(table, Table)  # noqa: S101 - every kind has one of its own
    return table


def inserting(kind: type[Base]) -> Writing:
    """What adds rows of a kind; all columns are given but one that numbers itself."""
    table = table_of(kind)
    return Writing(table, [column.name for column in table.columns if column is not table.autoincrement_column])
