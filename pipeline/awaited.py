"""Where the things that are followed should be in the next frame, as columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Awaited:
    """T things. xyxy: float32 [T, 4] px; standing: bool [T], whether the poses put it there; family: int16 [T]; slack:
    float64 [T], 1-sigma of how far it is found from there, as a share of its size."""

    xyxy: NDArray[np.float32]
    standing: NDArray[np.bool_]
    family: NDArray[np.int16]
    slack: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.xyxy)
