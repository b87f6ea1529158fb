"""Cases put right: what a replay makes takes the place of the derived records, in one step.

A new database is written beside the old one: derived rows from the replay, all others as they are. Then it takes the
old one's name, which stays as a copy. A crash at any moment leaves the old one or the new one.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from sqlalchemy import ColumnElement, TableClause, column, insert, inspect, select, table, text
from sqlalchemy.orm import Session

from server.errors import SetupError
from server.records.address import DATABASE, address_of
from server.records.damage import damage
from server.records.memory import MEMORY_KEY
from server.records.store import Store, migrate
from server.records.tables import Setting
from server.replay.derived import DERIVED

LINES: Final = 500
BEFORE: Final = f"{DATABASE}.before-rebuild"
MADE: Final = frozenset(row.__tablename__ for row in DERIVED)
VERSION: Final = "alembic_version"


@contextmanager
def alone(home: Path) -> Iterator[Store]:
    """A copy of a home's database, which nobody else can open until the block ends. Raises SetupError where a server
    runs on it, where the home's records are no file of its own, or where an earlier copy is still there."""
    database = home / DATABASE
    if address_of(home) != database:
        raise SetupError(f"{home}: only records in a SQLite file are rebuilt; these are in PostgreSQL")
    if (home / BEFORE).exists():
        raise SetupError(f"{home / BEFORE}: is there from an earlier rebuild; move it away first")
    keeper = sqlite3.connect(database, isolation_level=None, timeout=1.0)
    try:
        try:
            keeper.execute("PRAGMA journal_mode=DELETE")  # works only for one who has the database alone
            keeper.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            raise SetupError(f"{home}: a server is running here; end it before a rebuild") from error
        except sqlite3.DatabaseError as error:
            raise damage(error) or error from error
        with TemporaryDirectory(prefix=f".{DATABASE}-", dir=home) as folder:
            shutil.copy2(database, Path(folder) / DATABASE)
            store = Store(Path(folder) / DATABASE)
            try:
                yield store
            finally:
                store.close()
    finally:
        keeper.close()


def rebuild(home: Path, recorded: Session, replayed: Session) -> Path:
    """Put what was replayed in the place of what is recorded; where the old database lies. Call it within `alone`."""
    with TemporaryDirectory(prefix=f".{DATABASE}-", dir=home) as folder:
        path = Path(folder) / DATABASE
        migrate(path)
        store = Store(path)
        with store.write() as session:
            session.execute(text("PRAGMA defer_foreign_keys=ON"))
            for one in _tables(recorded):
                if one.name == Setting.__tablename__:
                    _copy(session, one, recorded, one.c.key != MEMORY_KEY)
                    _copy(session, one, replayed, one.c.key == MEMORY_KEY)
                else:
                    _copy(session, one, replayed if one.name in MADE else recorded)
        with store.engine.connect() as connection:
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        store.close()
        os.link(home / DATABASE, home / BEFORE)
        path.replace(home / DATABASE)
    return home / BEFORE


def _tables(recorded: Session) -> Iterator[TableClause]:
    """Every table of the database, also one that this process knows nothing of, with its values as they are stored."""
    inspector = inspect(recorded.connection())
    for name in inspector.get_table_names():
        if name != VERSION:
            yield table(name, *(column(one["name"]) for one in inspector.get_columns(name)))


def _copy(session: Session, one: TableClause, source: Session, *which: ColumnElement[bool]) -> None:
    rows = source.execute(select(*one.c).where(*which).execution_options(yield_per=LINES)).mappings()
    for page in rows.partitions(LINES):
        session.execute(insert(one), [dict(row) for row in page])
