"""The condition that a column is one of some texts, for statements that are made once whatever the number of texts."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, String, Text, any_, bindparam, func, select
from sqlalchemy.orm import InstrumentedAttribute

from server.records.engines import written


def among(many: bool, column: InstrumentedAttribute[str], name: str) -> ColumnElement[bool]:
    """The condition; the texts are given under a name, as `texts`. many: whether the database has many writers."""
    asked = bindparam(name, type_=ARRAY(String) if many else Text)
    if many:
        return column == any_(asked)
    return column.in_(select(func.json_each(asked).table_valued("value").c.value))


def texts(many: bool, some: Collection[str]) -> Any:
    """Texts as `among` is given them: an array for PostgreSQL, for SQLite their JSON."""
    return list(some) if many else written(list(some))
