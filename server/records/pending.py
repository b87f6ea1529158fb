"""Rows that are kept back, so that those of many inputs are written in one statement a table."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy.orm import Session

from server.records.prepared import Prepared, Values
from server.records.writing import Writing


class Pending:
    """Rows in the order in which they came; the tables in the order in which the first row of each did."""

    def __init__(self) -> None:
        self._rows: dict[Writing | Prepared, list[Values]] = {}

    def add(self, writing: Writing | Prepared, rows: Iterable[Values]) -> None:
        """Keep rows back until `write`."""
        self._rows.setdefault(writing, []).extend(rows)

    def write(self, session: Session) -> None:
        """Write them all."""
        rows, self._rows = self._rows, {}
        for writing, some in rows.items():
            writing.write(session, some)
