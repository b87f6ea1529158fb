"""The database: SQLite in WAL mode, every commit on disk, foreign keys on, one writer at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.orm import Session

from server.errors import SetupError

MIGRATIONS = Path(__file__).parent / "migrations"


class Store:
    """Sessions on one database file. `write` commits at the end of its block, or rolls all of it back."""

    def __init__(self, path: Path, after_commit: Callable[[], None] = lambda: None) -> None:
        self.engine = _engine(path)
        self.path = path
        self._after_commit = after_commit
        self._writer = threading.Lock()

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session on one snapshot; what it changes is not kept."""
        with Session(self.engine, expire_on_commit=False, autoflush=False) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """The writer's session: all of the block is committed and on disk when it ends, or none of it happened."""
        with self._writer:
            with Session(self.engine.execution_options(writes=True), expire_on_commit=False) as session:
                yield session
                session.commit()
            self._after_commit()

    def close(self) -> None:
        self.engine.dispose()


def migrate(path: Path) -> None:
    """Bring a database, also a missing one, to the newest tables. Each step is one transaction."""
    engine = _engine(path)
    try:
        with engine.execution_options(writes=True).connect() as connection:
            config = alembic_config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()
    finally:
        engine.dispose()


def require_current(path: Path) -> None:
    """Raise SetupError where a database is missing or its tables are not of this version."""
    if not path.is_file():
        raise SetupError(f"{path}: there is no database; create it with: steward server init --home {path.parent}")
    engine = _engine(path)
    try:
        with engine.connect() as connection:
            found = MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()
    wanted = ScriptDirectory.from_config(alembic_config()).get_current_head()
    if found != wanted:
        raise SetupError(
            f"{path}: tables are of version {found}, this program needs {wanted}. Older tables are brought up to date "
            f"by: steward server run --home {path.parent}; for newer ones use the program that made them"
        )


def alembic_config() -> Config:
    """Where the migrations are; `attributes["connection"]` is the caller's to set."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config


def _engine(path: Path) -> Engine:
    engine = create_engine(
        f"sqlite:///{path}",
        connect_args={"timeout": 30, "check_same_thread": False, "isolation_level": None},
        pool_size=8,
        max_overflow=40,
    )

    @event.listens_for(engine, "connect")
    def _connected(connection: Any, _record: object) -> None:
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "temp_store=MEMORY"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begun(connection: Any) -> None:
        # A writer takes the lock at once: a deferred one could fail half-way when another process wrote in between.
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine
