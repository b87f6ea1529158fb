"""Where a camera stood and looked, frame by frame, and what each frame would have detected."""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass

from server.association import existence
from server.association.drive import Drive
from server.association.existence import View
from server.association.plane import Pair
from server.association.priors import Priors


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """Where the camera stood and looked at one moment."""

    east_m: float
    north_m: float
    sine: float
    cosine: float
    view: View
    priors: Priors

    def log_odds_again(self, place: Pair) -> float:
        """Log-odds that a thing there is detected (again) in this frame; 0 where it is not in view."""
        east, north = place[0] - self.east_m, place[1] - self.north_m
        ahead, aside = east * self.sine + north * self.cosine, east * self.cosine - north * self.sine
        rate = min(max(existence.detection_rate(ahead, aside, self.view, self.priors), 0.0), 0.99)
        return math.log(max(rate, 0.01) / (1.0 - rate)) if rate > 0.0 else 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Frames:
    """The poses of a drive, to be found by time."""

    times: list[int]
    path: list[Pair]
    facing: list[Pair]
    view: View
    priors: Priors

    @classmethod
    def of(cls, drive: Drive, view: View, priors: Priors) -> Frames:
        """The poses as plain numbers."""
        return cls(drive.utc_ns.tolist(), drive.path.tolist(), drive.facing.tolist(), view, priors)

    def at(self, utc_ns: int) -> Frame | None:
        """The frame nearest to a time; None without poses."""
        if not self.times:
            return None
        later = bisect_left(self.times, utc_ns)
        about = range(max(later - 1, 0), min(later + 1, len(self.times)))
        nearest = min(about, key=lambda k: abs(self.times[k] - utc_ns))
        return Frame(*self.path[nearest], *self.facing[nearest], self.view, self.priors)
