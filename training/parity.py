"""Do two ways to run a model give the same? Torch as it was trained against the exported file as vehicles run it.

Each side gets the picture and fits it by its own code, so a letterbox or a colour order that went wrong on one side
shows, as an error in the graph does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.session import Session
from pipeline.boxes import iou_matrix
from pipeline.letterbox import Letterbox
from training.pictures import Image, read_picture

LEAST_IOU: Final = 0.99
LARGEST_SCORE_DIFFERENCE: Final = 1e-3
COMPARED_FROM: Final = 0.05
"""Boxes of anchors that score less in the reference are not compared: no threshold reaches them."""

Head = Callable[[Image, int, int], NDArray[np.float32]]
"""A BGR picture, and the input's width and height in px, to the head [4 + labels, anchors]."""


@dataclass(frozen=True, slots=True)
class Parity:
    """How far two heads lie apart over some pictures, each looked at in some input sizes."""

    pictures: int
    anchors: int
    least_iou: float
    largest_score_difference: float

    @property
    def holds(self) -> bool:
        return (
            self.anchors > 0
            and self.least_iou >= LEAST_IOU
            and self.largest_score_difference <= LARGEST_SCORE_DIFFERENCE
        )


def compare_heads(reference: Head, given: Head, pictures: Sequence[Path], sizes: Sequence[tuple[int, int]]) -> Parity:
    """Anchor by anchor over these pictures in these input sizes (width, height)."""
    least, largest, anchors = 1.0, 0.0, 0
    for path in pictures:
        picture = read_picture(path)
        for width, height in sizes:
            expected, found = reference(picture, width, height), given(picture, width, height)
            largest = max(largest, float(np.abs(expected[4:] - found[4:]).max()))
            for anchor in np.flatnonzero(expected[4:].max(0) >= COMPARED_FROM):
                overlap = iou_matrix(_corners(expected[:4, anchor]), _corners(found[:4, anchor]))
                least, anchors = min(least, float(overlap[0, 0])), anchors + 1
    return Parity(len(pictures), anchors, least, largest)


def through_file(session: Session) -> Head:
    """The exported file, fed as a vehicle feeds it."""

    def head(picture: Image, width: int, height: int) -> NDArray[np.float32]:
        answer: NDArray[np.float32] = session.run(
            Letterbox.fit(picture.shape[1], picture.shape[0], width, height).blob(picture)
        )[0]
        return answer

    return head


def _corners(centre_size: NDArray[np.float32]) -> NDArray[np.float32]:
    x, y, width, height = centre_size
    return np.array([[x - width / 2, y - height / 2, x + width / 2, y + height / 2]], np.float32)
