"""How a traverse is explained: its φ, and which case each sighting shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from server.association.fit import Match
from server.association.plane import Floats

SURE: Final = 50.0
"""Log-odds are not told beyond this."""


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """phi [4] with covariance [4, 4], relative to the map of known cases; match: for each sighting the column of its
    case, or −1; margin: log-odds of each decision against its best alternative; gains [N, M]: log-odds of each match
    when φ is only known from the others."""

    phi: Floats
    covariance: Floats
    match: Match
    margin: tuple[float, ...]
    gains: Floats

    @classmethod
    def unmatched(cls, covariance: Floats, gains: Floats) -> Solution:
        """Nothing can be matched, so that φ is as open as before."""
        count = len(gains)
        return cls(np.zeros(4), covariance, (-1,) * count, (0.0,) * count, gains)

    def maybe(self) -> Floats:
        """[M] probability that a case was seen although the match leaves it out."""
        left = [row for row, column in enumerate(self.match) if column < 0]
        if not left:
            return np.zeros(self.gains.shape[1])
        loose = self.gains[left].max(axis=0, initial=-SURE)
        return np.asarray(1.0 / (1.0 + np.exp(-np.minimum(loose, SURE))))
