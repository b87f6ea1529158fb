"""One thing followed through one pass, frame by frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from pipeline.pose import Pose

Sides = tuple[bool, bool, bool, bool]
"""Something about the left, top, right and bottom side of a box."""
NOT_HIDDEN: Final[Sides] = (False, False, False, False)


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """One track seen in one frame: the box (float, x1 y1 x2 y2 px of the original frame) and the camera's pose.

    hidden: which sides of the box are where something nearer begins, so that the thing itself may go on behind it.
    """

    frame_index: int
    media_ns: int
    xyxy: tuple[float, float, float, float]
    score: float
    pose: Pose | None
    hidden: Sides = NOT_HIDDEN

    @property
    def worth(self) -> float:
        """How well it shows the thing: its score times the box's height (px)."""
        return self.score * (self.xyxy[3] - self.xyxy[1])


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """One thing followed through one pass. `views` in time order; `key` is unique within its source.

    was: the label under which it was followed before, if it goes on where a thing of another kind was lost.
    """

    key: int
    label: int
    views: tuple[View, ...]
    was: int | None = None

    @property
    def best(self) -> View:
        """The view worth showing."""
        return max(self.views, key=lambda view: view.worth)

    @property
    def score(self) -> float:
        """Mean of the three best scores."""
        return float(np.mean(sorted((view.score for view in self.views), reverse=True)[:3]))
