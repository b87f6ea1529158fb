"""The tables of the outbox's file, and how an older file is brought up to them. `PRAGMA user_version` says which."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

REMEMBERED: Final = "CREATE TABLE IF NOT EXISTS remembered(name TEXT PRIMARY KEY, text TEXT NOT NULL)"

SEALS: Final = """
CREATE TABLE IF NOT EXISTS seal(number INTEGER PRIMARY KEY, traverse TEXT NOT NULL UNIQUE, sealed TEXT NOT NULL)
"""
"""The chain of seals (pipeline/seal.py). Its rows stay when their traverses are gone: the next seal names the last."""

# Bodies lie apart from items: a row that says how an item stands must not be reached through megabytes of picture.
# line: the item's rank while it may be claimed, else NULL; since: how many answers had been given when it first might.
# back_at: it steps back until so many were given. held: whether its body is still here.
TABLES: Final = (
    """
    CREATE TABLE item(
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        kind TEXT NOT NULL CHECK (kind IN ('traverse', 'evidence')),
        rank INTEGER NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('waiting', 'acknowledged', 'parked')),
        held INTEGER NOT NULL DEFAULT 1,
        line INTEGER,
        since INTEGER NOT NULL DEFAULT 0,
        back_at INTEGER,
        needs TEXT,
        digest TEXT NOT NULL,
        media_type TEXT NOT NULL,
        observations INTEGER NOT NULL,
        attempts INTEGER NOT NULL DEFAULT 0,
        setbacks INTEGER NOT NULL DEFAULT 0,
        faults INTEGER NOT NULL DEFAULT 0,
        answered_when_failed INTEGER,
        progress TEXT NOT NULL DEFAULT '',
        reason TEXT,
        message TEXT
    )
    """,
    "CREATE TABLE body(seq INTEGER PRIMARY KEY, content BLOB NOT NULL)",
    "CREATE INDEX item_line ON item(line, since, seq) WHERE line IS NOT NULL",
    "CREATE INDEX item_back ON item(back_at) WHERE back_at IS NOT NULL",
    "CREATE INDEX item_needs ON item(needs) WHERE needs IS NOT NULL",
    "CREATE INDEX item_held ON item(rank, seq) WHERE held = 1",
    "CREATE INDEX item_sum ON item(state, kind, reason, observations)",
    "CREATE TABLE IF NOT EXISTS figure(name TEXT PRIMARY KEY, value INTEGER NOT NULL)",
    """
    CREATE TABLE IF NOT EXISTS pass(
        source TEXT PRIMARY KEY,
        traverses INTEGER NOT NULL,
        done_ns INTEGER NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('open', 'ended', 'failed')),
        message TEXT
    )
    """,
    REMEMBERED,
    SEALS,
)

# Version 0 had bodies inside the items and no ranks: its pictures become close views (3), its videos clips (5).
FROM_0: Final = (
    "DROP INDEX item_waiting",
    "DROP INDEX item_needs",
    "ALTER TABLE item RENAME TO item_0",
    *TABLES,
    """
    INSERT INTO item(seq, id, kind, rank, state, held, line, needs, digest, media_type, observations, attempts,
        reason, message)
    SELECT seq, id, kind,
        CASE WHEN kind = 'traverse' THEN 1 WHEN media_type LIKE 'video/%' THEN 5 ELSE 3 END,
        state, body IS NOT NULL, NULL, needs, digest, media_type, observations, attempts, reason, message
    FROM item_0
    """,
    """
    UPDATE item SET line = rank WHERE state = 'waiting'
        AND (needs IS NULL OR (SELECT owner.state FROM item owner WHERE owner.id = item.needs) = 'acknowledged')
    """,
    "INSERT INTO body SELECT seq, body FROM item_0 WHERE body IS NOT NULL",
    "DROP TABLE item_0",
)

MIGRATIONS: Final[Mapping[int, tuple[str, ...]]] = {0: FROM_0, 1: (REMEMBERED,), 2: (SEALS,)}
"""What brings a file of that version to the next."""

VERSION: Final = 3
