"""Blends a flat sheet into a photo: perspective, the wall's light, its grain, a shadow at the sheet's edge."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from training.ads.sheet import F32, Sheet
from training.pictures import Image
from training.sources import Box

FAINTEST_CONTRAST: Final = 12.0
"""A sheet that changes the wall by less than this (mean grey levels where it covers) cannot be seen: not hung."""
MARGIN_PX: Final = 12


def light_on_paper(rng: np.random.Generator, canvas: Image) -> NDArray[np.float32]:
    """float32 [H, W, 3] in 0..1: white paper at each place, from the wall's own brightness and tint.

    A wall reflects about half of what paper does. Brightness is followed closely, so that a cast shadow stays an edge.
    """
    longest = max(canvas.shape[:2])
    small = cv2.resize(canvas, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    near = cv2.medianBlur(small, 2 * max(1, longest // 110) + 1)
    near = cv2.resize(near, canvas.shape[1::-1], interpolation=cv2.INTER_LINEAR).astype(np.float32)
    far = cv2.GaussianBlur(canvas, (0, 0), longest / 22).astype(np.float32)
    brightness = ((near + far) / 510).mean(2, keepdims=True)
    tint = canvas.reshape(-1, 3).mean(0).astype(np.float32)
    tint = 1 + 0.35 * (tint / max(float(tint.mean()), 1.0) - 1)
    return np.asarray(np.clip(brightness * float(rng.uniform(1.35, 2.2)), 0.2, 1.0) * tint, np.float32)


def paste(
    rng: np.random.Generator,
    canvas: Image,
    sheet: Sheet,
    corners: NDArray[np.float32],
    light: NDArray[np.float32],
    blur_px: float,
    label: str,
    least_px: int,
    shadow: float = 0.0,
) -> Box | None:
    """Blend one sheet into the canvas (which this picture owns); its visible box, or None if too little shows.

    shadow: how dark the thin shadow is that the sheet's edge casts, 0 (none) to 1.
    """
    height, width = canvas.shape[:2]
    left, top = (max(0, int(np.floor(v)) - MARGIN_PX) for v in corners.min(0))
    right, foot = (int(np.ceil(v)) + MARGIN_PX for v in corners.max(0))
    right, foot = min(width, right), min(height, foot)
    if right - left < least_px or foot - top < least_px:
        return None
    layer = _laid(sheet, corners - np.array([left, top], np.float32), right - left, foot - top, blur_px)
    rows, columns = np.nonzero(layer[..., 3] > 0.3)
    if len(rows) < least_px**2 // 2:
        return None
    x1, x2, y1, y2 = (int(v) for v in (columns.min(), columns.max() + 1, rows.min(), rows.max() + 1))
    if min(x2 - x1, y2 - y1) < least_px - 2:
        return None
    here = slice(top, foot), slice(left, right)
    wall, cover = canvas[here].astype(np.float32), layer[..., 3:]
    lit = _painted(wall, layer, light[here]) if sheet.painted else _printed(rng, wall, layer, light[here])
    if float((np.abs(lit - wall * cover)).sum() / cover.sum() / 3) < FAINTEST_CONTRAST:
        return None
    canvas[here] = np.clip(_shaded(rng, wall, layer[..., 3], shadow) * (1 - cover) + lit, 0, 255)
    return Box(
        label, (left + x1) / width, (top + y1) / height, (left + x2) / width, (top + y2) / height, 1.0, "synthesis"
    )


def _laid(sheet: Sheet, corners: F32, width: int, height: int, blur_px: float) -> F32:
    """float32 [H, W, 4]: the sheet in the picture's perspective, colours multiplied by their cover, all in 0..1."""
    side = np.linalg.norm(corners - np.roll(corners, -1, 0), axis=1)
    small_w, small_h = max(4, round(1.3 * max(side[0], side[2]))), max(4, round(1.3 * max(side[1], side[3])))
    whole = sheet.rgba.astype(np.float32) / 255
    whole[..., :3] *= whole[..., 3:]
    flat = cv2.resize(whole, (small_w, small_h), interpolation=cv2.INTER_AREA)
    here = np.array([[0, 0], [small_w, 0], [small_w, small_h], [0, small_h]], np.float32)
    matrix = cv2.getPerspectiveTransform(here, corners.astype(np.float32))
    laid = cv2.warpPerspective(flat, matrix, (width, height), flags=cv2.INTER_LINEAR)
    return np.asarray(cv2.GaussianBlur(laid, (0, 0), blur_px), np.float32)


def _printed(rng: np.random.Generator, wall: F32, layer: F32, light: F32) -> F32:
    """Paper in the wall's light, with a little of the wall's and the sensor's grain."""
    grain = wall - cv2.GaussianBlur(wall, (0, 0), 3.0)
    noise = rng.normal(0, 2.0, wall.shape).astype(np.float32)
    keep = float(rng.uniform(0.05, 0.4))
    return np.asarray(layer[..., 2::-1] * light * 255 + layer[..., 3:] * (keep * grain + noise), np.float32)


def _painted(wall: F32, layer: F32, light: F32) -> F32:
    """Paint on the wall itself: bricks, plaster and the ribs of a shutter show through as lighter and darker."""
    relief = np.clip((wall + 8) / (cv2.GaussianBlur(wall, (0, 0), 9.0) + 8), 0.5, 1.6)
    return np.asarray(layer[..., 2::-1] * light * 255 * relief, np.float32)


def _shaded(rng: np.random.Generator, wall: F32, cover: F32, shadow: float) -> F32:
    """The wall with the shadow that the sheet's lower edges cast on it."""
    if shadow <= 0:
        return wall
    aside, below = float(rng.uniform(-2.5, 2.5)), float(rng.uniform(0.5, 3.0))
    move = np.array([[1, 0, aside], [0, 1, below]], np.float32)
    cast = cv2.GaussianBlur(cv2.warpAffine(cover, move, cover.shape[::-1]), (0, 0), float(rng.uniform(0.6, 2.0)))
    return np.asarray(wall * (1 - shadow * cast[..., None]), np.float32)
