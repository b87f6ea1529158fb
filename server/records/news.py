"""What the outbox says since a number, so that whoever reads on from there misses nothing.

On PostgreSQL many write at once, and a row may be committed after one with a higher number. What is told ends at a
number up to which nobody can add any more: the highest that was there when all that were writing then had ended. They
are known by their transactions' numbers, which the outbox has each of them draw before that of its first row.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import TextClause, select, text
from sqlalchemy.orm import Session

from server.records.outbox import Outbox, forgotten_to, highest
from server.records.store import Store

PATIENCE_S: Final = 2.0
"""So long at most one look waits for others' transactions."""
AGAIN_S: Final = 0.02
_OURS: Final = text("SELECT CAST(CAST(pg_current_xact_id() AS text) AS bigint)")
_OLDEST: Final = text("SELECT CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS text) AS bigint)")


@dataclass(frozen=True, slots=True)
class News:
    """rows: by number; settled: False where somebody is still writing, so that there may be rows that are not told."""

    rows: Sequence[Outbox]
    settled: bool


def news_since(store: Store, last: int, most: int) -> News:
    """The first rows, `most` of them at most, after a number that was told before."""
    later = select(Outbox).where(Outbox.id > last).order_by(Outbox.id).limit(most)
    with store.read() as session:
        rows = session.scalars(later).all()
        if not rows or store.one_writer:
            return News(rows, True)
        ours = _number(session, _OURS)
    if not _ended(store, ours):
        return News((), False)
    with store.read() as session:
        return News(session.scalars(later.where(Outbox.id <= rows[-1].id)).all(), True)


def newest(store: Store) -> int | None:
    """The number after which all that comes is new; None where somebody is still writing."""
    with store.read() as session:
        last = highest(session)
        if store.one_writer:
            return last
        ours = _number(session, _OURS)
    return last if _ended(store, ours) else None


def follows_on(store: Store, last: int) -> bool:
    """Whether all that came after this number is still there. It is not after one that is long forgotten, and after one
    that was never told here, as where an older copy of the records took their place."""
    with store.read() as session:
        return forgotten_to(session) <= last <= highest(session)


def _ended(store: Store, ours: int) -> bool:
    """Whether every transaction has ended that had its number when this one was drawn; waits for them a little."""
    until_s = time.monotonic() + PATIENCE_S
    while True:
        with store.read() as session:
            if _number(session, _OLDEST) > ours:
                return True
        if time.monotonic() >= until_s:
            return False
        time.sleep(AGAIN_S)


def _number(session: Session, query: TextClause) -> int:
    return int(session.execute(query).scalar_one())
