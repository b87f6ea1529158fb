"""The conservation law's figures of an outbox: observations made = acknowledged + waiting + parked (by reason)."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from edge.outbox.parcels import ParkReason


@dataclass(frozen=True, slots=True)
class ParkedCount:
    """What is parked for one reason."""

    reason: ParkReason
    observations: int
    records: int
    pictures: int


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
    reasons: tuple[ParkedCount, ...] = ()

    @property
    def conserved(self) -> bool:
        return self.made == self.acknowledged + self.waiting + self.parked and self.parked == sum(
            one.observations for one in self.reasons
        )


FIGURES = """
SELECT ifnull((SELECT value FROM figure WHERE name = 'made'), 0),
    ifnull((SELECT value FROM figure WHERE name = 'forgotten'), 0)
        + ifnull(sum(observations) FILTER (WHERE state = 'acknowledged'), 0),
    ifnull(sum(observations) FILTER (WHERE state = 'waiting'), 0),
    ifnull(sum(observations) FILTER (WHERE state = 'parked'), 0),
    count(*) FILTER (WHERE state = 'waiting' AND kind = 'evidence'),
    count(*) FILTER (WHERE state = 'parked' AND kind = 'evidence'),
    count(*) FILTER (WHERE state = 'waiting')
FROM item
"""

REASONS = """
SELECT reason, sum(observations), count(*) FILTER (WHERE kind = 'traverse'),
    count(*) FILTER (WHERE kind = 'evidence')
FROM item WHERE state = 'parked' GROUP BY reason ORDER BY reason
"""


def read_counts(db: sqlite3.Connection) -> OutboxCounts:
    """Items are summed up afresh; `made` was counted as they came in, so the two can disagree if anything is wrong."""
    db.execute("BEGIN")
    try:
        row = db.execute(FIGURES).fetchone()
        reasons = tuple(ParkedCount(ParkReason(why), *told) for why, *told in db.execute(REASONS))
    finally:
        db.execute("ROLLBACK")
    made, acknowledged, waiting, parked, pictures_waiting, pictures_parked, items_waiting = row
    return OutboxCounts(made, acknowledged, waiting, parked, pictures_waiting, pictures_parked, items_waiting, reasons)
