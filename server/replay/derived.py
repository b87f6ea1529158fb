"""What the fold makes, and whether two databases hold the same of it, value by value."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, String, Table, select
from sqlalchemy.orm import Session

from server.cases.mends import MendRow
from server.records.locks import many_writers
from server.records.memory import MEMORY_KEY
from server.records.pictures import DeclaredEvidence
from server.records.tables import (
    Advertiser,
    Base,
    CaseEvent,
    CaseNumber,
    CaseRow,
    FrameTally,
    ObservationRow,
    Setting,
    TraverseRow,
    WorkOrder,
)

LINES: Final = 500
DERIVED: Final[tuple[type[Base], ...]] = (
    TraverseRow,
    FrameTally,
    CaseRow,
    CaseEvent,
    WorkOrder,
    ObservationRow,
    DeclaredEvidence,
    Advertiser,
    CaseNumber,
    MendRow,
)
"""Each row of these is made by the fold alone; so is the engine's memory among the settings."""

Line = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Difference:
    """The first place where a replay is not what the records are; a value that is not there is 'missing'."""

    where: str
    recorded: str
    replayed: str


@dataclass(frozen=True, slots=True)
class Compared:
    """rows: how many were compared, by table; digest: SHA-256 over them as recorded; difference: None if identical."""

    rows: dict[str, int]
    digest: str
    difference: Difference | None


def compare(home: Session, replayed: Session) -> Compared:
    """Every derived row of both, in the order of their keys; ends at the first difference."""
    rows, digest = dict[str, int](), hashlib.sha256()
    for (name, query), (_, same) in zip(_queries(home), _queries(replayed), strict=True):
        rows[name] = 0
        for one, other in zip_longest(_lines(home, query), _lines(replayed, same)):
            if one != other:
                return Compared(rows, digest.hexdigest(), _difference(name, one, other))
            rows[name] += 1
            digest.update(_canonical(one))
    return Compared(rows, digest.hexdigest(), None)


def _queries(session: Session) -> Iterator[tuple[str, Select[Any]]]:
    for row in DERIVED:
        table: Table = row.__table__  # type: ignore[assignment]
        columns = [column for column in table.columns if not (row is CaseEvent and column.primary_key)]
        # History lines have no key of their own that two databases share: their order within a case is the key.
        keys = (table.c.case_id, table.c.id) if row is CaseEvent else tuple(table.primary_key.columns)
        yield table.name, select(*columns).order_by(*(_by_bytes(session, column) for column in keys))
    yield "memory", select(Setting.value).where(Setting.key == MEMORY_KEY)


def _by_bytes(session: Session, column: ColumnElement[Any]) -> ColumnElement[Any]:
    """A column to sort by in the order of its bytes, as SQLite does; PostgreSQL sorts words by their language."""
    return column.collate("C") if many_writers(session) and isinstance(column.type, String) else column


def _lines(session: Session, query: Select[Any]) -> Iterator[Line]:
    for row in session.execute(query.execution_options(yield_per=LINES)).mappings():
        yield dict(row)


def _canonical(line: Line | None) -> bytes:
    return json.dumps(line, sort_keys=True, default=bytes.hex).encode()


def _difference(table: str, one: Line | None, other: Line | None) -> Difference:
    named = one or other or {}
    name = next((str(named[key]) for key in ("id", "case_id", "traverse_id") if key in named), "")
    if one is None or other is None:
        return Difference(
            f"{table} {name}", "missing" if one is None else "there", "missing" if other is None else "there"
        )
    column = next(column for column in one if one[column] != other[column])
    return Difference(f"{table} {name}, {column}", _short(one[column]), _short(other[column]))


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 200 else f"{text[:200]}…"
