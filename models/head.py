"""What a YOLO11 detector says of one picture: the scores of all its anchors, and boxes of those that are asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Places = NDArray[np.intp]


class Head(Protocol):
    """One picture's answer."""

    @property
    def scores(self) -> Floats:
        """[labels, anchors], each in 0..1."""
        ...

    def boxes(self, anchors: Places) -> Floats:
        """[k, 4] centre x, centre y, width and height of k anchors, in input px."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Whole:
    """The head as a graph tells it: [4 + labels, anchors]."""

    rows: Floats

    @property
    def scores(self) -> Floats:
        return self.rows[4:]

    def boxes(self, anchors: Places) -> Floats:
        return self.rows[:4, anchors].T
