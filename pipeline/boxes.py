"""Arithmetic on boxes: float [N, 4], x1 y1 x2 y2 in pixels, x right, y down."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Boxes = NDArray[np.floating[Any]]
Indices = NDArray[np.intp]
Box = tuple[float, float, float, float]
"""One box: x1 y1 x2 y2."""


def rows_of(xyxy: Boxes) -> list[Box]:
    """Boxes [N, 4] one by one, as plain floats."""
    return [(x1, y1, x2, y2) for x1, y1, x2, y2 in xyxy.tolist()]


def clip(xyxy: NDArray[np.float32], width_px: int, height_px: int) -> NDArray[np.float32]:
    """The boxes cut to a picture's edges; one that lies outside ends with no area."""
    limit = np.array([width_px, height_px, width_px, height_px], np.float32)
    return np.clip(xyxy, np.float32(0), limit)


def areas(xyxy: Boxes) -> NDArray[np.floating[Any]]:
    """[N] areas in px², 0 for a box that is inside out."""
    sides = np.maximum(xyxy[:, 2:] - xyxy[:, :2], 0)
    return np.asarray(sides[:, 0] * sides[:, 1])


def intersections(a: Boxes, b: Boxes) -> NDArray[np.floating[Any]]:
    """[len(a), len(b)] common areas in px²."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    sides = np.maximum(high - low, 0)
    return np.asarray(sides[..., 0] * sides[..., 1])


def common_px2(one: Box, other: Box) -> float:
    """The area that two boxes share; 0 where they do not meet."""
    wide = min(one[2], other[2]) - max(one[0], other[0])
    tall = min(one[3], other[3]) - max(one[1], other[1])
    return wide * tall if wide > 0.0 and tall > 0.0 else 0.0


def iou_matrix(a: Boxes, b: Boxes) -> NDArray[np.floating[Any]]:
    """[len(a), len(b)] intersection over union in 0..1; 0 where both boxes are empty."""
    common = intersections(a, b)
    union = areas(a)[:, None] + areas(b)[None, :] - common
    return np.asarray(np.divide(common, union, out=np.zeros_like(common), where=union > 0))


def nms(
    xyxy: NDArray[np.float32],
    score: NDArray[np.float32],
    group: NDArray[np.integer[Any]],
    iou: float,
    limit: int = 300,
) -> Indices:
    """Indices of the boxes that stay, best first: greedy, and only boxes of the same group suppress one another.

    A box goes when its overlap with a better one is greater than `iou`. Equal scores keep their order.
    """
    order = np.argsort(-score, kind="stable")
    if len(order) == 0:
        return order
    # Far apart for each group, so that one pass serves all groups.
    shift = group.astype(np.float64) * (float(np.abs(xyxy).max()) * 2 + 1.0)
    x1, y1, x2, y2 = (xyxy.astype(np.float64) + shift[:, None])[order].T
    area = np.maximum(x2 - x1, 0) * np.maximum(y2 - y1, 0)
    alive = np.ones(len(order), np.bool_)
    kept: list[int] = []
    for i in range(len(order)):
        if not alive[i]:
            continue
        kept.append(i)
        if len(kept) == limit:
            break
        rest = slice(i + 1, None)
        width = np.minimum(x2[i], x2[rest]) - np.maximum(x1[i], x1[rest])
        height = np.minimum(y2[i], y2[rest]) - np.maximum(y1[i], y1[rest])
        common = np.maximum(width, 0) * np.maximum(height, 0)
        alive[rest] &= common <= iou * (area[i] + area[rest] - common)
    return np.asarray(order[kept])
