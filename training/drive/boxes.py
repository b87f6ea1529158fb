"""From the picture of part indices to boxes, and from boxes to label files. Pure.

A box is the smallest rectangle around the visible pixels of a thing. Things that are all but hidden have none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from training.drive.poses import Lens, View, outline
from training.drive.scene import Thing

PRIVACY_LABELS: Final = ("face", "plate")
MIN_SIDE_PX: Final = 8
MIN_PIXELS: Final = 45
MIN_SHARE: Final = 0.18
"""A thing is labelled when its visible box covers at least this share of the box it would have if nothing hid it."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A thing's visible part in one picture; xyxy in pixels, pixels the number of them that show it."""

    thing_id: str
    label: str
    xyxy: tuple[int, int, int, int]
    pixels: int


def seen_things(
    index: NDArray[np.int32], parts: Mapping[int, tuple[Thing, str]], view: View, lens: Lens
) -> tuple[Seen, ...]:
    """A box for every thing that shows enough, all its parts together, in the order of ids."""
    masks: dict[str, list[int]] = {}
    things: dict[str, Thing] = {}
    for number, (thing, _) in parts.items():
        masks.setdefault(thing.id, []).append(number)
        things[thing.id] = thing
    found = []
    for thing_id, numbers in sorted(masks.items()):
        box = _bounds(np.isin(index, numbers))
        if box is None or not _enough(box, outline(view, lens, things[thing_id])):
            continue
        found.append(Seen(thing_id, things[thing_id].label, box[0], box[1]))
    return tuple(found)


def seen_private(index: NDArray[np.int32], parts: Mapping[int, tuple[Thing, str]]) -> tuple[Seen, ...]:
    """A box for every face and plate of at least a few pixels."""
    found = []
    for number, (thing, part) in parts.items():
        if part in PRIVACY_LABELS:
            box = _bounds(index == number)
            if box is not None and min(box[0][2] - box[0][0], box[0][3] - box[0][1]) >= 4:
                found.append(Seen(thing.id, part, box[0], box[1]))
    return tuple(found)


def _bounds(mask: NDArray[np.bool_]) -> tuple[tuple[int, int, int, int], int] | None:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if len(rows) == 0:
        return None
    return (int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1), int(mask.sum())


def _enough(box: tuple[tuple[int, int, int, int], int], whole: tuple[float, float, float, float] | None) -> bool:
    (x0, y0, x1, y1), pixels = box
    if min(x1 - x0, y1 - y0) < MIN_SIDE_PX or pixels < MIN_PIXELS:
        return False
    if whole is None:
        return True
    area = (whole[2] - whole[0]) * (whole[3] - whole[1])
    return (x1 - x0) * (y1 - y0) >= MIN_SHARE * area


def yolo_lines(seen: Sequence[Seen], labels: Sequence[str], width_px: int, height_px: int) -> str:
    """A label file: class, centre x, centre y, width, height, all but the class as shares of the picture."""
    lines = []
    for each in seen:
        x0, y0, x1, y1 = each.xyxy
        lines.append(
            f"{labels.index(each.label)} {(x0 + x1) / 2 / width_px:.6f} {(y0 + y1) / 2 / height_px:.6f} "
            f"{(x1 - x0) / width_px:.6f} {(y1 - y0) / height_px:.6f}\n"
        )
    return "".join(lines)
