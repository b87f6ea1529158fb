"""The outbox: what was found and has not yet reached the server, in one SQLite file that survives a power cut.

A traverse and its pictures come in with one transaction, together with how far their source has been inspected, so a
worker killed at any moment neither loses nor doubles anything. Items are idempotent by id: a traverse by its UUID, a
picture by its SHA-256. Picture bytes and records lie in the same file, because only then one commit covers both.

Observations made = acknowledged + waiting + parked, at every moment; `made` is counted on its own as items come in.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Self

from edge.errors import OutboxError

SCHEMA = """
CREATE TABLE IF NOT EXISTS item(
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL CHECK (kind IN ('traverse', 'evidence')),
    state TEXT NOT NULL CHECK (state IN ('waiting', 'acknowledged', 'parked')),
    needs TEXT,
    digest TEXT NOT NULL,
    media_type TEXT NOT NULL,
    body BLOB,
    observations INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    faults INTEGER NOT NULL DEFAULT 0,
    answered_when_failed INTEGER,
    reason TEXT,
    message TEXT
);
CREATE INDEX IF NOT EXISTS item_waiting ON item(attempts, seq) WHERE state = 'waiting';
CREATE INDEX IF NOT EXISTS item_needs ON item(needs) WHERE needs IS NOT NULL;
CREATE TABLE IF NOT EXISTS figure(name TEXT PRIMARY KEY, value INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS pass(
    source TEXT PRIMARY KEY,
    traverses INTEGER NOT NULL,
    done_ns INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'ended', 'failed')),
    message TEXT
);
"""

NEXT = """
SELECT id, kind, body, media_type, attempts, digest FROM item
WHERE state = 'waiting'
  AND (needs IS NULL OR (SELECT owner.state FROM item owner WHERE owner.id = item.needs) = 'acknowledged')
ORDER BY attempts, seq LIMIT 1
"""


class ItemKind(StrEnum):
    TRAVERSE = "traverse"
    EVIDENCE = "evidence"


class ParkReason(StrEnum):
    """Why an item will not be sent again by itself. Every member has a line in docs/edge.md."""

    CONFLICT = "conflict"
    INVALID = "invalid"
    TOO_LARGE = "too_large"
    UNDECLARED = "undeclared"
    REFUSED = "refused"
    SERVER_FAULT = "server_fault"
    TRAVERSE_PARKED = "traverse_parked"
    DAMAGED = "damaged"


class Put(StrEnum):
    """What became of a traverse that was put in."""

    ADDED = "added"
    ALREADY_THERE = "already_there"
    DIFFERS = "differs"


class PassState(StrEnum):
    OPEN = "open"
    ENDED = "ended"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Parcel:
    """A body to keep until the server has it: a traverse's JSON (id: its UUID) or a picture (id: its SHA-256)."""

    id: str
    body: bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class Item:
    """One parcel that waits. attempts: how often sending it failed."""

    id: str
    kind: ItemKind
    body: bytes
    media_type: str
    attempts: int


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a source has been inspected: traverses recorded, and the media time up to which nothing is left to do."""

    traverses: int
    done_ns: int
    state: PassState = PassState.OPEN
    message: str = ""


@dataclass(frozen=True, slots=True)
class OutboxCounts:
    """made = acknowledged + waiting + parked, in observations; pictures are counted beside them."""

    made: int
    acknowledged: int
    waiting: int
    parked: int
    pictures_waiting: int
    pictures_parked: int
    items_waiting: int

    @property
    def conserved(self) -> bool:
        return self.made == self.acknowledged + self.waiting + self.parked


class Outbox:
    """See the module. One connection; a second thread or process opens its own."""

    def __init__(self, path: Path, db: sqlite3.Connection) -> None:
        self._path = path
        self._db = db

    @classmethod
    def open(cls, path: Path, factory: type[sqlite3.Connection] = sqlite3.Connection) -> Self:
        """Open or make the outbox in a file; raises OutboxError where that file cannot be one."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            db = sqlite3.connect(path, isolation_level=None, timeout=30.0, factory=factory, check_same_thread=False)
            outbox = cls(path, db)
            with outbox._mended():
                db.execute("PRAGMA journal_mode=WAL")
                db.execute("PRAGMA synchronous=FULL")
                db.executescript(SCHEMA)
        except OSError as error:
            raise OutboxError(
                f"{path}: the outbox cannot be made: {error.strerror}. Mend it or change state_dir."
            ) from error
        return outbox

    def close(self) -> None:
        self._db.close()

    @contextmanager
    def _mended(self) -> Iterator[None]:
        """What SQLite says about the file or its disk, as a sentence; a wrong statement of ours stays as it is."""
        try:
            yield
        except sqlite3.DatabaseError as error:
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF
            if code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
                raise OutboxError(
                    f"{self._path}: the disk is full or failing ({error}). Free some space and start again; "
                    "nothing of what was recorded is lost and nothing half-written was kept."
                ) from error
            if code in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
                raise OutboxError(
                    f"{self._path}: not an outbox, or damaged ({error}). Keep a copy, move it away and start again."
                ) from error
            if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
                raise OutboxError(f"{self._path}: cannot be written ({error}). Check its folder's rights.") from error
            raise

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing, also when the process dies inside."""
        with self._mended():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    def put(
        self,
        traverse: Parcel,
        pictures: Sequence[Parcel],
        observations: int,
        source: str,
        progress: Progress,
    ) -> Put:
        """Record a traverse, its pictures and its source's progress at once; the same again changes nothing."""
        digest = hashlib.sha256(traverse.body).hexdigest()
        with self._transaction() as db:
            known = db.execute("SELECT digest FROM item WHERE id = ?", (traverse.id,)).fetchone()
            if known is not None:
                return Put.ALREADY_THERE if known[0] == digest else Put.DIFFERS
            self._insert(db, traverse, ItemKind.TRAVERSE, None, digest, observations)
            for picture in pictures:
                self._insert(db, picture, ItemKind.EVIDENCE, traverse.id, picture.id, 0)
            self._add(db, "made", observations)
            self._write_progress(db, source, progress)
        return Put.ADDED

    @staticmethod
    def _insert(
        db: sqlite3.Connection, parcel: Parcel, kind: ItemKind, needs: str | None, digest: str, observations: int
    ) -> None:
        db.execute(
            "INSERT INTO item(id, kind, state, needs, digest, media_type, body, observations)"
            " VALUES (?, ?, 'waiting', ?, ?, ?, ?, ?) ON CONFLICT(id) DO UPDATE SET state = 'waiting',"
            " needs = excluded.needs, reason = NULL, message = NULL WHERE state = 'parked'",
            (parcel.id, kind, needs, digest, parcel.media_type, parcel.body, observations),
        )

    @staticmethod
    def _add(db: sqlite3.Connection, name: str, amount: int) -> None:
        db.execute(
            "INSERT INTO figure(name, value) VALUES (?, ?)"
            " ON CONFLICT(name) DO UPDATE SET value = value + excluded.value",
            (name, amount),
        )

    def claim(self) -> Item | None:
        """The next item to send, or None; a picture comes only after its traverse has been acknowledged.

        What has failed least comes first, so one bad item never holds up the others. An item whose bytes
        no longer match their digest is parked here and passed over.
        """
        while True:
            with self._mended():
                row = self._db.execute(NEXT).fetchone()
            if row is None:
                return None
            item = Item(row[0], ItemKind(row[1]), row[2], row[3], row[4])
            if hashlib.sha256(item.body).hexdigest() == row[5]:
                return item
            self.park(item.id, ParkReason.DAMAGED, "the bytes in the outbox do not match their checksum")

    def acknowledge(self, item_id: str, not_needed: Sequence[str] = ()) -> None:
        """The server has it: forget the bytes, keep the id. not_needed: pictures that the server has already."""
        with self._transaction() as db:
            for one in (item_id, *not_needed):
                done = db.execute(
                    "UPDATE item SET state = 'acknowledged', body = NULL WHERE id = ? AND state = 'waiting'", (one,)
                )
                self._add(db, "answered", done.rowcount)

    def park(self, item_id: str, reason: ParkReason, message: str) -> None:
        """Set an item aside with its reason; a parked traverse takes along the pictures that only it declared."""
        with self._transaction() as db:
            db.execute(
                "UPDATE item SET state = 'parked', reason = ?, message = ? WHERE id = ? AND state = 'waiting'",
                (reason, message, item_id),
            )
            db.execute(
                "UPDATE item SET state = 'parked', reason = ?, message = ? WHERE needs = ? AND state = 'waiting'",
                (ParkReason.TRAVERSE_PARKED, f"traverse {item_id} is parked", item_id),
            )

    def defer(self, item_id: str, *, fault: bool) -> int:
        """Sending failed: try this item after the others. fault: the server answered, and answered wrongly.

        Returns how many faults the item met, or 0 as long as no other item has passed since its first fault: then it
        may be the server that is ill, not the item.
        """
        with self._transaction() as db:
            answered = (db.execute("SELECT value FROM figure WHERE name = 'answered'").fetchone() or (0,))[0]
            db.execute("UPDATE item SET attempts = attempts + 1 WHERE id = ?", (item_id,))
            if not fault:
                return 0
            db.execute(
                "UPDATE item SET faults = faults + 1, answered_when_failed = ifnull(answered_when_failed, ?)"
                " WHERE id = ?",
                (answered, item_id),
            )
            faults, since = db.execute(
                "SELECT faults, answered_when_failed FROM item WHERE id = ?", (item_id,)
            ).fetchone()
        return int(faults) if answered > since else 0

    def release(self) -> int:
        """Make every parked item wait again, after its cause was mended; returns how many."""
        with self._transaction() as db:
            done = db.execute(
                "UPDATE item SET state = 'waiting', attempts = 0, faults = 0, answered_when_failed = NULL,"
                " reason = NULL, message = NULL WHERE state = 'parked' AND reason != 'damaged'"
                " AND ifnull(needs, '') NOT IN (SELECT id FROM item WHERE reason = 'damaged')"
            )
        return done.rowcount

    def parked(self) -> list[tuple[str, ParkReason, str]]:
        """What is parked: id, reason, message."""
        with self._mended():
            rows = self._db.execute("SELECT id, reason, message FROM item WHERE state = 'parked' ORDER BY seq")
            return [(row[0], ParkReason(row[1]), row[2]) for row in rows]

    def counts(self) -> OutboxCounts:
        """The conservation law's figures, read at one moment."""
        with self._mended():
            row = self._db.execute(
                "SELECT ifnull((SELECT value FROM figure WHERE name = 'made'), 0),"
                " ifnull(sum(observations) FILTER (WHERE state = 'acknowledged'), 0),"
                " ifnull(sum(observations) FILTER (WHERE state = 'waiting'), 0),"
                " ifnull(sum(observations) FILTER (WHERE state = 'parked'), 0),"
                " count(*) FILTER (WHERE state = 'waiting' AND kind = 'evidence'),"
                " count(*) FILTER (WHERE state = 'parked' AND kind = 'evidence'),"
                " count(*) FILTER (WHERE state = 'waiting') FROM item"
            ).fetchone()
        return OutboxCounts(*row)

    def progress(self, source: str) -> Progress | None:
        """How far a source was inspected, or None where it never was."""
        with self._mended():
            row = self._db.execute(
                "SELECT traverses, done_ns, state, ifnull(message, '') FROM pass WHERE source = ?", (source,)
            ).fetchone()
        return None if row is None else Progress(row[0], row[1], PassState(row[2]), row[3])

    def record(self, source: str, progress: Progress) -> None:
        """Write a source's progress by itself: that it has ended, or why it failed."""
        with self._transaction() as db:
            self._write_progress(db, source, progress)

    @staticmethod
    def _write_progress(db: sqlite3.Connection, source: str, progress: Progress) -> None:
        db.execute(
            "INSERT INTO pass(source, traverses, done_ns, state, message) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT(source) DO UPDATE SET traverses = excluded.traverses, done_ns = excluded.done_ns,"
            " state = excluded.state, message = excluded.message",
            (source, progress.traverses, progress.done_ns, progress.state, progress.message),
        )
