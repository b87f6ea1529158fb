"""Receivers count weeks in ten bits: an old one tells dates that are 1024 weeks, or twice that, in the past."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

ROLL_DAYS: Final = 1024 * 7
BUILT: Final = date(2026, 1, 1)
"""Before this day nobody ran this software, so a computer whose clock shows less has not been set."""


def rolled(told: date, today: date) -> date:
    """A receiver's date, moved on by whole roll-overs to the one nearest to today; never moved back.

    today: by another clock, as the system's. One that was not set (before BUILT) counts as BUILT, and then the first
    date from there on is taken.
    """
    rolls = -(-(BUILT - told).days // ROLL_DAYS) if today < BUILT else round((today - told).days / ROLL_DAYS)
    return told + timedelta(days=ROLL_DAYS * max(0, rolls))
