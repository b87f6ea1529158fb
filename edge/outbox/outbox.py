"""The outbox: what was found and has not yet reached the server, in one SQLite file that survives a power cut.

A traverse and its pictures come in with one transaction, together with how far their source has been inspected, so a
worker killed at any moment neither loses nor doubles anything. Items are idempotent by id: a traverse by its UUID, a
picture by its SHA-256. Picture bytes and records lie in the same file, because only then one commit covers both.

Observations made = acknowledged + waiting + parked, at every moment; `made` is counted on its own as items come in.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final, Self
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.outbox.counts import OutboxCounts, read_counts
from edge.outbox.file import OutboxFile, add_to, read_figure
from edge.outbox.parcels import Head, Item, ItemKind, Parcel, ParkReason, Rank, next_turn
from pipeline.seal import Seal, next_seal

OUTBOX_FILE: Final = "outbox.sqlite3"
"""The outbox in a device's folder of state."""
LONGEST_SETBACK: Final = 64

HEADS = """
WITH lane(rank) AS (VALUES (0), (1), (2), (3), (4), (5))
SELECT lane.rank, item.seq, item.since FROM lane JOIN item
    ON item.seq = (SELECT seq FROM item WHERE line = lane.rank ORDER BY since, seq LIMIT 1)
WHERE lane.rank <= ?
"""
"""The first of every rank: six index seeks, however many wait."""

SET_BACK = "SELECT seq FROM item WHERE back_at IS NOT NULL AND rank <= ? ORDER BY attempts, rank, since, seq LIMIT 1"

# What was deleted for want of room while it was on its way has arrived all the same.
ACKNOWLEDGE = """
UPDATE item SET state = 'acknowledged', held = 0, line = NULL, back_at = NULL, progress = '', reason = NULL,
    message = NULL
WHERE id = ? AND (state = 'waiting' OR reason = 'no_room') RETURNING seq
"""

PARK = """
UPDATE item SET state = 'parked', line = NULL, back_at = NULL, progress = '', reason = ?, message = ?
WHERE state = 'waiting' AND """

ITEM = """
SELECT item.id, kind, content, media_type, attempts, progress, ifnull(sealed, ''), digest
FROM item LEFT JOIN body USING (seq) LEFT JOIN seal ON seal.traverse = item.id WHERE item.seq = ?
"""

RELEASE = """
UPDATE item SET state = 'waiting', attempts = 0, setbacks = 0, faults = 0, answered_when_failed = NULL, reason = NULL,
    message = NULL, since = :answered,
    line = CASE WHEN needs IS NULL
        OR (SELECT owner.state FROM item owner WHERE owner.id = item.needs) = 'acknowledged' THEN rank END
WHERE state = 'parked' AND reason NOT IN ('damaged', 'no_room')
    AND ifnull(needs, '') NOT IN (SELECT id FROM item WHERE state = 'parked' AND reason IN ('damaged', 'no_room'))
"""


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
class Progress:
    """How far a source has been inspected: traverses recorded, and the media time up to which nothing is left to do."""

    traverses: int
    done_ns: int
    state: PassState = PassState.OPEN
    message: str = ""


class Outbox:
    """See the module. One connection; a second thread or process opens its own."""

    def __init__(self, file: OutboxFile) -> None:
        self._file = file
        self._db = file.db

    @classmethod
    def open(cls, path: Path, factory: type[sqlite3.Connection] = sqlite3.Connection) -> Self:
        """Open or make the outbox in a file; raises OutboxError where that file cannot be one."""
        return cls(OutboxFile.open(path, factory))

    def close(self) -> None:
        self._file.close()

    def put(
        self,
        traverse: Parcel,
        pictures: Sequence[Parcel],
        observations: int,
        source: str,
        progress: Progress,
        key: Ed25519PrivateKey | None = None,
    ) -> Put:
        """Record a traverse, its pictures and its source's progress at once; the same again changes nothing.

        key: seals the traverse as the next link of this device's chain.
        """
        digest = hashlib.sha256(traverse.body).hexdigest()
        with self._file.transaction() as db:
            known = db.execute("SELECT digest FROM item WHERE id = ?", (traverse.id,)).fetchone()
            if known is not None:
                return Put.ALREADY_THERE if known[0] == digest else Put.DIFFERS
            since = read_figure(db, "answered")
            seq = db.execute(
                "INSERT INTO item(id, kind, rank, state, line, since, digest, media_type, observations)"
                " VALUES (?, ?, ?, 'waiting', ?, ?, ?, ?, ?)",
                (traverse.id, ItemKind.TRAVERSE, traverse.rank, traverse.rank, since, digest, traverse.media_type,
                 observations),
            ).lastrowid  # fmt: skip
            db.execute("INSERT INTO body(seq, content) VALUES (?, ?)", (seq, traverse.body))
            for picture in pictures:
                self._put_picture(db, picture, traverse.id)
            if key is not None:
                self._seal(db, traverse, key)
            add_to(db, "made", observations)
            self._write_progress(db, source, progress)
        return Put.ADDED

    def _seal(self, db: sqlite3.Connection, traverse: Parcel, key: Ed25519PrivateKey) -> None:
        made = next_seal(key, self.last_seal(), UUID(traverse.id), traverse.body)
        db.execute("INSERT INTO seal VALUES (?, ?, ?)", (made.number, traverse.id, made.text))

    def last_seal(self) -> Seal | None:
        """The end of this device's chain."""
        with self._file.mended():
            row = self._db.execute("SELECT sealed FROM seal ORDER BY number DESC LIMIT 1").fetchone()
        return None if row is None else Seal.parse(row[0])

    @staticmethod
    def _put_picture(db: sqlite3.Connection, picture: Parcel, needs: str) -> None:
        """A picture already here stays as it is, unless it was parked: then it waits again, for this traverse."""
        added = db.execute(
            "INSERT INTO item(id, kind, rank, state, needs, digest, media_type, observations)"
            " VALUES (?, ?, ?, 'waiting', ?, ?, ?, 0) ON CONFLICT(id) DO UPDATE SET state = 'waiting', held = 1,"
            " needs = excluded.needs, rank = excluded.rank, reason = NULL, message = NULL, attempts = 0, setbacks = 0,"
            " faults = 0, answered_when_failed = NULL, progress = '' WHERE state = 'parked' RETURNING seq",
            (picture.id, ItemKind.EVIDENCE, picture.rank, needs, picture.id, picture.media_type),
        ).fetchall()
        for (seq,) in added:
            db.execute("INSERT OR REPLACE INTO body(seq, content) VALUES (?, ?)", (seq, picture.body))

    def claim(self, most: Rank = Rank.CLIP) -> Item | None:
        """The next item to send, of rank `most` or before, or None; a picture comes only after its traverse has been
        acknowledged. `next_turn` says in which order.

        An item whose sending failed steps back until others have passed, so one bad item never holds up the others.
        One whose bytes no longer match their digest is parked here and passed over.
        """
        while True:
            with self._file.mended():
                seq = self._next(most)
                row = None if seq is None else self._db.execute(ITEM, (seq,)).fetchone()
            if row is None:
                return None
            *told, digest = row
            item = Item(told[0], ItemKind(told[1]), told[2] or b"", *told[3:])
            if hashlib.sha256(item.body).hexdigest() == digest:
                return item
            self.park(item.id, ParkReason.DAMAGED, "the bytes in the outbox do not match their checksum")

    def _next(self, most: Rank) -> int | None:
        heads = [Head(Rank(rank), seq, since) for rank, seq, since in self._db.execute(HEADS, (most,))]
        head = next_turn(heads, read_figure(self._db, "answered"))
        if head is not None:
            return head.seq
        row = self._db.execute(SET_BACK, (most,)).fetchone()
        return None if row is None else int(row[0])

    def holds_any(self) -> bool:
        """Whether anything waits, for now or for later."""
        with self._file.mended():
            return self._db.execute("SELECT 1 FROM item WHERE state = 'waiting' LIMIT 1").fetchone() is not None

    def note(self, item_id: str, progress: str) -> None:
        """Remember with an item how far its transport has come, over a restart too."""
        with self._file.transaction() as db:
            db.execute("UPDATE item SET progress = ? WHERE id = ? AND state = 'waiting'", (progress, item_id))

    def acknowledge(self, item_id: str, not_needed: Sequence[str] = ()) -> None:
        """The server has it: forget the bytes, keep the id. not_needed: pictures that the server has already.

        What waited for this traverse may now be claimed, and so may what had stepped back for others to pass.
        """
        with self._file.transaction() as db:
            done = 0
            for one in (item_id, *not_needed):
                rows = db.execute(ACKNOWLEDGE, (one,)).fetchall()
                done += len(rows)
                db.executemany("DELETE FROM body WHERE seq = ?", rows)
            answered = add_to(db, "answered", done)
            db.execute(
                "UPDATE item SET line = rank, since = ? WHERE needs = ? AND state = 'waiting' AND back_at IS NULL",
                (answered, item_id),
            )
            db.execute("UPDATE item SET line = rank, back_at = NULL WHERE back_at <= ?", (answered,))

    def park(self, item_id: str, reason: ParkReason, message: str) -> None:
        """Set an item aside with its reason; a parked traverse takes along the pictures that only it declared."""
        with self._file.transaction() as db:
            db.execute(PARK + "id = ?", (reason, message, item_id))
            along = (ParkReason.TRAVERSE_PARKED, f"traverse {item_id} is parked", item_id)
            db.execute(PARK + "needs = ?", along)

    def defer(self, item_id: str, *, fault: bool) -> int:
        """Sending failed: let others pass before this item is tried again, twice as many each time it fails after
        others had passed. fault: the server answered, and answered wrongly.

        Returns how many faults the item met, each after others had passed since the one before; what fails while
        nothing passes may be the server's illness, not the item's.
        """
        with self._file.transaction() as db:
            answered = read_figure(db, "answered")
            setbacks, faults, failed_at = db.execute(
                "SELECT setbacks, faults, ifnull(answered_when_failed, -1) FROM item WHERE id = ?", (item_id,)
            ).fetchone()
            others_passed = answered > failed_at
            setbacks += others_passed
            faults += others_passed and fault
            back_at = answered + min(2 ** max(setbacks - 1, 0), LONGEST_SETBACK)
            db.execute(
                "UPDATE item SET attempts = attempts + 1, setbacks = ?, faults = ?, answered_when_failed = ?,"
                " line = NULL, back_at = ? WHERE id = ? AND state = 'waiting'",
                (setbacks, faults, answered, back_at, item_id),
            )
        return int(faults)

    def release(self) -> int:
        """Make every parked item wait again, after its cause was mended; returns how many.

        What is damaged or was deleted for want of room stays parked, and so do the pictures of such a traverse.
        """
        with self._file.transaction() as db:
            done = db.execute(RELEASE, {"answered": read_figure(db, "answered")})
        return done.rowcount

    def parked(self) -> list[tuple[str, ParkReason, str]]:
        """What is parked: id, reason, message."""
        with self._file.mended():
            rows = self._db.execute("SELECT id, reason, message FROM item WHERE state = 'parked' ORDER BY seq")
            return [(row[0], ParkReason(row[1]), row[2]) for row in rows]

    def counts(self) -> OutboxCounts:
        """The conservation law's figures, read at one moment."""
        with self._file.mended():
            return read_counts(self._db)

    def remember(self, name: str, text: str) -> None:
        """Keep a text of another part of the worker; the last one said under a name stays."""
        with self._file.transaction() as db:
            db.execute("INSERT OR REPLACE INTO remembered(name, text) VALUES (?, ?)", (name, text))

    def remembered(self, name: str) -> str | None:
        with self._file.mended():
            row = self._db.execute("SELECT text FROM remembered WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def progress(self, source: str) -> Progress | None:
        """How far a source was inspected, or None where it never was."""
        with self._file.mended():
            row = self._db.execute(
                "SELECT traverses, done_ns, state, ifnull(message, '') FROM pass WHERE source = ?", (source,)
            ).fetchone()
        return None if row is None else Progress(row[0], row[1], PassState(row[2]), row[3])

    def record(self, source: str, progress: Progress) -> None:
        """Write a source's progress by itself: that it has ended, or why it failed."""
        with self._file.transaction() as db:
            self._write_progress(db, source, progress)

    @staticmethod
    def _write_progress(db: sqlite3.Connection, source: str, progress: Progress) -> None:
        db.execute(
            "INSERT INTO pass(source, traverses, done_ns, state, message) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT(source) DO UPDATE SET traverses = excluded.traverses, done_ns = excluded.done_ns,"
            " state = excluded.state, message = excluded.message",
            (source, progress.traverses, progress.done_ns, progress.state, progress.message),
        )
