"""Reading pictures: WebP, JPEG and PNG alike."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from training.errors import TrainingError

Image = NDArray[np.uint8]


def read_picture(path: Path) -> Image:
    """A picture as uint8 [H, W, 3] BGR."""
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if picture is None:
        raise TrainingError(f"{path}: not a readable picture; remove it or fetch it again.")
    return np.asarray(picture, np.uint8)
