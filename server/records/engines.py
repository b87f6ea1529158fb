"""Connections to the records, durable and strict on both databases."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Engine, create_engine, event
from sqlalchemy.engine import ExceptionContext

from server.records.address import Address
from server.records.damage import damage, read_json, tell_damage
from server.records.prepared import on_driver

SESSION: Final = {
    "timezone": "UTC",
    "synchronous_commit": "on",
    "lock_timeout": "20s",
    "idle_in_transaction_session_timeout": "60s",
    "random_page_cost": "1.1",
    "jit": "off",
}
"""What every PostgreSQL session is set to. A lock that nobody gives back ends in a refusal, not in a standstill. By
the costs of a turning disk, a hundred ids would be looked up by reading the whole of a young table, and a plan once
made so is kept. No query here is so long that compiling it, most of a second, would pay."""
LOG_PAGES: Final = 16_000
"""Whoever commits on SQLite moves the log itself where it has grown to 64 MB since nobody else did (`checkpoints`)."""
CONNECTIONS: Final = 10
"""A process holds at most so many, and two more: one that listens, one that leads. PostgreSQL allows 100 by default."""


class Written(str):
    """A value of a JSON column that is JSON already, and is kept as it stands."""

    __slots__ = ()


def written(value: Any) -> Written:
    """A value as JSON."""
    return value if isinstance(value, Written) else Written(json.dumps(value))


def engine_at(address: Address) -> Engine:
    """An engine for reading; with the execution option `writes=True` one for writing. Whatever is asked may raise
    Damaged."""
    engine = _sqlite(address) if isinstance(address, Path) else _postgres(address)
    tell_damage(engine)
    return engine


def without_values(*errors: BaseException | None) -> None:
    """Leave of what PostgreSQL says of an error its first line. The others tell values of the row that it refused, and
    errors get into logs."""
    for error in errors:
        if error is not None:
            error.args = (str(error.args[0]).partition("\n")[0], *error.args[1:])


def _postgres(url: URL) -> Engine:
    settings = " ".join(f"-c {name}={value}" for name, value in SESSION.items())
    engine = create_engine(
        url,
        connect_args={"connect_timeout": 5, "application_name": "steward", "options": settings},
        pool_size=CONNECTIONS // 2,
        max_overflow=CONNECTIONS - CONNECTIONS // 2,
        pool_timeout=20,
        pool_pre_ping=True,
        json_serializer=written,
        json_deserializer=read_json,
        hide_parameters=True,
    )

    @event.listens_for(engine, "handle_error")
    def _refused(context: ExceptionContext) -> None:
        if getattr(context.original_exception, "sqlstate", None) is not None:
            without_values(context.original_exception, context.sqlalchemy_exception)

    return engine


def _sqlite(path: Path) -> Engine:
    engine = create_engine(
        f"sqlite:///{path}",
        connect_args={"timeout": 30, "check_same_thread": False, "isolation_level": None},
        pool_size=8,
        max_overflow=40,
        json_serializer=written,
        json_deserializer=read_json,
        hide_parameters=True,
    )

    @event.listens_for(engine, "connect")
    def _connected(connection: Any, _record: object) -> None:
        kept = f"wal_autocheckpoint={LOG_PAGES}"
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "temp_store=MEMORY", kept):
            try:
                connection.execute(f"PRAGMA {pragma}").close()
            except UnicodeDecodeError as error:
                raise damage(error) or error from error

    @event.listens_for(engine, "begin")
    def _begun(connection: Any) -> None:
        # A writer takes the lock at once: a deferred one could fail half-way when another process wrote in between.
        writes = connection.get_execution_options().get("writes", False)
        words = "BEGIN IMMEDIATE" if writes else "BEGIN"
        on_driver(connection, words, lambda driver: driver.execute(words))

    return engine
