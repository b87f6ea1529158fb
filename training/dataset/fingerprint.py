"""The perceptual hash of a picture in its eight positions: as it is, mirrored, and turned by quarters."""

from __future__ import annotations

from typing import Final

import imagehash
import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIDE: Final = 16
BITS: Final = SIDE * SIDE
SMALL_PX: Final = 64
TURNS: Final = (
    None,
    Image.Transpose.FLIP_LEFT_RIGHT,
    Image.Transpose.FLIP_TOP_BOTTOM,
    Image.Transpose.ROTATE_180,
    Image.Transpose.ROTATE_90,
    Image.Transpose.ROTATE_270,
    Image.Transpose.TRANSPOSE,
    Image.Transpose.TRANSVERSE,
)


def fingerprint(grey: Image.Image) -> NDArray[np.bool_]:
    """bool [8, 256]: pHash (signs of the 16 x 16 lowest cosine coefficients about their median), a row a position.

    64 bits do not suffice: at the distance that finds a copy sheared by two degrees, unrelated street photos meet too.
    """
    small = grey.resize((SMALL_PX, SMALL_PX), Image.Resampling.LANCZOS)
    rows = [imagehash.phash(small if turn is None else small.transpose(turn), hash_size=SIDE) for turn in TURNS]
    return np.stack([row.hash.ravel() for row in rows])


def distances(ones: NDArray[np.bool_], others: NDArray[np.bool_]) -> NDArray[np.int16]:
    """Differing bits, int16 [N, M], of N prints as they are and M prints in their nearest position.

    ones, others: bool [N, 8, 256] and [M, 8, 256].
    """
    left = np.where(ones[:, 0], np.float32(1), np.float32(-1))
    right = np.where(others, np.float32(1), np.float32(-1))
    nearest = np.full((len(ones), len(others)), BITS, np.int16)
    for position in range(right.shape[1]):
        differing = (BITS - left @ right[:, position].T) / 2
        np.minimum(nearest, differing.astype(np.int16), out=nearest)
    return nearest
