"""What a disk or a hand has damaged in a database is one error, however it shows: pages that cannot be right, bytes
that are no text, texts that do not say what they should."""

from __future__ import annotations

import errno
import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import ExceptionContext

from server.errors import Damaged
from server.shown import shown

BROKEN: Final = ("SQLITE_CORRUPT", "SQLITE_NOTADB")
NO_TEXT: Final = "Could not decode to UTF-8"
"""So begins what Python's sqlite3 says of such a text. It goes on with the text."""
STATES: Final = frozenset({"XX001", "XX002"})
"""SQLSTATE of damaged rows and of a damaged index."""


def damage(error: BaseException | None) -> Damaged | None:
    """What a driver's error says of damage; None where it says nothing of any."""
    told = shown(str(error).partition("\n")[0])
    if told.startswith(NO_TEXT):
        return Damaged(told.partition(" with text ")[0])
    if isinstance(error, UnicodeDecodeError):  # sqlite3's own, over an error that tells of bytes that are no text
        return Damaged("bytes of it are no text")
    broken = getattr(error, "sqlite_errorname", "").startswith(BROKEN)
    return Damaged(told) if broken or getattr(error, "sqlstate", None) in STATES else None


def disk_error(error: sqlite3.Error, words: str, path: Path) -> OSError:
    """What SQLite says of a file that it cannot write, as a disk says it."""
    full = getattr(error, "sqlite_errorname", "") == "SQLITE_FULL"
    return OSError(errno.ENOSPC if full else errno.EIO, words, str(path))


def tell_damage(engine: Engine) -> None:
    """Have all that an engine's connections do raise Damaged in the place of what the driver says of it."""

    @event.listens_for(engine, "handle_error")
    def _told(context: ExceptionContext) -> Damaged | None:
        return damage(context.original_exception)


def look_over(connection: Connection) -> None:
    """Look where SQLite's file can be looked at in no time, however large it is: at both ends of every table."""
    named = "SELECT name FROM sqlite_schema WHERE type = 'table'"
    for name in connection.exec_driver_sql(named).scalars().all():
        for end in ("ASC", "DESC"):
            connection.exec_driver_sql(f'SELECT * FROM "{name}" ORDER BY rowid {end} LIMIT 1').all()  # noqa: S608


@contextmanager
def decoding(what: str) -> Iterator[None]:
    """Raises Damaged where what is taken apart in the block does not say what its writer wrote. what: which text."""
    try:
        yield
    except (ValueError, KeyError, TypeError) as error:
        raise Damaged(f"{what} cannot be read: {type(error).__name__}") from error


def read_json(text: str | bytes) -> Any:
    """The value of a JSON column."""
    try:
        return json.loads(text)
    except ValueError as error:
        raise Damaged(f"a JSON text of it cannot be read: {error}") from error
