"""Two photos of one scene: points that match and agree on one view of a plane; a hash of the whole misses them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from training.errors import TrainingError

SIDE_PX: Final = 400
POINTS: Final = 600
CLEARLY_NEARER: Final = 0.75
"""A point matches if its nearest is this much nearer than the second nearest (Lowe 2004, section 7.1)."""
WITHIN_PX: Final = 4.0
FEWEST: Final = 8


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """A photo's points: float32 [N, 2] pixels at 400 x 400, and their RootSIFT descriptors float32 [N, 128]."""

    xy: NDArray[np.float32]
    seen: NDArray[np.float32]


def points_of(path: Path) -> Points:
    """A photo's points; none where it shows nothing but flat colour. Width and height are drawn to one square."""
    grey = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if grey is None:
        raise TrainingError(f"{path}: not a readable picture; remove it or fetch it again.")
    square = cv2.resize(grey, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA)
    found, described = cv2.SIFT.create(POINTS).detectAndCompute(square, None)
    if described is None or len(found) < FEWEST:
        return Points(np.empty((0, 2), np.float32), np.empty((0, 128), np.float32))
    rooted = np.sqrt(described / np.maximum(described.sum(axis=1, keepdims=True), 1e-9))
    return Points(np.asarray([point.pt for point in found], np.float32), rooted.astype(np.float32))


def matches(one: Points, other: Points, least: int) -> int:
    """How many points of the two photos match and lie where one homography puts them; 0 where fewer than `least`."""
    if min(len(one.xy), len(other.xy)) < FEWEST:
        return 0
    pairs = cv2.BFMatcher().knnMatch(one.seen, other.seen, k=2)
    clear = [first for first, second in pairs if first.distance < CLEARLY_NEARER * second.distance]
    if len(clear) < max(least, FEWEST):
        return 0
    here = one.xy[[match.queryIdx for match in clear]]
    there = other.xy[[match.trainIdx for match in clear]]
    cv2.setRNGSeed(0)
    _, agree = cv2.findHomography(here, there, cv2.RANSAC, WITHIN_PX)
    agreeing = 0 if agree is None else int(agree.sum())
    return agreeing if agreeing >= least else 0
