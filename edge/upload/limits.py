"""How much may go over the link, and what: pace, the day's budget, a metered link. Values in, values out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from edge.allowance import Limits, Metered
from edge.outbox.parcels import Rank

HOUR_S: Final = 3600.0
SLOTS: Final = 25
"""24 whole hours and the one that runs: whatever 24 hours one looks at, no more than the budget was sent in them."""

KEPT_FOR_RECORDS: Final = 0.1
"""The last share of a day's budget that pictures leave to records."""

BURST_S: Final = 2.0
LOOK_AGAIN_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class Ledger:
    """Bytes sent in each of the last hours, the running one first; into_s: how much of it has passed.

    Its hours are hours that passed, not those of a clock on the wall.
    """

    hours: tuple[int, ...] = (0,) * SLOTS
    into_s: float = 0.0

    def later(self, elapsed_s: float) -> Ledger:
        """The same after so many seconds; time that runs backwards changes nothing."""
        total_s = self.into_s + max(0.0, elapsed_s)
        passed = min(int(total_s // HOUR_S), SLOTS)
        return Ledger(((0,) * passed + self.hours)[:SLOTS], total_s % HOUR_S)

    def spend(self, sent_bytes: int) -> Ledger:
        return replace(self, hours=(self.hours[0] + sent_bytes, *self.hours[1:]))

    @property
    def spent(self) -> int:
        return sum(self.hours)


@dataclass(frozen=True, slots=True)
class Leave:
    """What may be sent now: items of rank `most` or before, or nothing for wait_s seconds. why: where that is less
    than everything."""

    most: Rank | None = Rank.CLIP
    wait_s: float = 0.0
    why: str = ""


def leave(limits: Limits, is_metered: bool, spent_bytes: int, pace_wait_s: float) -> Leave:
    """What the limits allow, the strictest of them first. pace_wait_s: until the pace allows the next byte."""
    if is_metered and limits.metered is Metered.NONE:
        return Leave(None, LOOK_AGAIN_S, "the link is metered, and nothing may go over it")
    if limits.day_bytes is not None and spent_bytes >= limits.day_bytes:
        return Leave(None, LOOK_AGAIN_S, f"the day's budget of {limits.day_bytes / 1e6:.0f} MB is spent")
    if pace_wait_s > 0.0:
        return Leave(None, pace_wait_s)
    if limits.day_bytes is not None and spent_bytes >= (1 - KEPT_FOR_RECORDS) * limits.day_bytes:
        return Leave(Rank.RECORD, LOOK_AGAIN_S, "what is left of the day's budget is kept for records")
    if is_metered and limits.metered is Metered.RECORDS:
        return Leave(Rank.URGENT_CLOSE, LOOK_AGAIN_S, "the link is metered: other pictures wait for another")
    return Leave()


@dataclass(frozen=True, slots=True)
class Pace:
    """A token bucket of BURST_S seconds. paid_until_s: monotonic second up to which the rate has been used."""

    paid_until_s: float = float("-inf")

    def spend(self, sent_bytes: int, now_s: float, bytes_s: float) -> Pace:
        return Pace(max(self.paid_until_s, now_s) + sent_bytes / bytes_s)

    def wait_s(self, now_s: float) -> float:
        """Until the next byte may go; an item larger than the bucket goes whole, and what follows waits for it."""
        return max(0.0, self.paid_until_s - now_s - BURST_S)


def away_s(started_utc_s: float, saved_utc_s: float) -> float:
    """How long the vehicle was off, as the clock tells it: at least 0, at most as long as a ledger remembers.

    So a clock set back gives nothing back, and one that lies ahead gives a day's budget back, once a start.
    """
    return min(max(0.0, started_utc_s - saved_utc_s), SLOTS * HOUR_S)
