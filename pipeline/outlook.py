"""Where what stands still should be seen next, by the poses and by what the tracker has learned of its camera.

Two things are learned, since no telemetry tells them: by how much the camera looks lower or higher than its mount was
told (pipeline/tilt.py), and by how much each picture lies beside its pose (pipeline/sway.py).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.awaited import Awaited
from pipeline.boxes import Box, areas
from pipeline.expect import Passage
from pipeline.found import Found
from pipeline.pairing import BLUR_PX, Pairs
from pipeline.pose import Camera, Pose
from pipeline.sway import SWAY, sway
from pipeline.tilt import Tilt
from pipeline.tracklet import Tracklet

Boxes = NDArray[np.float32]
EDGE_PX: Final = 4.0
STEP_DEG: Final = 0.1
SURE_DEG: Final = 6.0
"""Poses whose heading is known better tell more of what stands than the few corners on it do."""
NOWHERE: Final[Box] = (math.nan, math.nan, math.nan, math.nan)


class Outlook:
    """Mutable, and the tracker's own. hanging: labels of things on walls, whose foot is not on the ground; standing: of
    those that do not move by themselves."""

    __slots__ = ("_camera", "_hanging", "_limit", "_passages", "_pose", "_standing", "_tilt")

    def __init__(self, camera: Camera, hanging: frozenset[int], standing: frozenset[int] = frozenset()) -> None:
        self._camera = camera
        self._hanging = hanging
        self._standing = standing
        self._limit = np.array([camera.width_px, camera.height_px], np.float32)
        self._tilt: Tilt | None = None
        self._pose: Pose | None = None
        self._passages: dict[int, Passage] = {}

    def look(self, pose: Pose | None) -> None:
        """What is asked from here on is about the picture that was taken from this pose."""
        self._pose, self._passages = pose, {}

    def suffices(self, one: Tracklet, pose: Pose | None) -> bool:
        """Whether a thing is better expected by the poses than by the corners on it, in the picture from this pose."""
        last = one.views[-1].pose
        return (
            one.label in self._standing
            and one.was is None
            and pose is not None
            and last is not None
            and max(pose.heading_sigma_deg, last.heading_sigma_deg) < SURE_DEG
        )

    def expected(self, one: Tracklet) -> Box | None:
        """Where a thing should be seen; None where that cannot be said."""
        if self._pose is None:
            return None
        if self._tilt is None:
            self._tilt = Tilt.unknown(self._pose)
        return self._seen(one, self._tilt.deg)

    def aligned(self, awaited: Awaited, found: Found) -> Awaited:
        """What the poses await inside the picture is moved to where all of it together fits what is found."""
        told = np.flatnonzero(awaited.standing & self._inside(awaited.xyxy))
        if not len(told) or not len(found):
            return awaited
        pairs = Pairs.between(awaited.xyxy[told], found.xyxy)
        same = awaited.family[told, None] == found.family
        shift = sway(pairs, same, awaited.slack[told], self._camera.width_px).astype(np.float32)
        moved = awaited.xyxy.copy()
        moved[told] += np.concatenate((shift, shift))
        return replace(awaited, xyxy=moved)

    def learn(self, live: Sequence[Tracklet], awaited: Awaited, found: Found, matched: Mapping[int, int]) -> None:
        """Learn the tilt from where things were awaited by the poses alone, before `aligned`, and where they were
        found. matched: by the place of each thing, that of what it was found to be."""
        things = [at for at in matched if awaited.standing[at]]
        if self._tilt is None or not things:
            return
        here, there = awaited.xyxy[things], found.xyxy[[matched[at] for at in things]]
        tilted_deg = self._tilt.deg + STEP_DEG
        beside = np.array([self._seen(live[at], tilted_deg) or NOWHERE for at in things], np.float32)
        told = self._whole(there) & self._inside(here) & self._inside(beside)
        if told.any():
            feet = _feet(here[told])
            off_px, slopes_px = _feet(there[told]) - feet, (_feet(beside[told]) - feet) / STEP_DEG
            sigma_px = awaited.slack[things][told] * (np.sqrt(areas(there[told])).astype(np.float64) + BLUR_PX)
            self._tilt = self._tilt.learned(off_px, slopes_px, sigma_px, SWAY * self._camera.width_px)

    def _seen(self, one: Tracklet, tilt_deg: float) -> Box | None:
        last = one.views[-1]
        if last.pose is None or self._pose is None or one.label in self._hanging:
            return None
        passage = self._passages.get(last.frame_index)
        if passage is None:
            passage = self._passages[last.frame_index] = Passage.between(self._camera, last.pose, self._pose)
        return passage.expected(last.xyxy, tilt_deg)

    def _inside(self, boxes: Boxes) -> NDArray[np.bool_]:
        """[N] whether any of a box is in the picture."""
        return np.asarray((boxes[:, 2:] > 0).all(axis=1) & (boxes[:, :2] < self._limit).all(axis=1))

    def _whole(self, boxes: Boxes) -> NDArray[np.bool_]:
        """[N] whether the picture's edge cuts nothing off."""
        return np.asarray((boxes[:, :2] >= EDGE_PX).all(axis=1) & (boxes[:, 2:] <= self._limit - EDGE_PX).all(axis=1))


def _feet(boxes: Boxes) -> NDArray[np.float64]:
    """[N, 2] the middles of the boxes' lower sides, px."""
    return np.column_stack(((boxes[:, 0] + boxes[:, 2]) / 2, boxes[:, 3])).astype(np.float64)
