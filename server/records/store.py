"""The database: every commit on disk, foreign keys on, an answer only after commit. SQLite or PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, text
from sqlalchemy.exc import NotSupportedError, ProgrammingError
from sqlalchemy.orm import Session

from server.errors import SetupError
from server.measures import COMMIT_S
from server.records.address import Address, address_of, named
from server.records.ahead import ahead, commit_ahead
from server.records.company import Company
from server.records.damage import look_over
from server.records.engines import engine_at
from server.records.groups import Groups
from server.records.locks import Lock, many_writers
from server.records.outbox import WriteSession, write_outbox
from server.shown import shown

MIGRATIONS = Path(__file__).parents[1] / "migrations"
MOST_IDS: Final = 450
"""Who writes together has so many ids in all at most: four traverses with a hundred observations each."""
MANY_TURNS: Final = 2
"""So many groups of a company write at a time on PostgreSQL: while it works for one, this process works for another."""
MANY_IDS: Final = 200
"""Each of them has so many ids at most, since other processes wait for the cells of all who go together."""


class Store:
    """Sessions on one database. `write` commits at the end of its block, or rolls all of it back.

    On SQLite one writer at a time has its turn, in the whole machine. On PostgreSQL many have, each sees what was
    committed when it asks, and `locks` keeps apart those that touch the same things. There every commit sets `grew`,
    for whoever clears it. company: whoever may write together with others of its kind.
    """

    def __init__(self, address: Address, after_commit: Callable[[], None] = lambda: None) -> None:
        self.engine = engine_at(address)
        self.address = address
        self._after_commit = after_commit
        self.grew = threading.Event()
        self._groups = Groups(self.engine, after_commit) if isinstance(address, Path) else None
        self.company = Company(1, MOST_IDS) if self.one_writer else Company(MANY_TURNS, MANY_IDS)
        self._snapshots = self.engine
        if self._groups is None:
            self._snapshots = self.engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)

    @property
    def one_writer(self) -> bool:
        """Whether nobody else writes while a writer does."""
        return self._groups is not None

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session on one snapshot; what it changes is not kept."""
        with Session(self._snapshots, expire_on_commit=False, autoflush=False) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A writer's session: all of the block is committed and on disk when it ends, or none of it happened."""
        if self._groups is not None:
            with self._groups.write() as session:
                yield session
            return
        with WriteSession(self.engine, expire_on_commit=False) as session:
            yield session
            session.flush()
            with COMMIT_S.time():
                with ahead(session):
                    write_outbox(session)
                    commit_ahead(session)
                session.commit()
        self._after_commit()
        self.grew.set()

    def begin_log_anew(self) -> None:
        """Let SQLite's log begin anew with the next writers; nothing on PostgreSQL."""
        if self._groups is not None:
            self._groups.begin_log_anew()

    def close(self) -> None:
        """Close every connection. Whoever reads or writes afterwards opens new ones."""
        if self._groups is not None:
            self._groups.close()
        self.engine.dispose()


def store_of(home: Path) -> Store:
    """A home's store for a command beside the server; raises SetupError where its tables are of another version."""
    address = address_of(home)
    require_current(address)
    return Store(address)


def migrate(address: Address) -> None:
    """Bring a database, also an empty one, to the newest tables. Each step is one transaction."""
    engine = engine_at(address)
    try:
        with engine.execution_options(writes=True).connect() as connection:
            upgrade(connection)
            connection.commit()
    except (ProgrammingError, NotSupportedError) as error:
        raise SetupError(f"{named(address)}: the tables cannot be made: {error.orig}") from error
    except CommandError:
        require_current(address)  # a version that this program does not know
        raise
    finally:
        engine.dispose()


def upgrade(connection: Connection) -> None:
    """Bring the tables to the newest version in the connection's transaction; one program at a time does so."""
    if many_writers(connection):
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": int(Lock.MIGRATION)})
    config = alembic_config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def require_current(address: Address) -> None:
    """Raise SetupError where a database is missing, holds no city, or its tables are not of this version."""
    found, wanted = version_of(address), ScriptDirectory.from_config(alembic_config()).get_current_head()
    if found != wanted:
        home = address.parent if isinstance(address, Path) else "HOME"
        raise SetupError(
            f"{named(address)}: tables are of version {shown(found)}, this program needs {wanted}. Older tables are "
            f"brought up to date by: steward server run --home {home}; for newer ones use the program that made them"
        )


def version_of(address: Address) -> str:
    """Of which version the tables of a city are. Raises SetupError where there is no database, or no city in it."""
    if isinstance(address, Path) and not address.is_file():
        raise SetupError(
            f"{address}: there is no database; create it with: steward server init --home {address.parent}"
        )
    engine = engine_at(address)
    try:
        with engine.connect() as connection:
            found = MigrationContext.configure(connection).get_current_revision()
            if isinstance(address, Path):
                look_over(connection)
    except CommandError as error:
        raise SetupError(
            f"{named(address)}: its tables are said to be of several versions; put its newest backup in its place"
        ) from error
    finally:
        engine.dispose()
    if found is None and isinstance(address, Path):
        raise SetupError(f"{address}: holds no city; put its newest backup in its place")
    if found is None:
        raise SetupError(f"{named(address)}: holds no city; create it with: steward server init --database")
    return found


def alembic_config() -> Config:
    """Where the migrations are; `attributes["connection"]` is the caller's to set."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config
