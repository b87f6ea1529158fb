"""How far a picture lies beside where its pose puts it, told by everything in it that is followed.

A vehicle nods and sways, and its course is known to half a degree, so whatever stands still is seen a few pixels beside
its expected place, and everything by nearly the same few. Of one thing alone nobody can say whether it is seen beside
its place or its neighbour in its place; of a row of them, with the distances between, one can. Tried are the shifts
that carry something expected onto something found; the likeliest is refined by all pairs, each as far as it belongs to
it (expectation maximisation, Dempster, Laird & Rubin 1977), and held by what a camera may sway.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.pairing import Pairs

Array = NDArray[np.float64]
SWAY: Final = 0.015
"""1-sigma of both poses together, as a share of the picture's width: 1.0° to 1.7° through lenses of 60° to 90°."""
REACH: Final = 3.0
"""In sigmas: what lies farther beside is not tried."""
UNSEEN: Final = 0.05
"""Of how near a found box must be to count for more than that the thing is not found."""
ROUNDS: Final = 2


def sway(pairs: Pairs, same: NDArray[np.bool_], slack: Array, width_px: int) -> Array:
    """float64 [2] px, right and down: by how much all T expected boxes lie beside what is found; 0 where nothing tells.

    same: bool [T, R], which found box may be which thing. slack [T]: as of `Pairs.near`.
    """
    sigma_px = SWAY * width_px
    tried = pairs.off[same & (np.abs(pairs.off) < REACH * sigma_px).all(axis=2)]
    if not len(tried):
        return np.zeros(2)
    tried = np.concatenate((np.zeros((1, 2)), tried))
    near = np.where(same, pairs.near(slack, tried), 0.0).max(axis=2)
    told = np.log(UNSEEN + near).sum(axis=1) - 0.5 * ((tried / sigma_px) ** 2).sum(axis=1)
    shift: Array = tried[int(told.argmax())]
    for _ in range(ROUNDS):
        share = np.where(same, pairs.near(slack, shift), 0.0)
        share /= UNSEEN + share.sum(axis=1, keepdims=True)
        weight = share[..., None] / (slack[:, None, None] * pairs.size) ** 2
        shift = (weight * pairs.off).sum(axis=(0, 1)) / (weight.sum(axis=(0, 1)) + 1.0 / sigma_px**2)
    return shift
