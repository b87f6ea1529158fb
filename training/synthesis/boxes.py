"""Which hung ads are one problem: those that hang together become one box, since one crew clears them at once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from training.sources import Box

TOGETHER: Final = 1.0
"""Ads nearer to one another than this many sides of the smaller one (the root of its area) are one problem: one box."""


def together_as_one(boxes: Sequence[Box], width_px: int, height_px: int) -> list[Box]:
    """Boxes of one label that hang together become their common box; the outcome does not depend on their order."""
    left = list(boxes)
    merged = True
    while merged:
        merged = False
        for i in range(len(left)):
            for j in range(i + 1, len(left)):
                if left[i].label == left[j].label and _together(left[i], left[j], width_px, height_px):
                    one, other = left[i], left.pop(j)
                    left[i] = Box(
                        one.label, min(one.x1, other.x1), min(one.y1, other.y1),
                        max(one.x2, other.x2), max(one.y2, other.y2),
                        min(one.score, other.score), one.by,
                    )  # fmt: skip
                    merged = True
                    break
            if merged:
                break
    return sorted(left, key=lambda box: (box.x1, box.y1, box.x2, box.y2))


def _together(one: Box, other: Box, width_px: int, height_px: int) -> bool:
    gap_x = max(one.x1, other.x1) - min(one.x2, other.x2)
    gap_y = max(one.y1, other.y1) - min(one.y2, other.y2)
    side_px = min(math.sqrt(box.width * width_px * box.height * height_px) for box in (one, other))
    return max(gap_x * width_px, gap_y * height_px) < TOGETHER * side_px
