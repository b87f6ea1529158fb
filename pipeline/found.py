"""What one frame shows, each thing once: boxes of one family that lie on one another are the better of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from pipeline.boxes import areas, iou_matrix
from pipeline.detections import Detections
from pipeline.hiding import hidden_sides
from pipeline.mistaken import doubles
from pipeline.pose import Pose
from pipeline.track import View


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """R things, best first.

    row: [R] of the detection that stands for the thing; xyxy: float32 [R, 4]; score, label, family: [R].
    votes: float64 [R, labels], what its boxes call it: their score, times the root of its area (px), since a near view
    says more about what a thing is than a far one. sure: bool [R], whether it may begin a track; hidden: bool [R, 4],
    the sides that a sure thing covers.
    """

    row: NDArray[np.intp]
    xyxy: NDArray[np.float32]
    score: NDArray[np.float32]
    label: NDArray[np.int16]
    family: NDArray[np.int16]
    votes: NDArray[np.float64]
    sure: NDArray[np.bool_]
    hidden: NDArray[np.bool_]

    @classmethod
    def of(
        cls,
        detections: Detections,
        start: NDArray[np.float32],
        family: NDArray[np.int16],
        mistaken: Mapping[int, int],
        same_iou: float,
    ) -> Self:
        """start, family: of each label, as `Tracker` takes them. Boxes that overlap more than same_iou are one thing
        where they are of one family or one may be a wrong name for the other."""
        xyxy, label = detections.xyxy, detections.label
        same = np.tril(iou_matrix(xyxy, xyxy) > same_iou, -1)
        if same.any():
            same &= (family[label][:, None] == family[label]) | doubles(label, mistaken)
        keeper = _keepers(same)
        votes = np.zeros((len(detections), len(start)), np.float64)
        np.maximum.at(votes, (keeper, label), detections.score)
        row = np.flatnonzero(keeper == np.arange(len(detections)))
        xyxy, label, score = xyxy[row], label[row], detections.score[row]
        size_px = np.sqrt(np.maximum(areas(xyxy).astype(np.float64), 1.0))
        sure = score >= start[label]
        hidden = hidden_sides(xyxy, xyxy[sure])
        return cls(row, xyxy, score, label, family[label], votes[row] * size_px[:, None], sure, hidden)

    def __len__(self) -> int:
        return len(self.row)

    def view(self, at: int, frame_index: int, media_ns: int, pose: Pose | None) -> View:
        """One thing as it is seen in this frame."""
        x1, y1, x2, y2 = self.xyxy[at].tolist()
        left, top, right, bottom = self.hidden[at].tolist()
        return View(frame_index, media_ns, (x1, y1, x2, y2), float(self.score[at]), pose, (left, top, right, bottom))


def _keepers(same: NDArray[np.bool_]) -> NDArray[np.intp]:
    """[N] the row that stands for each row. same: [N, N], which better rows, to the left, show the same thing."""
    keeper = np.arange(len(same))
    for row in np.flatnonzero(same.any(axis=1)):
        better = np.flatnonzero(same[row] & (keeper == np.arange(len(same))))
        keeper[row] = better[0] if len(better) else row
    return keeper
