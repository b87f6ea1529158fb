"""How near found boxes are to where things were expected, in place and size: every thing against every box."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
BLUR_PX: Final = 8.0
"""Added to every side, so that of boxes of a few pixels not every pixel counts."""


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """T expected boxes and R found ones. off: float64 [T, R, 2] px, from an expected middle to a found one; size:
    [T, R, 2] px, the geometric mean of both sizes; grown: [T, R], squared logarithms of the ratios of their sides."""

    off: Array
    size: Array
    grown: Array

    @classmethod
    def between(cls, expected: NDArray[np.floating[Any]], found: NDArray[np.floating[Any]]) -> Self:
        """Of boxes [T, 4] and [R, 4]."""
        one, other = expected.astype(np.float64)[:, None], found.astype(np.float64)[None]
        off = (other[..., :2] + other[..., 2:] - one[..., :2] - one[..., 2:]) / 2.0
        size_one, size_other = (np.maximum(box[..., 2:] - box[..., :2], 0.0) + BLUR_PX for box in (one, other))
        grown = (np.log(size_one / size_other) ** 2).sum(axis=2)
        return cls(off, np.sqrt(size_one * size_other), grown)

    def near(self, slack: Array, shift_px: Array) -> Array:
        """[..., T, R] in 0..1, when all that was expected is seen shift_px [..., 2] beside: a normal density, slack [T]
        its sigma as a share of the size, twice that of the logarithm of the size."""
        away = (((self.off - shift_px[..., None, None, :]) / self.size) ** 2).sum(axis=-1)
        return np.asarray(np.exp(-0.5 * (away + self.grown / 4.0) / slack[:, None] ** 2))
