"""How the picture moved between two analysed frames: the camera's motion, and each thing's own, from corner points.

Corners are followed by pyramidal Lucas-Kanade both ways (Kalal et al., "Forward-Backward Error", ICPR 2010); a box
moves with the corners inside it where there are enough, and otherwise with the camera's similarity transform.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float32]

SMALL_LONGEST_PX = 480
CORNERS = 80
CORNERS_A_BOX = 12
LEAST_INSIDE = 5
LEAST_CAMERA = 8
ROUND_TRIP_PX = 1.0
CLEAR_SLIDE = 0.1
GROWTH = (0.5, 2.0)


@dataclass(frozen=True, slots=True, eq=False)
class Small:
    """A picture made small and grey: uint8 [h, w]; scale: small px per picture px."""

    grey: NDArray[np.uint8]
    scale: float


def small_grey(image: NDArray[np.uint8], longest_px: int = SMALL_LONGEST_PX) -> Small:
    """A uint8 [H, W, 3] BGR picture reduced by a whole factor to at most `longest_px`; never enlarged."""
    height, width = image.shape[:2]
    factor = math.ceil(max(height, width) / longest_px)
    size = width // factor, height // factor
    if factor > 1 and min(size) > 0:
        # Whole blocks of pixels are averaged, which is both exact and several times faster than any other ratio.
        even = image[: size[1] * factor, : size[0] * factor]
        image = np.asarray(cv2.resize(even, size, interpolation=cv2.INTER_AREA), np.uint8)
        return Small(np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.uint8), 1.0 / factor)
    return Small(np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.uint8), 1.0)


@dataclass(frozen=True, slots=True, eq=False)
class Motion:
    """From the previous analysed frame to this one, in px of the original picture.

    before, after: float32 [K, 2], where followed corners were and are; camera: float64 [2, 3], the similarity transform
    that most of them obey.
    """

    before: Points
    after: Points
    camera: NDArray[np.float64]

    def move(self, xyxy: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.bool_], NDArray[np.float32]]:
        """Boxes [N, 4] carried into this frame, for each whether its own corners say so (else the camera's), and all of
        them as `move_with_camera` carries them."""
        camera = self.move_with_camera(xyxy)
        moved, own = camera.copy(), np.zeros(len(xyxy), np.bool_)
        (x, y), (x1, y1, x2, y2) = self.before.T, xyxy.T[:, :, None]
        inside = (x >= x1) & (x <= x2) & (y >= y1) & (y <= y2)
        for row in np.flatnonzero(np.count_nonzero(inside, axis=1) >= LEAST_INSIDE):
            moved[row] = _carry(xyxy[row], self.before[inside[row]], self.after[inside[row]])
            own[row] = True
        return moved, own, camera

    def move_with_camera(self, xyxy: NDArray[np.float32]) -> NDArray[np.float32]:
        """Boxes [N, 4] carried by the camera's transform alone: centre moved, size scaled, sides kept upright."""
        turn, shift = self.camera[:, :2], self.camera[:, 2]
        centre = (xyxy[:, :2] + xyxy[:, 2:]) / 2 @ turn.T + shift
        half = (xyxy[:, 2:] - xyxy[:, :2]) / 2 * np.sqrt(abs(np.linalg.det(turn)))
        return np.concatenate([centre - half, centre + half], axis=1).astype(np.float32)


def estimate(previous: Small, current: Small, boxes: NDArray[np.float32] | None = None) -> Motion | None:
    """The motion between two pictures of one size, or None where too little can be followed (dark, blurred, a cut).

    boxes: [N, 4] px of the original picture, things of the previous frame whose own motion matters.
    """
    if previous.grey.shape != current.grey.shape:
        return None
    corners = _corners(previous, boxes)
    if len(corners) < LEAST_CAMERA:
        return None
    before, after = _follow(previous.grey, current.grey, corners)
    if len(before) < LEAST_CAMERA:
        return None
    camera, _ = cv2.estimateAffinePartial2D(
        before, after, method=cv2.RANSAC, ransacReprojThreshold=3.0, maxIters=500, confidence=0.99
    )
    if camera is None or not np.isfinite(camera).all() or not GROWTH[0] < np.hypot(*camera[:, 0]) < GROWTH[1]:
        return None
    full = np.asarray(camera, np.float64).copy()
    full[:, 2] /= previous.scale
    return Motion(before / np.float32(previous.scale), after / np.float32(previous.scale), full)


def _corners(small: Small, boxes: NDArray[np.float32] | None) -> Points:
    """Corners all over the small picture, and more inside the boxes. float32 [K, 2] small px."""
    found = [_good(small.grey, CORNERS, 0.01, 12)]
    height, width = small.grey.shape
    for box in np.empty((0, 4), np.float32) if boxes is None else boxes * np.float32(small.scale):
        x1, y1 = max(int(box[0]), 0), max(int(box[1]), 0)
        x2, y2 = min(int(np.ceil(box[2])), width), min(int(np.ceil(box[3])), height)
        if x2 - x1 >= 8 and y2 - y1 >= 8:
            spacing = max(2.0, min(x2 - x1, y2 - y1) / 8)
            found.append(_good(small.grey[y1:y2, x1:x2], CORNERS_A_BOX, 0.02, spacing) + np.array([x1, y1], np.float32))
    return np.concatenate(found).astype(np.float32)


def _good(grey: NDArray[np.uint8], count: int, quality: float, spacing_px: float) -> Points:
    corners = cv2.goodFeaturesToTrack(grey, count, quality, spacing_px)
    return np.empty((0, 2), np.float32) if corners is None else np.asarray(corners, np.float32).reshape(-1, 2)


def _follow(previous: NDArray[np.uint8], current: NDArray[np.uint8], corners: Points) -> tuple[Points, Points]:
    """The corners that come back to where they began when followed there and back, with their new places."""
    shift = _shift(previous, current)
    there, found = _flow(previous, current, corners, corners + shift)
    corners, there = corners[found], there[found]
    if len(corners) < LEAST_CAMERA:
        return corners, there
    back, found = _flow(current, previous, there, there - shift)
    good = found & (np.abs(back - corners).max(axis=1) < ROUND_TRIP_PX)
    return corners[good], there[good]


def _flow(
    previous: NDArray[np.uint8], current: NDArray[np.uint8], corners: Points, guess: Points
) -> tuple[Points, NDArray[np.bool_]]:
    found, ok, _ = cv2.calcOpticalFlowPyrLK(
        previous,
        current,
        np.ascontiguousarray(corners, np.float32).reshape(-1, 1, 2),
        np.ascontiguousarray(guess, np.float32).reshape(-1, 1, 2),
        winSize=(17, 17),
        maxLevel=4,
        flags=cv2.OPTFLOW_USE_INITIAL_FLOW,
    )
    return np.asarray(found, np.float32).reshape(-1, 2), np.asarray(ok.ravel() == 1)


def _shift(previous: NDArray[np.uint8], current: NDArray[np.uint8]) -> Points:
    """float32 [2] small px: how far the whole picture slid, as when the vehicle turns; 0 where it did not clearly.

    Phase correlation (Kuglin and Hines, 1975) of both pictures at a quarter of the size.
    """
    size = max(previous.shape[1] // 4, 8), max(previous.shape[0] // 4, 8)
    quarters = [cv2.resize(grey, size, interpolation=cv2.INTER_AREA).astype(np.float32) for grey in (previous, current)]
    (dx, dy), response = cv2.phaseCorrelate(quarters[0], quarters[1], _window(size))
    if response < CLEAR_SLIDE:
        return np.zeros(2, np.float32)
    return np.array([dx * previous.shape[1] / size[0], dy * previous.shape[0] / size[1]], np.float32)


@lru_cache(maxsize=8)
def _window(size: tuple[int, int]) -> NDArray[np.float32]:
    """What fades a picture of this width and height out towards its edges."""
    return np.asarray(cv2.createHanningWindow(size, cv2.CV_32F), np.float32)


def _carry(box: NDArray[np.float32], before: Points, after: Points) -> NDArray[np.float32]:
    """A box [4] moved and scaled as the median of its corners was (Median Flow, Kalal et al. 2010)."""
    one, other = _pairs(len(before))
    gap_before, gap_after = _lengths(before[other] - before[one]), _lengths(after[other] - after[one])
    far = gap_before > 2.0
    growth = min(max(float(_median(gap_after[far] / gap_before[far])), GROWTH[0]), GROWTH[1]) if far.any() else 1.0
    centre, half = (box[:2] + box[2:]) / 2, (box[2:] - box[:2]) / 2 * growth
    centre = centre + _median(after - centre - growth * (before - centre))
    return np.concatenate([centre - half, centre + half])


@lru_cache(maxsize=64)
def _pairs(count: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Every pair of `count` things once, by their places."""
    one, other = np.triu_indices(count, 1)
    return one, other


def _lengths(steps: Points) -> NDArray[np.float32]:
    x, y = steps[:, 0], steps[:, 1]
    return np.sqrt(x * x + y * y)


def _median(values: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
    """Along the first axis, as np.median gives it, which takes longer to begin than to find it in so few."""
    half, odd = divmod(len(values), 2)
    low = half if odd else half - 1
    parted = np.partition(values, (low, half), axis=0)
    return np.asarray((parted[low] + parted[half]) * np.float32(0.5))
