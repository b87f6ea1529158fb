"""By how much a camera looks lower or higher than its mount was told, learned from how what stands still goes by.

How far away a thing stands is read from how far below the horizon its foot is. With a pitch that is wrong by 1° a bin
at 10 m is taken to stand at 9 or 11 m, and is expected to go by too fast or too slowly; after a few looks in which it
was not found that is as far aside as its neighbour stands. By how much things are found beside their places tells the
one angle that all of them share. Kerbs, which lift what stands on them, count as a part of it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from pipeline.pose import Pose

Array = NDArray[np.float64]
FLOOR_DEG: Final = 0.2
"""It is never known better, so that a street that rises is followed."""
MOST_SIGMAS: Final = 2.0
"""Of the mount's own error: farther it is not followed, whatever drives along and looks as if it stood far away."""
OUTLIER: Final = 2.5
"""In sigmas: what is found farther from its place may move, or be another thing."""
ROUNDS: Final = 3


@dataclass(frozen=True, slots=True)
class Tilt:
    """Degrees to add to every pitch, with its 1-sigma error; most_deg: what it never exceeds."""

    deg: float
    sigma_deg: float
    most_deg: float

    @classmethod
    def unknown(cls, pose: Pose) -> Self:
        """Before anything was seen: the mount as it was told."""
        sigma_deg = max(FLOOR_DEG, pose.pitch_sigma_deg)
        return cls(0.0, sigma_deg, MOST_SIGMAS * sigma_deg)

    def learned(self, off_px: Array, slopes_px: Array, sigma_px: Array, sway_px: float) -> Self:
        """After N things were found again. off_px [N, 2]: from where each was expected to where it was found;
        slopes_px [N, 2]: how that expectation moves with a degree of tilt; sigma_px [N]: error of each; sway_px:
        1-sigma of what all of them lie aside besides.

        Least squares for the tilt and this picture's sway at once, with what is known of either as priors, and without
        what does not fit: one step of a Kalman filter for a constant (Bar-Shalom, Li & Kirubarajan 2001, §5.2).
        """
        rows = np.zeros((len(off_px), 2, 3))
        rows[:, :, 0], rows[:, 0, 1], rows[:, 1, 2] = slopes_px, 1.0, 1.0
        rows, off_px = rows / sigma_px[:, None, None], off_px / sigma_px[:, None]
        prior = np.diag([self.sigma_deg**-2, sway_px**-2, sway_px**-2])
        normal, found, fits = prior, np.zeros(3), np.zeros(len(rows), np.bool_)
        for _ in range(ROUNDS):
            fit = np.linalg.norm(off_px - rows @ found, axis=1) < OUTLIER
            if (fit == fits).all():
                break
            fits, fitting = fit, rows[fit].reshape(-1, 3)
            normal = prior + fitting.T @ fitting
            found = np.linalg.solve(normal, fitting.T @ off_px[fit].ravel())
        deg = float(np.clip(self.deg + found[0], -self.most_deg, self.most_deg))
        return replace(self, deg=deg, sigma_deg=max(FLOOR_DEG, float(np.sqrt(np.linalg.inv(normal)[0, 0]))))
