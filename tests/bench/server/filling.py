"""Fills a town with copies of its first case, with an SQL statement a table: what follows from a case is copied too.

Open cases come first, each with a work order that is overdue; then closed ones, fixed evenly over the last five years.
All lie evenly over half a degree around the town. Each has one sighting and one line of history; ten sightings share
a traverse, and a hundred open cases a crew member. Indexes are dropped first and made again at the end by the very
words of the migrations, which takes a tenth of the time.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import psycopg
from sqlalchemy import URL

from tests.server.setupfile import LAT, LON
from tests.server.town import Town

HALF_DEG = 0.25
FIRST = 1000
YEARS_NS = 5 * 365 * 24 * 3600 * 10**9
CASES_A_CREW = 100
CASES_A_TRAVERSE = 10
TABLES = ("person", "traverse", "case", "work_order", "case_event", "observation")
"""In an order in which what a row names is there before it."""


@dataclass(frozen=True, slots=True)
class Size:
    """How many cases a town has."""

    open: int
    closed: int

    def __str__(self) -> str:
        return f"{self.open:,} open and {self.closed:,} closed"

    @property
    def last(self) -> int:
        return FIRST + self.open + self.closed - 1


class Dialect(Protocol):
    """How one database says what the other says in other words."""

    no_bytes: str

    def series(self, first: int, last: int) -> str:
        """A table expression with the one column i."""
        ...

    def uuid(self, kind: str, number: str) -> str:
        """A text in the form of an id, different for each kind and number, growing with the number."""
        ...

    def with_fields(self, column: str, fields: dict[str, str]) -> str:
        """A JSON column with some of its fields set."""
        ...


class SqliteWords:
    no_bytes = "x''"

    def series(self, first: int, last: int) -> str:
        numbers = f"SELECT {first} UNION ALL SELECT i + 1 FROM k WHERE i < {last}"
        return f"(WITH RECURSIVE k(i) AS ({numbers}) SELECT i FROM k)"

    def uuid(self, kind: str, number: str) -> str:
        return f"printf('01{kind}-%04x-7000-8000-%012x', {number} / 65536 % 65536, {number})"

    def with_fields(self, column: str, fields: dict[str, str]) -> str:
        pairs = ", ".join(f"'$.{name}', {value}" for name, value in fields.items())
        return f"json_set({column}, {pairs})"


class PostgresWords:
    no_bytes = "''::bytea"

    def series(self, first: int, last: int) -> str:
        return f"(SELECT i FROM generate_series({first}::bigint, {last}::bigint) AS i)"

    def uuid(self, kind: str, number: str) -> str:
        high, low = f"to_hex({number} / 65536 % 65536)", f"to_hex({number})"
        return f"'01{kind}-' || lpad({high}, 4, '0') || '-7000-8000-' || lpad({low}, 12, '0')"

    def with_fields(self, column: str, fields: dict[str, str]) -> str:
        pairs = ", ".join(f"'{name}', {value}" for name, value in fields.items())
        return f"({column}::jsonb || jsonb_build_object({pairs}))::json"


def fill(town: Town, size: Size, tell: Callable[[str], None]) -> None:
    """Fill a town that has one case with its work order, sighting and history."""
    began_s = time.monotonic()
    words: Dialect = SqliteWords() if town.context.store.one_writer else PostgresWords()
    with _quick(town) as run:
        indexes = _drop_indexes(run, words)
        for copies in _copies(words, size, town.clock.ns):
            _copy(run, words, copies)
            tell(f"{copies.table}: {copies.last - copies.first + 1:,} rows, {time.monotonic() - began_s:.0f} s")
        for index in indexes:
            run(index)
            tell(f"{index.split(' ON ')[0].lower()}, {time.monotonic() - began_s:.0f} s")


Run = Callable[[str], list[tuple[Any, ...]]]


@contextmanager
def _quick(town: Town) -> Iterator[Run]:
    """A connection that neither waits for the disk nor looks up what rows name; all is strict again when it ends."""
    town.context.store.close()
    address = town.context.store.address
    if isinstance(address, URL):
        text = address.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(text, autocommit=True) as server:
            for setting in (
                "synchronous_commit = off",
                "session_replication_role = replica",
                "maintenance_work_mem = '512MB'",
            ):
                server.execute(f"SET {setting}")

            def ask(statement: str) -> list[tuple[Any, ...]]:
                done = server.execute(statement)  # type: ignore[call-overload]
                return done.fetchall() if done.description else []

            yield ask
            server.execute("VACUUM ANALYZE")
        return
    records = sqlite3.connect(address, isolation_level=None)
    for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-1000000", "foreign_keys=OFF"):
        records.execute(f"PRAGMA {pragma}")
    yield lambda statement: records.execute(statement).fetchall()
    records.execute("PRAGMA journal_mode=WAL")
    records.close()


def _drop_indexes(run: Run, words: Dialect) -> list[str]:
    """Drop the indexes of the tables that are filled, all but those of their keys; the words that make them again."""
    names = ", ".join(f"'{table}'" for table in TABLES)
    if isinstance(words, SqliteWords):
        kept = f"SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN ({names})"
    else:
        kept = (
            f"SELECT indexname, indexdef FROM pg_indexes WHERE tablename IN ({names}) "
            "AND indexname NOT IN (SELECT conname FROM pg_constraint)"
        )
    found = run(kept)
    for name, _ in found:
        run(f'DROP INDEX "{name}"')
    return [statement for _, statement in found]


@dataclass(frozen=True, slots=True)
class Copies:
    """Copies of a table's first row, numbered from first to last; changed: by column, what is not as in that row."""

    table: str
    first: int
    last: int
    changed: dict[str, str]


def _copies(words: Dialect, size: Size, now_ns: int) -> list[Copies]:
    return [*_senders(words, size), *_cases(words, size, now_ns)]


def _senders(words: Dialect, size: Size) -> Iterator[Copies]:
    """The crew members, and the traverses that the sightings came with."""
    yield Copies("person", 0, _crews(size) - 1, {"id": words.uuid("910000", "i"), "name": "'crew-' || i"})
    passes = {"id": words.uuid("a00000", "i"), "body": words.no_bytes, "observations": str(CASES_A_TRAVERSE)}
    yield Copies("traverse", FIRST // CASES_A_TRAVERSE, size.last // CASES_A_TRAVERSE, passes)


def _cases(words: Dialect, size: Size, now_ns: int) -> Iterator[Copies]:
    """The cases, and what each has one of."""
    lat = f"{LAT - HALF_DEG} + (i * 7919 % 1000003) / 1000003.0 * {2 * HALF_DEG}"
    lon = f"{LON - HALF_DEG} + (i * 104729 % 1000033) / 1000033.0 * {2 * HALF_DEG}"
    of_case = {"case_id": words.uuid("a10000", "i")}
    at = {"lat": lat, "lon": lon}

    def by_state(opened: str, closed: str) -> str:
        return f"CASE WHEN i < {FIRST + size.open} THEN {opened} ELSE {closed} END"

    closed_ns = {"closed_ns": by_state("NULL", f"{now_ns} - (i * 7919 % 1000003) * {YEARS_NS // 1000003}")}
    case = {
        "id": of_case["case_id"],
        "number": "i",
        "worth": "(i * 31 % 1000) / 1000.0",
        "state": by_state("'dispatched'", "'closed'"),
        "close_reason": by_state("NULL", "'fixed'"),
        "memory": words.with_fields("one.memory", {**of_case, **at}),
    }
    order = {
        "id": words.uuid("a20000", "i"),
        "number": "i",
        "crew_id": words.uuid("910000", f"(i % {_crews(size)})"),
        "due_ns": f"{now_ns} - i",
        "outcome": by_state("NULL", "'fixed'"),
    }
    sighting = {
        "id": words.uuid("a30000", "i"),
        "traverse_id": words.uuid("a00000", f"(i / {CASES_A_TRAVERSE})"),
        "position": f"i % {CASES_A_TRAVERSE}",
    }
    for table, changed in (
        ("case", {**case, **at, **closed_ns}),
        ("work_order", {**order, **of_case, **closed_ns}),
        ("case_event", {"id": "i", **of_case}),
        ("observation", {**sighting, **at, **of_case}),
    ):
        yield Copies(table, FIRST, size.last, changed)


def _crews(size: Size) -> int:
    return max(size.open // CASES_A_CREW, 1)


def _copy(run: Run, words: Dialect, copies: Copies) -> None:
    table, changed = copies.table, copies.changed
    names = _columns(run, words, table)
    values = ",".join(f"({changed[name]})" if name in changed else f'one."{name}"' for name in names)
    crew = "WHERE role = 'crew' " if table == "person" else ""
    columns = ",".join(f'"{name}"' for name in names)
    run(
        f'INSERT INTO "{table}" ({columns}) SELECT {values} FROM {words.series(copies.first, copies.last)} AS k, '
        f'(SELECT * FROM "{table}" {crew}LIMIT 1) AS one'
    )


def _columns(run: Run, words: Dialect, table: str) -> list[str]:
    if isinstance(words, SqliteWords):
        return [str(row[1]) for row in run(f'PRAGMA table_info("{table}")')]
    names = run(
        "SELECT column_name FROM information_schema.columns "
        f"WHERE table_name = '{table}' AND table_schema = 'public' ORDER BY ordinal_position"
    )
    return [str(name) for (name,) in names]
