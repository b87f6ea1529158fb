"""What keeps many writers from doubling a case: advisory locks of PostgreSQL, held to the end of a transaction.

Everybody takes them in one order, so that nobody ever waits in a circle: shards (sorted), then rows of cases (by id),
then the single ones as `Lock` lists them. SQLite has one writer at a time, and there they do nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from enum import IntEnum
from functools import lru_cache
from typing import Final

from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

ROWS_A_DEGREE: Final = 320
"""Shards are squares of some 347 m in rows around the earth: a street block's traverse touches four to six of them."""
FIRST_SHARD: Final = 1 << 40
IN_A_ROW: Final = 1 << 20
"""Room for the keys of a row's shards; there are 115,200 at most, at the equator."""


class Lock(IntEnum):
    """Single locks, in the order in which they are taken. No shard is a number as small as these."""

    MIGRATION = 1
    LEADER = 2
    PHOTOS = 11  # whether an after-photo was used before
    FILING = 12  # numbers of cases and orders, who has the fewest orders, advertisers: whatever opens a case
    MEMORY = 13  # what the engine learned
    EDITION = 14  # which edition of the setup is the newest, which another one must follow


def shards_of(south: float, north: float, west: float, east: float) -> Iterator[int]:
    """The lock keys of all shards that a box of degrees touches, borders included."""
    for row in range(_row(south), _row(north) + 1):
        count = shards_around(row)
        first = FIRST_SHARD + row * IN_A_ROW
        yield from range(first + _column(west, count), first + _column(east, count) + 1)


@lru_cache(maxsize=4096)
def shards_around(row: int) -> int:
    """How many shards a row has, so that at its southern border they are as wide as they are high."""
    lat_deg = row / ROWS_A_DEGREE - 90.0
    return max(1, int(360 * ROWS_A_DEGREE * math.cos(math.radians(lat_deg))))


def _row(lat: float) -> int:
    return int((lat + 90.0) * ROWS_A_DEGREE)


def _column(lon: float, count: int) -> int:
    return int((lon + 180.0) / 360.0 * count)


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
