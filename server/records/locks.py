"""What keeps many writers from doubling a case: advisory locks of PostgreSQL, held to the end of a transaction.

Everybody takes them in one order, so that nobody ever waits in a circle: shards (sorted), then rows of cases (by id),
then the single ones as `Lock` lists them. SQLite has one writer at a time, and there they do nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from typing import Final

import h3
from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

RESOLUTION: Final = 9
"""H3 cells of about 0.1 km², 350 m across: a street block's traverse touches four to nine of them."""


class Lock(IntEnum):
    """Single locks, in the order in which they are taken. No H3 cell is a number as small as these."""

    MIGRATION = 1
    LEADER = 2
    PHOTOS = 11  # whether an after-photo was used before
    FILING = 12  # numbers of cases and orders, who has the fewest orders, advertisers: whatever opens a case
    MEMORY = 13  # what the engine learned
    EDITION = 14  # which edition of the setup is the newest, which another one must follow


def shards_of(south: float, north: float, west: float, east: float) -> tuple[int, ...]:
    """The H3 cells that a box touches, as sorted lock keys."""
    ring = [(south, west), (south, east), (north, east), (north, west)]
    cells = h3.h3shape_to_cells_experimental(h3.LatLngPoly(ring), RESOLUTION, contain="overlap")
    return tuple(sorted(h3.str_to_int(cell) for cell in cells))


def hold(session: Session, keys: Iterable[int]) -> None:
    """Wait for these locks, the smallest key first, and hold them until the transaction ends."""
    wanted = sorted(set(keys))
    if wanted and many_writers(session):
        # A function scan gives its rows in order, so the locks are taken in order too, in one round trip.
        session.execute(
            text("SELECT pg_advisory_xact_lock(key) FROM unnest(CAST(:keys AS bigint[])) AS key"), {"keys": wanted}
        )


def many_writers(within: Session | Connection) -> bool:
    """Whether others may write while this transaction does."""
    dialect = within.get_bind().dialect if isinstance(within, Session) else within.dialect
    return dialect.name == "postgresql"
