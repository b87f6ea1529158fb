"""What lies in the outbox's file, and how room is made in it: deleting with a count, forgetting, shrinking."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from edge.outbox.file import OutboxFile, add_to
from edge.outbox.parcels import ParkReason, Rank

REMEMBERED: Final = 20_000
"""How many acknowledged items keep their id, so that one that is put in once more is known."""

# An item's old reason, where it was parked before, stays readable in its message.
DROP: Final = """
UPDATE item SET message = CASE WHEN state = 'parked' THEN reason || ': ' || ifnull(message, '') ELSE ? END,
    state = 'parked', reason = ?, held = 0, line = NULL, back_at = NULL, progress = ''
WHERE seq = ? AND held = 1 AND state != 'acknowledged' RETURNING observations
"""


@dataclass(frozen=True, slots=True)
class Dropped:
    """What was deleted before the server had it."""

    records: int = 0
    observations: int = 0
    pictures: int = 0

    def __add__(self, other: Dropped) -> Dropped:
        return Dropped(
            self.records + other.records,
            self.observations + other.observations,
            self.pictures + other.pictures,
        )


class Stock:
    """See the module. A connection of its own, beside those that put in and send."""

    def __init__(self, file: OutboxFile) -> None:
        self._file = file

    @classmethod
    def open(cls, path: Path, factory: type[sqlite3.Connection] = sqlite3.Connection) -> Self:
        return cls(OutboxFile.open(path, factory))

    def close(self) -> None:
        self._file.close()

    def drop(self, ranks: tuple[Rank, ...], limit: int, why: str) -> Dropped:
        """Delete the bodies of at most `limit` items, the oldest of the first of these ranks that has any.

        They become parked as `no_room`, so they stay counted. A record takes its pictures along, over the limit too:
        without it they would never be sent.
        """
        with self._file.transaction() as db:
            for rank in ranks:
                rows = db.execute(
                    "SELECT seq, id FROM item WHERE held = 1 AND rank = ? ORDER BY seq LIMIT ?", (rank, limit)
                ).fetchall()
                if not rows:
                    continue
                if rank > Rank.RECORD:
                    return Dropped(pictures=len(self._drop(db, [seq for seq, _ in rows], why)))
                along = [
                    seq for _, ident in rows for (seq,) in db.execute("SELECT seq FROM item WHERE needs = ?", (ident,))
                ]
                records = self._drop(db, [seq for seq, _ in rows], why)
                return Dropped(len(records), sum(records), len(self._drop(db, along, why)))
        return Dropped()

    @staticmethod
    def _drop(db: sqlite3.Connection, seqs: list[int], why: str) -> list[int]:
        """The observations of each item that had a body to delete."""
        gone = []
        for seq in seqs:
            for (observations,) in db.execute(DROP, (why, ParkReason.NO_ROOM, seq)).fetchall():
                db.execute("DELETE FROM body WHERE seq = ?", (seq,))
                gone.append(observations)
        return gone

    def forget(self, limit: int, remembered: int = REMEMBERED) -> int:
        """Forget the ids of acknowledged items beyond the last `remembered` put in, at most `limit` at a time."""
        with self._file.transaction() as db:
            newest = db.execute("SELECT ifnull(max(seq), 0) FROM item").fetchone()[0]
            rows = db.execute(
                "DELETE FROM item WHERE seq IN (SELECT seq FROM item WHERE seq <= ? AND state = 'acknowledged'"
                " AND NOT EXISTS (SELECT 1 FROM item picture WHERE picture.needs = item.id"
                " AND picture.state != 'acknowledged') ORDER BY seq LIMIT ?) RETURNING observations",
                (newest - remembered, limit),
            ).fetchall()
            add_to(db, "forgotten", sum(observations for (observations,) in rows))
        return len(rows)

    def spare_bytes(self) -> int:
        """Room inside the file that nothing uses."""
        with self._file.mended():
            return self._pragma("freelist_count") * self._pragma("page_size")

    def size_bytes(self) -> int:
        """How long the file is, with what is still in its log."""
        log = self._file.path.with_name(self._file.path.name + "-wal")
        return sum(one.stat().st_size for one in (self._file.path, log) if one.exists())

    def shrink(self, limit_bytes: int) -> None:
        """Give at most so much of the spare room back to the disk, and empty the log."""
        with self._file.mended():
            pages = max(1, limit_bytes // self._pragma("page_size"))
            # One step gives one page back, and only a script is stepped to its end.
            self._file.db.executescript(f"PRAGMA incremental_vacuum({pages:d})")
            self._file.db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def _pragma(self, name: str) -> int:
        return int(self._file.db.execute(f"PRAGMA {name}").fetchone()[0])
