"""When room is made on the disk, and what goes in which order: a table with hysteresis. Values in, values out."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from edge.outbox.parcels import Rank


class Level(IntEnum):
    """How far room-making goes; each level does what those before it do, and goes further only when they are done."""

    AMPLE = 0
    TIDY = 1
    CLIPS = 2
    WIDE_VIEWS = 3
    CLOSE_VIEWS = 4
    RECORDS = 5


@dataclass(frozen=True, slots=True)
class Floor:
    """A level begins when less than `below` is free and ends when `until` is, both in shares of what is to stay free.

    deletes: the ranks that go, the first of them first; nothing of them was acknowledged.
    """

    level: Level
    below: float
    until: float
    deletes: tuple[Rank, ...]


FLOORS: Final = (
    Floor(Level.TIDY, 2.0, 2.5, ()),
    Floor(Level.CLIPS, 1.0, 1.25, (Rank.CLIP,)),
    Floor(Level.WIDE_VIEWS, 0.75, 1.0, (Rank.CLIP, Rank.WIDE)),
    Floor(Level.CLOSE_VIEWS, 0.5, 0.75, (Rank.CLIP, Rank.WIDE, Rank.CLOSE, Rank.URGENT_CLOSE)),
    Floor(Level.RECORDS, 0.25, 0.5, tuple(sorted(Rank, reverse=True))),
)


def next_level(level: Level, free_bytes: int, keep_bytes: int) -> Level:
    """The level after one at which so much was free: deeper at once, back only when there is room to spare."""
    free = free_bytes / keep_bytes
    reached = (floor.level for floor in FLOORS if free < floor.below or (floor.level <= level and free < floor.until))
    return max(reached, default=Level.AMPLE)


def deletes(level: Level) -> tuple[Rank, ...]:
    """The ranks that may be deleted at a level, in the order in which they go."""
    return next((floor.deletes for floor in FLOORS if floor.level is level), ())
