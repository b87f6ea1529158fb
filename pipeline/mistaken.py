"""Things under a wrong name: whoever is seen from above looks like a heap, and was followed as a person until then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.boxes import Box, iou_matrix
from pipeline.tracklet import Tracklet

MISTAKEN: Final = {"litter": "person"}
"""What carries the first label may be a thing of the second."""
GOES_ON: Final = 0.4
"""Overlap with where a lost thing was expected, from which on another is that one under a wrong name."""
APART: Final = 0.2
"""Overlap under which two things that one frame shows are two."""


def mistaken(labels: Sequence[str]) -> Mapping[int, int]:
    """MISTAKEN by the places of those labels."""
    return {labels.index(one): labels.index(other) for one, other in MISTAKEN.items() if {one, other} <= set(labels)}


def doubles(label: NDArray[np.int16], by: Mapping[int, int]) -> NDArray[np.bool_]:
    """bool [N, N]: whether the label of a row may be a wrong name for what has that of the column."""
    told = np.zeros((len(label), len(label)), np.bool_)
    for wrong, right in by.items():
        told |= (label[:, None] == wrong) & (label[None] == right)
    return told


def lost_at(live: Sequence[Tracklet], box: Box, label: int | None) -> Tracklet | None:
    """The believed thing of a label that is at a box, or was expected there and is found nowhere."""
    some = [one for one in live if one.confirmed and one.label == label]
    if not some:
        return None
    overlaps = iou_matrix(_column(*(one.box for one in some)), _column(box))[:, 0]
    best = int(overlaps.argmax())
    return some[best] if overlaps[best] >= GOES_ON else None


def part(live: Sequence[Tracklet]) -> None:
    """What this frame shows apart from the thing that it was taken for is another."""
    for one in live:
        if one.was is None or one.missed or one.was.missed:
            continue
        if iou_matrix(_column(one.box), _column(one.was.box))[0, 0] < APART:
            one.was = None


def _column(*boxes: Box) -> NDArray[np.float32]:
    return np.array(boxes, np.float32)
