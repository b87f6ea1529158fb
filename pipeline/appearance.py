"""What a thing looks like, in 56 numbers: enough to tell one heap from the next, and the same heap in another light.

Three parts of equal weight: colour after the picture's own light is divided out, edges by direction in four quarters
(Dalal and Triggs, CVPR 2005, made coarse), and the coarse layout of light and dark. Each part is normalised by itself,
so exposure and contrast cancel. Two vectors are compared by their dot product.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

SIDE_PX: Final = 64
CONTEXT: Final = 0.1
DIRECTIONS: Final = 6
CHROMA_BINS: Final = 4
LAYOUT: Final = 4
WIDTH: Final = CHROMA_BINS**2 + 4 * DIRECTIONS + LAYOUT**2

Floats = NDArray[np.float64]


def appearance(image: NDArray[np.uint8], xyxy: tuple[float, float, float, float]) -> tuple[float, ...]:
    """A unit vector of WIDTH numbers for a box in a uint8 [H, W, 3] BGR picture; empty where it has no pixels."""
    crop = _crop(image, xyxy)
    if crop is None:
        return ()
    even = crop.astype(np.float32) * _light(image)
    grey = cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY).astype(np.float32)
    parts = (_colour(even), _edges(grey), _layout(grey))
    joined = np.concatenate([_unit(part) for part in parts])
    return tuple(float(value) for value in np.round(_unit(joined), 5))


def _crop(image: NDArray[np.uint8], xyxy: tuple[float, float, float, float]) -> NDArray[np.uint8] | None:
    """The box with a little around it, at SIDE_PX square."""
    x1, y1, x2, y2 = xyxy
    margin_x, margin_y = CONTEXT * (x2 - x1), CONTEXT * (y2 - y1)
    height, width = image.shape[:2]
    left, right = max(int(x1 - margin_x), 0), min(int(np.ceil(x2 + margin_x)), width)
    top, bottom = max(int(y1 - margin_y), 0), min(int(np.ceil(y2 + margin_y)), height)
    if right - left < 2 or bottom - top < 2:
        return None
    part = image[top:bottom, left:right]
    return np.asarray(cv2.resize(part, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA), np.uint8)


def _light(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """[3] factors that make the whole picture grey on average (the grey-world estimate), kept within a factor of 2."""
    mean = np.maximum(np.array(cv2.mean(image[::4, ::4])[:3]), 1.0)
    return np.asarray(np.clip(mean.mean() / mean, 0.5, 2.0), np.float32)


def _colour(even: NDArray[np.float32]) -> Floats:
    """[16] how much of each chroma, softly binned: red against green, and yellow against blue, over the brightness."""
    total = even.sum(axis=2) + 30.0
    blue, green, red = even[..., 0], even[..., 1], even[..., 2]
    first = 1.5 * (red - green) / total
    second = 1.5 * (0.5 * (red + green) - blue) / total
    weights = np.ones((SIDE_PX * SIDE_PX, 1), np.float64)
    for chroma in (first, second):
        # Bins widen away from grey, where most of a street is.
        place = (np.tanh(chroma.ravel() * 4.0) + 1.0) / 2.0 * (CHROMA_BINS - 1)
        soft = np.maximum(0.0, 1.0 - np.abs(place[:, None] - np.arange(CHROMA_BINS)))
        weights = (weights[:, :, None] * soft[:, None, :]).reshape(len(soft), -1)
    return np.asarray(np.sqrt(weights.mean(axis=0)))


def _edges(grey: NDArray[np.float32]) -> Floats:
    """[4 * DIRECTIONS] strength of edges by direction in each quarter, softly binned."""
    soft = cv2.GaussianBlur(grey, (0, 0), 1.0)
    dx, dy = cv2.Sobel(soft, cv2.CV_32F, 1, 0), cv2.Sobel(soft, cv2.CV_32F, 0, 1)
    strength = np.sqrt(np.hypot(dx, dy))
    place = np.mod(np.arctan2(dy, dx), np.pi) / np.pi * DIRECTIONS
    low = np.floor(place).astype(np.int64) % DIRECTIONS
    share = place - np.floor(place)
    rows, columns = np.indices(grey.shape) * 2 // SIDE_PX
    quarter = (rows * 2 + columns) * DIRECTIONS
    size = 4 * DIRECTIONS
    first = np.bincount((quarter + low).ravel(), (strength * (1 - share)).ravel(), size)
    second = np.bincount((quarter + (low + 1) % DIRECTIONS).ravel(), (strength * share).ravel(), size)
    return np.asarray(first + second - (first + second).mean())


def _layout(grey: NDArray[np.float32]) -> Floats:
    """[16] brightness on a coarse grid, mean taken away."""
    coarse = cv2.resize(grey, (LAYOUT, LAYOUT), interpolation=cv2.INTER_AREA).astype(np.float64).ravel()
    return np.asarray(coarse - coarse.mean())


def _unit(vector: Floats) -> Floats:
    length = float(np.linalg.norm(vector))
    return vector / length if length > 1e-9 else np.zeros_like(vector)
