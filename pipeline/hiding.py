"""Which sides of a box are not the thing's own because something nearer stands before it.

On level ground the nearer of two things reaches lower in the picture. Where its box covers a side of the other's, the
detector saw the other only up to there.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

MARGIN_PX: Final = 3.0
MARGIN_SHARE: Final = 0.04
LEAST_SHARE: Final = 0.25
"""Of a side, that must be covered before it counts as hidden."""


def hidden_sides(xyxy: NDArray[np.float32], by: NDArray[np.float32]) -> NDArray[np.bool_]:
    """bool [N, 4]: left, top, right and bottom side of each box [N, 4] that a nearer box `by` [M, 4] covers."""
    boxes, others = xyxy.astype(np.float64), by.astype(np.float64)
    if not len(boxes) or not len(others):
        return np.zeros((len(boxes), 4), np.bool_)
    size = np.maximum(boxes[:, 2:] - boxes[:, :2], 1.0)
    slack = (MARGIN_PX + MARGIN_SHARE * size)[:, None]
    one, other = boxes[:, None], others[None]
    # Where the order is in doubt, so are the sides between the two.
    nearer = (other[..., 3] > one[..., 3] - slack[..., 1]) & (other != one).any(axis=2)
    low, high = np.maximum(one[..., :2], other[..., :2]), np.minimum(one[..., 2:], other[..., 2:])
    long_enough = np.maximum(high - low, 0.0) / size[:, None] > LEAST_SHARE
    begins, ends = other[..., :2] - slack, other[..., 2:] + slack
    sides = boxes.reshape(-1, 1, 2, 2)  # of each box first left and top, then right and bottom
    reached = (begins[:, :, None] < sides) & (ends[:, :, None] > sides)
    # What stands before the left or the right side shares some of the height with it, and the other way round.
    covered = reached & long_enough[:, :, None, ::-1] & nearer[..., None, None]
    told: NDArray[np.bool_] = covered.any(axis=1).reshape(-1, 4)
    return told
