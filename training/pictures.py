"""Reading pictures, WebP, JPEG and PNG alike, and writing them as JPEG."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from training.errors import TrainingError
from training.files import write_whole

Image = NDArray[np.uint8]


def read_picture(path: Path) -> Image:
    """A picture as uint8 [H, W, 3] BGR."""
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if picture is None:
        raise TrainingError(f"{path}: not a readable picture; remove it or fetch it again.")
    return np.asarray(picture, np.uint8)


def write_jpeg(path: Path, picture: Image, quality: int) -> None:
    """A JPEG that is there whole or not at all: one that a kill cut short would be trained on by every later run."""
    made, content = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not made:
        raise TrainingError(f"{path}: OpenCV makes no JPEG of {picture.shape[1]} x {picture.shape[0]} pixels.")
    write_whole(path, content.tobytes())
