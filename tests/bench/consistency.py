"""Whether errors are as large as their covariances say: shares inside ellipses and NEES, with honest intervals.

Errors of one pass hang together (one receiver's bias, one mount), so the unit that is independent is the pass, not the
track: intervals are cluster-robust over passes (Liang & Zeger 1986, the ratio estimator of a mean over clusters).

NEES is the squared Mahalanobis distance of the error, on average 2 in the plane for a true covariance; the band in
which the mean of n independent ones lies in 95 of 100 cases is chi² of 2n over n (Bar-Shalom, Li & Kirubarajan 2001,
§5.4.2). n is taken as 4 over the variance of the mean, since a NEES has a variance of 4: passes whose errors hang
together count for less.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
CHI2_95: Final = 5.991
Z_95: Final = 1.96


@dataclass(frozen=True, slots=True, eq=False)
class Miss:
    """One placed track against its thing.

    drive, draw: the pass, and with which errors it was seen. off: east and north (m) from the truth, by a receiver
    without bias; own: covariance [2, 2] without the receiver's. pure: share of its views that show that thing.
    """

    drive: str
    draw: int
    label: str
    range_m: float
    bearing_deg: float
    views: int
    pure: float
    off: Array
    own: Array


@dataclass(frozen=True, slots=True)
class Receiver:
    """errs_m: 1-sigma per axis of its bias, one for a pass; claims_m: what it says that is."""

    errs_m: float
    claims_m: float


@dataclass(frozen=True, slots=True)
class Measured:
    """A mean over tracks with half its 95 % interval."""

    mean: float
    half: float

    @classmethod
    def over(cls, values: Array, passes: Array) -> Measured:
        """values [N] of tracks, passes [N] the pass of each; the interval is infinite with fewer than two passes."""
        _, member = np.unique(passes, return_inverse=True)
        mean = float(values.mean())
        rest = np.bincount(member, values - mean)
        count = len(rest)
        if count < 2:
            return cls(mean, math.inf)
        variance = float(rest @ rest) * count / (count - 1) / len(values) ** 2
        return cls(mean, Z_95 * math.sqrt(variance))

    @property
    def nees_band(self) -> tuple[float, float]:
        """Where the mean of NEES should lie, were it measured with this interval on true covariances."""
        effective = min(1e6, max(1e-3, 4.0 / max(1e-9, (self.half / Z_95) ** 2)))
        low, high = (chi2_quantile(2.0 * effective, z) / effective for z in (-Z_95, Z_95))
        return low, high


def chi2_quantile(freedom: float, z: float) -> float:
    """Of chi² with so many degrees of freedom, the quantile at a normal deviate z (Wilson & Hilferty 1931)."""
    part = 2.0 / (9.0 * freedom)
    return freedom * max(0.0, 1.0 - part + z * math.sqrt(part)) ** 3


@dataclass(frozen=True, slots=True, eq=False)
class Errors:
    """N tracks, each under K receivers: off_m [N, K] and nees [N, K]; passes [N] numbers the pass of each."""

    misses: tuple[Miss, ...]
    off_m: Array
    nees: Array
    passes: NDArray[np.int64]

    @classmethod
    def under(cls, misses: Sequence[Miss], receiver: Receiver, draws: int) -> Errors:
        """All passes seen again by so many receivers: a bias shifts every pose of a pass alike, and so every place."""
        names = sorted({(one.drive, one.draw) for one in misses})
        number = {name: at for at, name in enumerate(names)}
        passes = np.array([number[one.drive, one.draw] for one in misses], np.int64)
        count = draws if receiver.errs_m > 0.0 else 1
        bias = np.random.default_rng(7).normal(0.0, 1.0, (len(names), count, 2)) * receiver.errs_m
        off = np.array([one.off for one in misses]).reshape(-1, 1, 2) + bias[passes]
        spread = np.array([one.own for one in misses]).reshape(-1, 2, 2) + receiver.claims_m**2 * np.eye(2)
        nees = np.einsum("nki,nij,nkj->nk", off, np.linalg.inv(spread), off)
        return cls(tuple(misses), np.asarray(np.linalg.norm(off, axis=2)), np.asarray(nees), passes)

    def __getitem__(self, pick: NDArray[np.bool_]) -> Errors:
        kept = tuple(one for one, keep in zip(self.misses, pick, strict=True) if keep)
        return Errors(kept, self.off_m[pick], self.nees[pick], self.passes[pick])

    @property
    def radius_m(self) -> float:
        """The sigma of a circle as large as the median ellipse, without the receiver's error."""
        return float(np.median([np.linalg.det(one.own) ** 0.25 for one in self.misses]))

    @property
    def inside(self) -> Measured:
        """The share of true places inside the 95 % ellipse."""
        return Measured.over((self.nees < CHI2_95).mean(axis=1), self.passes)

    @property
    def mean_nees(self) -> Measured:
        return Measured.over(self.nees.mean(axis=1), self.passes)
