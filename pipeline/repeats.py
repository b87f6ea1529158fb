"""What a vehicle has told of from where it stands: five minutes at a kerb do not tell of one heap five times."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from pipeline.observation import Observation
from pipeline.reasons import Reason, Rejected
from pipeline.track import Track


@dataclass(slots=True)
class Repeats:
    """Tracks that became observations, remembered while the vehicle has not moved on by standing_m."""

    standing_m: float
    same: Callable[[Track, Track], bool]
    tracks: list[Track] = field(default_factory=list)

    def once(self, track: Track, verdict: Observation | Rejected) -> Observation | Rejected:
        """The verdict on a track, or TOLD_BEFORE where the same thing was told of from where this track began."""
        here = track.views[0].pose
        if here is None or isinstance(verdict, Rejected):
            return verdict
        self.tracks = [one for one in self.tracks if abs(_end_m(one) - here.odometer_m) < self.standing_m]
        if any(self.same(one, track) for one in self.tracks):
            return Rejected(Reason.TOLD_BEFORE)
        self.tracks.append(track)
        return verdict


def _end_m(track: Track) -> float:
    """Where along the way a track was last seen."""
    pose = track.views[-1].pose
    return math.inf if pose is None else pose.odometer_m
