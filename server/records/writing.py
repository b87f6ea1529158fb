"""Many rows of one table written by one statement, past the unit of work.

SQLite is given the rows one by one, which costs it next to nothing. PostgreSQL is given all of them as one JSON text
that it takes apart itself: a row by itself costs each side more than what is written of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from pydantic_core import to_json
from sqlalchemy import (
    JSON,
    ColumnElement,
    Insert,
    LargeBinary,
    String,
    Table,
    Text,
    Update,
    bindparam,
    cast,
    column,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.orm import Session
from sqlalchemy.sql.selectable import TableValuedAlias

from server.records.locks import many_writers
from server.records.prepared import Prepared, Values

OF: Final = "of"
"""The key under which a changed row tells its id."""


class Writing:
    """Adds rows to a table or, where `changes`, writes those columns of known ones anew, each the row whose id it
    gives as `of`. Values of a JSON column have to be `Written`."""

    def __init__(self, table: Table, names: Sequence[str], changes: bool = False) -> None:
        self._table = table
        self._names = tuple(names)
        self._changes = changes
        one_by_one: Insert | Update = insert(table).inline()  # nobody asks for the number that a row gave itself
        if changes:
            one_by_one = update(table).where(table.c.id == bindparam(OF)).values({n: bindparam(n) for n in names})
        self._one_by_one = Prepared(one_by_one, () if changes else self._names)
        # JSON has no bytes.
        plain = not any(isinstance(table.c[name].type, LargeBinary) for name in names)
        self._at_once = self._from_json() if plain else None

    def write(self, session: Session, rows: Sequence[Values]) -> None:
        """Write these; nothing for none."""
        if self._at_once is None or len(rows) < 2 or not many_writers(session):
            self._one_by_one.write(session, rows)
            return
        text = to_json(rows, inf_nan_mode="constants").decode()  # PostgreSQL refuses what is no number
        session.connection().execute(self._at_once, {"rows": text})

    def _from_json(self) -> Insert | Update:
        keys = (OF, *self._names) if self._changes else self._names
        new = self._rows(keys)
        values = {name: self._value(new, name) for name in self._names}
        if self._changes:
            return update(self._table).where(self._table.c.id == new.c[OF]).values(values)
        return insert(self._table).from_select(self._names, select(*values.values()), include_defaults=False)

    def _rows(self, keys: Sequence[str]) -> TableValuedAlias:
        given = cast(bindparam("rows", type_=Text), JSON)
        fields = (column(key, self._wire_type(key)) for key in keys)
        return func.json_to_recordset(given).table_valued(*fields).render_derived("new", with_types=True)

    def _wire_type(self, key: str) -> Any:
        kind = self._table.c["id" if key == OF else key].type
        return Text() if isinstance(kind, String | JSON) else kind

    def _value(self, new: TableValuedAlias, name: str) -> ColumnElement[Any]:
        return cast(new.c[name], JSON) if isinstance(self._table.c[name].type, JSON) else new.c[name]
