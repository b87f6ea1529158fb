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

from h3.api.basic_int import cell_to_boundary, grid_disk, latlng_to_cell
from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

RESOLUTION: Final = 9
"""H3 cells of about 0.1 km², 350 m across, sides of 141 m at least: a street block's traverse touches some ten."""
RINGS: Final = 2
STEP_M: Final = 400.0
"""So many rings around a cell hold all within 2.5 sides of a place in it; a step's corner is 283 m from its middle."""
M_PER_DEG: Final = 111_700.0
"""Of latitude, and of longitude at the equator, at most."""
SLACK_DEG: Final = 1e-6
"""Farther no side of a cell bends out from between its corners."""
EVERYWHERE: Final = (-90.0, 90.0, -180.0, 180.0)


class Lock(IntEnum):
    """Single locks, in the order in which they are taken. No H3 cell is a number as small as these."""

    MIGRATION = 1
    LEADER = 2
    PHOTOS = 11  # whether an after-photo was used before
    FILING = 12  # numbers of cases and orders, who has the fewest orders, advertisers: whatever opens a case
    MEMORY = 13  # what the engine learned
    EDITION = 14  # which edition of the setup is the newest, which another one must follow
    OUTBOX = 15  # up to which number the outbox is forgotten


def shards_of(south: float, north: float, west: float, east: float) -> set[int]:
    """The lock keys of the H3 cells that a box of degrees touches, borders included, and of few others close by."""
    across = M_PER_DEG * math.cos(math.radians(min(abs(south), abs(north)) if south * north > 0 else 0.0))
    near: set[int] = set()
    for lat in _steps(south, north, M_PER_DEG):
        for lon in _steps(west, east, across):
            near.update(grid_disk(latlng_to_cell(lat, lon, RESOLUTION), RINGS))
    return {cell for cell in near if _touch(_extent(cell), (south, north, west, east))}


def _steps(low: float, high: float, m_per_deg: float) -> Iterator[float]:
    """The middles of equal parts, each STEP_M wide at most."""
    parts = max(1, math.ceil((high - low) * m_per_deg / STEP_M))
    for part in range(parts):
        yield low + (part + 0.5) * (high - low) / parts


@lru_cache(maxsize=1 << 16)
def _extent(cell: int) -> tuple[float, float, float, float]:
    """South, north, west and east of a cell; of the earth at the poles and the 180th meridian."""
    lats, lons = zip(*cell_to_boundary(cell), strict=True)
    if max(map(abs, lats)) > 89.0 or max(lons) - min(lons) > 180.0:
        return EVERYWHERE
    return min(lats) - SLACK_DEG, max(lats) + SLACK_DEG, min(lons) - SLACK_DEG, max(lons) + SLACK_DEG


def _touch(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    """Whether two boxes of south, north, west and east have a place in common."""
    return one[0] <= other[1] and other[0] <= one[1] and one[2] <= other[3] and other[2] <= one[3]


def key_of(sha256: str) -> int:
    """The lock key of a digest."""
    return int(sha256[:16], 16) - 2**63


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
