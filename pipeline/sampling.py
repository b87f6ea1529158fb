"""Which frames are worth a look: not twice from one place, and not those in which nothing can be seen.

Looks are far apart where nothing is to be found out, and closer while something is in sight that is neither believed
nor given up: what was seen once is seen again before it is past.

`place` decides by the pose before a frame is decoded, `sight` by the small grey picture before it is analysed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.ego import Small
from pipeline.pose import Pose
from pipeline.reasons import Reason

DISTANCE_M: Final = 3.0
STILL_MPS: Final = 0.5
TILE_PX: Final = 16
REBLUR_PX: Final = 21


@dataclass(frozen=True, slots=True)
class Clarity:
    """How much can be seen in a small picture.

    bright: grey value (0..255) under which 95 % of the pixels lie; textured: share of 16 px tiles with any structure;
    blur: 0 sharp .. 1 blurred, the measure of Crété et al., "The blur effect" (SPIE 6492, 2007).
    """

    bright: float
    textured: float
    blur: float


@dataclass(frozen=True, slots=True)
class ClarityRules:
    """Where a picture stops being worth a look."""

    least_bright: float = 35.0
    least_textured: float = 0.08
    most_blur: float = 0.46


def measure(small: Small) -> Clarity:
    """Brightness, structure and blur of a small grey picture."""
    grey = small.grey
    histogram = cv2.calcHist([grey], [0], None, [256], [0, 256]).ravel()
    bright = float(np.searchsorted(np.cumsum(histogram), 0.95 * grey.size))
    return Clarity(bright, _textured(grey), max(_blur(grey[::3]), _blur(np.ascontiguousarray(grey[:, ::3].T))))


def judge_clarity(clarity: Clarity, rules: ClarityRules) -> Reason | None:
    """None for a picture worth a look, else why not."""
    if clarity.bright < rules.least_bright:
        return Reason.DARK
    if clarity.textured < rules.least_textured:
        return Reason.COVERED
    return Reason.BLURRED if clarity.blur > rules.most_blur else None


def closer_of(distance_m: float, closer_m: float | None) -> float:
    """How far apart looks are while something young is in sight: half the distance where it is not said."""
    return distance_m / 2.0 if closer_m is None else min(closer_m, distance_m)


class Sampler:
    """Lets a frame through when the camera has moved `distance_m` since the last one that was; every frame for 0.

    While something young is in sight, seen but neither believed nor given up, `closer_m` is enough (`closer_of`).
    While the vehicle stands, one look every `still_s` still passes, so that what comes and goes beside it is seen.
    Without a pose a frame is let through every `blind_s` (0: every frame), for nothing says that two of them show the
    same place.

    pace: how many times farther apart looks are than usual, when work must be shed; 1 for usual, infinity for none. It,
    distance_m and closer_m may be set between two frames.
    """

    def __init__(
        self,
        distance_m: float = DISTANCE_M,
        still_s: float = 30.0,
        rules: ClarityRules | None = None,
        blind_s: float = 0.0,
        closer_m: float | None = None,
    ) -> None:
        self.distance_m = distance_m
        self.closer_m = closer_m
        self.pace = 1.0
        self._still_s = still_s
        self._shed = 0.0
        self._blind_s = blind_s
        self._looked_ns: int | None = None
        self._rules = ClarityRules() if rules is None else rules
        self._last: Pose | None = None

    def depends(self, pose: Pose | None) -> bool:
        """Whether `place` would say something else of this pose if something young is in sight than if nothing is."""
        if pose is None or self._last is None or math.isinf(self.pace):
            return False
        moved_m = abs(pose.odometer_m - self._last.odometer_m)
        return closer_of(self.distance_m, self.closer_m) <= moved_m < self.distance_m * self.pace

    def place(self, pose: Pose | None, media_ns: int | None = None, young: bool = False) -> Reason | None:
        """By where the camera is, without a pose by the footage's time; None for a frame worth a look, else why not.

        young: whether something is in sight that is neither believed nor given up; it counts where `depends` says so.
        """
        reason = self._place(pose, media_ns, young)
        if reason is None:
            self._looked_ns = media_ns
        return reason

    def _place(self, pose: Pose | None, media_ns: int | None, young: bool) -> Reason | None:
        if math.isinf(self.pace):
            return Reason.TOO_WARM
        if pose is None and self.distance_m > 0.0 and self._looked_ns is not None and media_ns is not None:
            waited_s = (media_ns - self._looked_ns) / 1e9
            if waited_s < self._blind_s:
                return Reason.TOO_CLOSE
        if pose is None or self.distance_m <= 0.0:
            return self._one_in_many()
        if self._last is not None:
            moved_m = abs(pose.odometer_m - self._last.odometer_m)
            still = pose.speed_mps < STILL_MPS
            waited_s = (pose.utc_ns - self._last.utc_ns) / 1e9 if still else -math.inf
            apart_m = closer_of(self.distance_m, self.closer_m) if young else self.distance_m
            if moved_m < apart_m and waited_s < self._still_s:
                return Reason.STANDSTILL if still else Reason.TOO_CLOSE
            if moved_m < apart_m * self.pace and waited_s < self._still_s * self.pace:
                return Reason.TOO_WARM
        self._last = pose
        return None

    def _one_in_many(self) -> Reason | None:
        """Where no place decides: one frame of `pace` frames."""
        self._shed += 1.0
        if self._shed < self.pace:
            return Reason.TOO_WARM
        self._shed = 0.0
        return None

    def sight(self, small: Small) -> Reason | None:
        """By what the picture shows; None for a frame worth a look, else why not."""
        return judge_clarity(measure(small), self._rules)


def _textured(grey: NDArray[np.uint8]) -> float:
    """Share of whole tiles whose standard deviation is above 3 grey levels, more than sensor noise and JPEG leave."""
    rows, columns = grey.shape[0] // TILE_PX, grey.shape[1] // TILE_PX
    if rows == 0 or columns == 0:
        return 0.0
    tiles = grey[: rows * TILE_PX, : columns * TILE_PX].astype(np.float32)
    mean = cv2.resize(tiles, (columns, rows), interpolation=cv2.INTER_AREA)
    square = cv2.resize(tiles * tiles, (columns, rows), interpolation=cv2.INTER_AREA)
    return float(np.mean(square - mean * mean > 9.0))


def _blur(grey: NDArray[np.uint8]) -> float:
    """How little a further blur along the rows takes from the differences along the rows."""
    again = cv2.blur(grey, (REBLUR_PX, 1))
    sharp, soft = cv2.absdiff(grey[:, 1:], grey[:, :-1]), cv2.absdiff(again[:, 1:], again[:, :-1])
    total = float(cv2.sumElems(sharp)[0])
    return 1.0 if total == 0 else 1.0 - float(cv2.sumElems(cv2.subtract(sharp, soft))[0]) / total
