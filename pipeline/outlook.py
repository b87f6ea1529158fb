"""Where what stands still should be seen next, by the poses and by what the tracker has learned of its camera.

Two things are learned, since no telemetry tells them: by how much the camera looks lower or higher than its mount was
told (pipeline/tilt.py), and by how much each picture lies beside its pose (pipeline/sway.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.boxes import Box
from pipeline.pairing import BLUR_PX, Pairs
from pipeline.pose import Pose
from pipeline.sway import SWAY, sway
from pipeline.tilt import Tilt
from pipeline.track import View
from pipeline.tracklet import Tracklet

Ground = Callable[[View, Pose], Box | None]
"""Where a thing that stands still on the ground, last seen in a view, should be in a picture taken from a pose."""
Boxes = NDArray[np.float32]
EDGE_PX: Final = 4.0
STEP_DEG: Final = 0.1


class Outlook:
    """Mutable, and the tracker's own. hanging: labels of things on walls, whose foot is not on the ground."""

    __slots__ = ("_ground", "_hanging", "_limit", "_tilt")

    def __init__(self, ground: Ground, hanging: frozenset[int], width_px: int, height_px: int) -> None:
        self._ground = ground
        self._hanging = hanging
        self._limit = np.array([width_px, height_px], np.float32)
        self._tilt: Tilt | None = None

    def expected(self, one: Tracklet, pose: Pose) -> Boxes | None:
        """float32 [4] px where a thing should be seen from a pose; None where that cannot be said."""
        if self._tilt is None:
            self._tilt = Tilt.unknown(pose)
        return self._seen_with(self._tilt, one, self._tilt.put_right(pose))

    def align(self, live: Sequence[Tracklet], found: Boxes, same: NDArray[np.bool_]) -> None:
        """Move what the poses predict inside the picture to where all of it together fits what is found.

        found: [R, 4]. same: [live, R], which of them may be which.
        """
        told = [at for at, one in enumerate(live) if one.grounded and self._inside(one.predicted)]
        if not told or not len(found):
            return
        pairs = Pairs.between(np.array([live[at].predicted for at in told]), found)
        slack = np.array([live[at].slack for at in told])
        shift = sway(pairs, same[told], slack, int(self._limit[0])).astype(np.float32)
        for at in told:
            live[at].predicted = live[at].predicted + np.concatenate((shift, shift))

    def learn(self, again: Iterable[tuple[Tracklet, Boxes]], pose: Pose) -> None:
        """Learn the tilt from things that the poses predict, each with the box in which it was found again."""
        if self._tilt is None:
            return
        tilts = self._tilt, replace(self._tilt, deg=self._tilt.deg + STEP_DEG)
        looks = [(tilt, tilt.put_right(pose)) for tilt in tilts]
        off, slopes, sigma = [], [], []
        for one, box in again:
            if not one.grounded or (box[:2] < EDGE_PX).any() or (box[2:] > self._limit - EDGE_PX).any():
                continue
            here, there = (self._seen_with(tilt, one, right) for tilt, right in looks)
            if here is not None and there is not None and self._inside(here) and self._inside(there):
                off.append(_foot(box) - _foot(here))
                slopes.append((_foot(there) - _foot(here)) / STEP_DEG)
                sigma.append(one.slack * (float(np.sqrt((box[2] - box[0]) * (box[3] - box[1]))) + BLUR_PX))
        if off:
            sway_px = SWAY * float(self._limit[0])
            self._tilt = self._tilt.learned(np.array(off), np.array(slopes), np.array(sigma), sway_px)

    def _seen_with(self, tilt: Tilt, one: Tracklet, right: Pose) -> Boxes | None:
        """right: the pose looked from, put right by this tilt."""
        last = one.views[-1]
        if last.pose is None or one.label() in self._hanging:
            return None
        box = self._ground(replace(last, pose=tilt.put_right(last.pose)), right)
        return None if box is None else np.array(box, np.float32)

    def _inside(self, box: Boxes) -> bool:
        """Whether any of a box is in the picture."""
        return bool((box[2:] > 0).all() and (box[:2] < self._limit).all())


def _foot(box: Boxes) -> NDArray[np.float64]:
    """The middle of a box's lower side, px."""
    return np.array([(box[0] + box[2]) / 2.0, box[3]], np.float64)
