"""The outbox's SQLite file: opened safe against power cuts, brought up to date, its failures told as sentences."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Final, Self

from edge.errors import OutboxError, OutboxHindered
from edge.outbox.schema import MIGRATIONS, TABLES, VERSION

INCREMENTAL: Final = 2
COMPACT_BYTES: Final = 512 << 20


class OutboxFile:
    """One connection; a second thread or process opens its own."""

    def __init__(self, path: Path, db: sqlite3.Connection) -> None:
        self.path = path
        self.db = db

    @classmethod
    def open(cls, path: Path, factory: type[sqlite3.Connection] = sqlite3.Connection) -> Self:
        """Open or make the file; raises OutboxError where it cannot be an outbox of this version."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutboxError(
                f"{path}: the outbox cannot be made: {error.strerror}. Mend it or change state_dir."
            ) from error
        with _sentences(path):
            db = sqlite3.connect(path, isolation_level=None, timeout=30.0, factory=factory, check_same_thread=False)
        file = cls(path, db)
        try:
            with file.mended():
                # Before anything is written, or it stays off: without it the file never gives room back.
                db.execute(f"PRAGMA auto_vacuum = {INCREMENTAL}")
                db.execute("PRAGMA journal_mode = WAL")
                db.execute("PRAGMA synchronous = FULL")
            file._bring_up()
        except BaseException:
            db.close()
            raise
        return file

    def close(self) -> None:
        self.db.close()

    def _bring_up(self) -> None:
        """Make the tables, or take those of an older version to this one, all at once."""
        if self._version() == VERSION:
            return
        older = False
        with self.transaction() as db:
            # Read again: another process may have done it while this one waited for the lock.
            version = self._version()
            if version > VERSION:
                raise OutboxError(
                    f"{self.path}: written by a newer City Steward (version {version}, this one knows {VERSION}). "
                    "Install that one again, let it empty the outbox, or change state_dir. Nothing was changed."
                )
            if version == VERSION:
                return
            older = db.execute("SELECT 1 FROM sqlite_schema WHERE name = 'item'").fetchone() is not None
            steps = [MIGRATIONS[step] for step in range(version, VERSION)] if older else [TABLES]
            for statement in (statement for step in steps for statement in step):
                db.execute(statement)
            db.execute(f"PRAGMA user_version = {VERSION}")
        if older:
            self._compact()

    def _version(self) -> int:
        with self.mended():
            return int(self.db.execute("PRAGMA user_version").fetchone()[0])

    def _compact(self) -> None:
        """Let a file from before it could shrink do so from now on; a large one, or on a tight disk, stays as it is."""
        size = self.path.stat().st_size
        if size < COMPACT_BYTES and shutil.disk_usage(self.path.parent).free > 3 * size:
            with self.mended():
                self.db.execute("VACUUM")

    def mended(self) -> AbstractContextManager[None]:
        """What SQLite says about the file or its disk, as a sentence; a wrong statement of ours stays as it is."""
        return _sentences(self.path)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing, also when the process dies inside."""
        with self.mended():
            self.db.execute("BEGIN IMMEDIATE")
            try:
                yield self.db
                self.db.execute("COMMIT")
            except BaseException:
                if self.db.in_transaction:
                    self.db.execute("ROLLBACK")
                raise


@contextmanager
def _sentences(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
            raise OutboxHindered(
                f"{path}: the disk is full or failing ({error}). Free some space and start again; "
                "nothing of what was recorded is lost and nothing half-written was kept."
            ) from error
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise OutboxHindered(
                f"{path}: another program has held it for too long ({error}). Is it open in a database browser, or its "
                "disk very slow?"
            ) from error
        if code in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
            raise OutboxError(
                f"{path}: not an outbox, or damaged ({error}). Keep a copy, move it away and start again."
            ) from error
        if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
            raise OutboxError(f"{path}: cannot be written ({error}). Check its folder's rights.") from error
        raise


def add_to(db: sqlite3.Connection, figure: str, amount: int) -> int:
    """Count on; returns the new value."""
    rows = db.execute(
        "INSERT INTO figure(name, value) VALUES (?, ?)"
        " ON CONFLICT(name) DO UPDATE SET value = value + excluded.value RETURNING value",
        (figure, amount),
    ).fetchall()
    return int(rows[0][0])


def read_figure(db: sqlite3.Connection, figure: str) -> int:
    row = db.execute("SELECT value FROM figure WHERE name = ?", (figure,)).fetchone()
    return 0 if row is None else int(row[0])
