"""When a bin is full and when it is empty again. Pure: from what was told last and one reading to what it means."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

STILL_FULL_NS: Final = 3600 * 1_000_000_000
"""A bin that stays full is told again so often, so that a case that was closed too early is noticed."""


class Meaning(StrEnum):
    FULL = "full"
    EMPTIED = "emptied"
    NOTHING_NEW = "nothing_new"


@dataclass(frozen=True, slots=True)
class FillRule:
    """Per cent from which a bin is full, and below which one that was full counts as emptied; between the two a bin is
    what it was, so that a level that sways about one of them opens nothing twice."""

    full_percent: float = 100.0
    empty_percent: float = 60.0

    def meaning(self, fill_percent: float, utc_ns: int, told_full_ns: int | None) -> Meaning:
        """What a reading says. told_full_ns: when it was last told that the bin is full, None while it is not."""
        if fill_percent >= self.full_percent:
            again = told_full_ns is None or utc_ns - told_full_ns >= STILL_FULL_NS
            return Meaning.FULL if again else Meaning.NOTHING_NEW
        if fill_percent < self.empty_percent and told_full_ns is not None:
            return Meaning.EMPTIED
        return Meaning.NOTHING_NEW
