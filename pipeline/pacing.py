"""Which frames are worth a look by where the camera is: one every few metres."""

from __future__ import annotations

from typing import Final

from pipeline.types import Pose, Reason

STILL_MPS: Final = 0.5


class Pacing:
    """Lets a frame through when the camera has moved `distance_m` since the last one; all frames for 0.

    Without a pose every frame is let through: nothing says that two of them show the same place.
    """

    def __init__(self, distance_m: float) -> None:
        self._distance_m = distance_m
        self._last_m: float | None = None

    def place(self, pose: Pose | None) -> Reason | None:
        """None for a frame worth a look, else why not."""
        if self._distance_m <= 0.0 or pose is None:
            return None
        if self._last_m is not None and abs(pose.odometer_m - self._last_m) < self._distance_m:
            return Reason.STANDSTILL if pose.speed_mps < STILL_MPS else Reason.TOO_CLOSE
        self._last_m = pose.odometer_m
        return None
