"""What the detector found in one frame, as columns. Frozen; the arrays are read-only."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Detections:
    """Boxes found in one frame, best first. N may be 0.

    xyxy:  float32 [N, 4], pixels of the original frame, x right, y down
    score: float32 [N] in 0..1
    label: int16 [N], index into the model card's labels
    track: int32 [N], −1 where no track is known
    """

    xyxy: NDArray[np.float32]
    score: NDArray[np.float32]
    label: NDArray[np.int16]
    track: NDArray[np.int32]

    def __post_init__(self) -> None:
        n = len(self.xyxy)
        shapes = (self.xyxy.shape, self.score.shape, self.label.shape, self.track.shape)
        if shapes != ((n, 4), (n,), (n,), (n,)):
            raise ValueError(f"columns disagree: {shapes}")
        for column in (self.xyxy, self.score, self.label, self.track):
            column.flags.writeable = False

    @classmethod
    def of(
        cls,
        xyxy: NDArray[np.float32],
        score: NDArray[np.float32],
        label: NDArray[np.int16],
        track: NDArray[np.int32] | None = None,
    ) -> Self:
        """Boxes without tracks yet (track −1) unless given."""
        return cls(xyxy, score, label, np.full(len(xyxy), -1, np.int32) if track is None else track)

    @classmethod
    def none(cls) -> Self:
        """No boxes."""
        return cls.of(np.empty((0, 4), np.float32), np.empty(0, np.float32), np.empty(0, np.int16))

    def __len__(self) -> int:
        return len(self.xyxy)

    def __getitem__(self, pick: NDArray[np.bool_] | NDArray[np.intp] | slice) -> Self:
        return replace(
            self, xyxy=self.xyxy[pick], score=self.score[pick], label=self.label[pick], track=self.track[pick]
        )
