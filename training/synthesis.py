"""Pastes drawn ads onto photographed walls, so that a detector can learn sticker ads: no labelled photos exist.

A patch of wall is looked for (calm texture, not sky or leaves, clear of what is labelled), a plane is laid on it,
and ads are pasted with the plane's perspective, the wall's light and some of its grain. Ads that hang together are
labelled as one box, since one crew clears them as one problem; ads apart as one each. Everything follows from the
seed and the photo's name.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from training.ads import Ad, AdKind, draw_ad
from training.sources import Box

Image = NDArray[np.uint8]
Plane = NDArray[np.float64]

LONG_SIDE_PX: Final = 800
SMALLEST_AD_PX: Final = 9
TOGETHER: Final = 0.8
"""Ads nearer to one another than this share of the smaller one's longer side are one problem, hence one box."""
FAINTEST_CONTRAST: Final = 9.0
"""An ad that changes the wall by less than this (mean grey levels where it covers) cannot be seen and is not hung."""
KINDS: Final = (AdKind.STICKER, AdKind.POSTER, AdKind.FLYER, AdKind.STENCIL)
KIND_SHARES: Final = (0.5, 0.2, 0.1, 0.2)


@dataclass(frozen=True, slots=True)
class Band:
    """Where walls are likely in a source's photos, in fractions of the height; must ads hang beside labelled tags?"""

    top: float
    bottom: float
    near_boxes: bool


@dataclass(frozen=True, slots=True)
class Pasted:
    """A picture with ads on it: uint8 [H, W, 3] BGR, and the ads' boxes."""

    picture: Image
    ads: tuple[Box, ...]


def paste_ads(
    picture: Image, taken: Sequence[Box], band: Band, fonts: Sequence[Path], seed: int, name: str
) -> Pasted | None:
    """Paste one or two groups of ads onto a photo's walls; None where no calm patch of wall is found.

    `taken` are the boxes that must not be covered (with `near_boxes`, those that the ads should hang beside).
    """
    rng = np.random.default_rng([seed, zlib.crc32(name.encode())])
    scale = min(1.0, LONG_SIDE_PX / max(picture.shape[:2]))
    canvas = (
        cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else picture.copy()
    )
    calm = _calm_map(canvas)
    boxes: list[Box] = []
    for _ in range(1 + int(rng.random() < 0.35)):
        patch = _wall_patch(rng, calm, [*taken, *boxes], band)
        if patch is not None:
            canvas, pasted = _hang(rng, canvas, patch, fonts)
            boxes += pasted
    if not boxes:
        return None
    return Pasted(canvas, tuple(together_as_one(boxes, canvas.shape[1], canvas.shape[0])))


def together_as_one(boxes: Sequence[Box], width_px: int, height_px: int) -> list[Box]:
    """Boxes of one label that hang together become their common box; the outcome does not depend on their order."""
    left = list(boxes)
    merged = True
    while merged:
        merged = False
        for i in range(len(left)):
            for j in range(i + 1, len(left)):
                if left[i].label == left[j].label and _together(left[i], left[j], width_px, height_px):
                    one, other = left[i], left.pop(j)
                    left[i] = Box(
                        one.label, min(one.x1, other.x1), min(one.y1, other.y1),
                        max(one.x2, other.x2), max(one.y2, other.y2),
                        min(one.score, other.score), one.by,
                    )  # fmt: skip
                    merged = True
                    break
            if merged:
                break
    return sorted(left, key=lambda box: (box.x1, box.y1, box.x2, box.y2))


def _together(one: Box, other: Box, width_px: int, height_px: int) -> bool:
    gap_x = max(one.x1, other.x1) - min(one.x2, other.x2)
    gap_y = max(one.y1, other.y1) - min(one.y2, other.y2)
    side_px = min(max(box.width * width_px, box.height * height_px) for box in (one, other))
    return max(gap_x * width_px, gap_y * height_px) < TOGETHER * side_px


def _calm_map(canvas: Image) -> NDArray[np.float32]:
    """float32 [H, W], low where a wall could be: strength of edges, plus penalties for sky and leaves."""
    grey = cv2.GaussianBlur(cv2.cvtColor(canvas, cv2.COLOR_BGR2GRAY).astype(np.float32), (0, 0), 1.2)
    edges = np.hypot(cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1))
    hue, saturation, value = cv2.split(cv2.cvtColor(canvas, cv2.COLOR_BGR2HSV).astype(np.float32))
    leaves = (hue > 28) & (hue < 90) & (saturation > 60)
    blue_sky = (hue > 92) & (hue < 128) & (saturation > 35) & (value > 130)
    white_sky = (value > 238) & (saturation < 18)
    black = value < 18
    return edges + 60.0 * (leaves | blue_sky | white_sky | black)


def _wall_patch(
    rng: np.random.Generator, calm: NDArray[np.float32], taken: Sequence[Box], band: Band
) -> tuple[int, int, int, int] | None:
    """The calmest of many random rectangles (x, y, width, height in px) inside the band, or None if none is calm."""
    height, width = calm.shape
    total = cv2.integral(calm)
    blocked = cv2.integral(_mask(taken, width, height))
    best: tuple[float, tuple[int, int, int, int]] | None = None
    for _ in range(400):
        patch_w = int(width * np.exp(rng.uniform(np.log(0.14), np.log(0.6))))
        patch_h = int(patch_w * rng.uniform(0.5, 1.3))
        top, bottom = int(band.top * height), int(band.bottom * height) - patch_h
        if bottom <= top or patch_w >= width - 2:
            continue
        x, y = int(rng.integers(0, width - patch_w)), int(rng.integers(top, bottom))
        if band.near_boxes and not _near(taken, (x + patch_w / 2) / width, (y + patch_h / 2) / height):
            continue
        area = patch_w * patch_h
        busy = _inside(total, x, y, patch_w, patch_h) / area
        covered = _inside(blocked, x, y, patch_w, patch_h) / area
        cost = busy * float(rng.uniform(0.8, 1.25)) + 120.0 * covered - 9.0 * np.log(area / 4000.0)
        if busy < 34.0 and covered < 0.12 and (best is None or cost < best[0]):
            best = (cost, (x, y, patch_w, patch_h))
    return None if best is None else best[1]


def _mask(boxes: Sequence[Box], width: int, height: int) -> NDArray[np.uint8]:
    mask = np.zeros((height, width), np.uint8)
    for box in boxes:
        mask[
            int(box.y1 * height) : int(np.ceil(box.y2 * height)), int(box.x1 * width) : int(np.ceil(box.x2 * width))
        ] = 1
    return mask


def _inside(integral: NDArray[np.float64], x: int, y: int, width: int, height: int) -> float:
    return float(integral[y + height, x + width] - integral[y, x + width] - integral[y + height, x] + integral[y, x])


def _near(boxes: Sequence[Box], x: float, y: float) -> bool:
    """Is the point beside one of the boxes: within its rows, and within a box's width or two of it?"""
    return any(
        box.label == "illegal_ad"
        and box.y1 - 0.3 * box.height < y < box.y2 + 0.1 * box.height
        and box.x1 - 1.5 * max(box.width, 0.1) < x < box.x2 + 1.5 * max(box.width, 0.1)
        for box in boxes
    )


def _hang(
    rng: np.random.Generator, canvas: Image, patch: tuple[int, int, int, int], fonts: Sequence[Path]
) -> tuple[Image, list[Box]]:
    """Draw and paste a group of ads onto a patch of wall; returns the new picture and a box an ad."""
    x, y, width, height = patch
    plane = _plane(rng, x, y, width, height)
    long_side = max(canvas.shape[:2])
    px_a_metre = long_side * float(np.exp(rng.uniform(np.log(0.09), np.log(0.6))))
    px_a_metre = min(px_a_metre, 1.6 * min(width, height))
    count = int(rng.choice([1, rng.integers(2, 6), rng.integers(6, 15)], p=[0.25, 0.4, 0.35]))
    light = light_on_paper(rng, canvas)
    one_design = draw_ad(rng, fonts, _kind(rng)) if rng.random() < 0.25 else None
    blur_px, tilt_deg = float(rng.uniform(0.3, 1.0)), float(rng.choice([2.5, 6.0, 20.0], p=[0.5, 0.4, 0.1]))
    placed: list[tuple[float, float, float, float]] = []
    boxes: list[Box] = []
    for _ in range(count):
        ad = one_design or draw_ad(rng, fonts, _kind(rng))
        spot = _spot(rng, ad, px_a_metre, width, height, placed)
        if spot is None:
            continue
        corners = _corners(rng, spot, plane, tilt_deg)
        box = paste(rng, canvas, ad, corners, light, blur_px, "illegal_ad", SMALLEST_AD_PX)
        if box is not None:
            placed.append(spot)
            boxes.append(box)
    return canvas, boxes


def _kind(rng: np.random.Generator) -> AdKind:
    return KINDS[int(rng.choice(len(KINDS), p=KIND_SHARES))]


def _plane(rng: np.random.Generator, x: int, y: int, width: int, height: int) -> Plane:
    """float64 [3, 3], from the patch's own pixels to the picture's: a wall turned left or right, verticals kept."""
    turn, slope = float(rng.uniform(-0.22, 0.22)), float(rng.uniform(-0.05, 0.05)) * width
    left, right = height * (1 + turn) / 2, height * (1 - turn) / 2
    squeeze = width * (1 - abs(turn)) / 2
    centre_x, centre_y = x + width / 2, y + height / 2
    there = np.array(
        [
            [centre_x - squeeze, centre_y - left - slope], [centre_x + squeeze, centre_y - right + slope],
            [centre_x + squeeze, centre_y + right + slope], [centre_x - squeeze, centre_y + left - slope],
        ], np.float32,
    )  # fmt: skip
    here = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    return np.asarray(cv2.getPerspectiveTransform(here, there), np.float64)


def _spot(
    rng: np.random.Generator, ad: Ad, px_a_metre: float, width: int, height: int, placed: Sequence[tuple[float, ...]]
) -> tuple[float, float, float, float] | None:
    """A place on the patch (x, y, width, height) that mostly keeps clear of the ads already there."""
    ad_h, ad_w = ad.rgba.shape[:2]
    scale = ad.long_side_m * px_a_metre / max(ad_h, ad_w)
    w, h = ad_w * scale, ad_h * scale
    if min(w, h) < SMALLEST_AD_PX or w > width or h > height:
        return None
    may_overlap = rng.random() < 0.15
    for _ in range(12):
        x, y = float(rng.uniform(0, width - w)), float(rng.uniform(0, height - h))
        clear = all(x > px + pw or px > x + w or y > py + ph or py > y + h for px, py, pw, ph in placed)
        if clear or may_overlap:
            return x, y, w, h
    return None


def _corners(
    rng: np.random.Generator, spot: tuple[float, float, float, float], plane: Plane, tilt_deg: float
) -> NDArray[np.float32]:
    """float32 [4, 2]: where the ad's corners come to lie in the picture."""
    x, y, w, h = spot
    angle = np.deg2rad(rng.normal(0, tilt_deg / 2))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    local = np.array([[-w, -h], [w, -h], [w, h], [-w, h]]) / 2 @ turn.T + (x + w / 2, y + h / 2)
    return np.asarray(cv2.perspectiveTransform(local[None].astype(np.float64), plane)[0], np.float32)


def light_on_paper(rng: np.random.Generator, canvas: Image) -> NDArray[np.float32]:
    """float32 [H, W, 3] in 0..1: white paper at each place, from the wall's own brightness and tint."""
    smooth = cv2.GaussianBlur(canvas, (0, 0), max(canvas.shape[:2]) / 22).astype(np.float32) / 255
    brightness = smooth.mean(2, keepdims=True)
    tint = canvas.reshape(-1, 3).mean(0).astype(np.float32)
    tint = 1 + 0.35 * (tint / max(float(tint.mean()), 1.0) - 1)
    return np.clip(brightness * float(rng.uniform(1.25, 1.9)), 0.16, 0.97) * tint


def paste(
    rng: np.random.Generator,
    canvas: Image,
    ad: Ad,
    corners: NDArray[np.float32],
    light: NDArray[np.float32],
    blur_px: float,
    label: str,
    least_px: int,
) -> Box | None:
    """Blend one ad into the canvas (which this picture owns); its visible box, or None if too little shows."""
    height, width = canvas.shape[:2]
    side = np.linalg.norm(corners - np.roll(corners, -1, 0), axis=1)
    small_w, small_h = max(4, round(1.3 * max(side[0], side[2]))), max(4, round(1.3 * max(side[1], side[3])))
    flat = ad.rgba.astype(np.float32) / 255
    flat[..., :3] *= flat[..., 3:]
    flat = cv2.resize(flat, (small_w, small_h), interpolation=cv2.INTER_AREA)
    here = np.array([[0, 0], [small_w, 0], [small_w, small_h], [0, small_h]], np.float32)
    layer = cv2.warpPerspective(
        flat, cv2.getPerspectiveTransform(here, corners), (width, height), flags=cv2.INTER_LINEAR
    )
    layer = cv2.GaussianBlur(layer, (0, 0), blur_px)
    rows, columns = np.nonzero(layer[..., 3] > 0.3)
    if len(rows) < least_px**2 // 2:
        return None
    x1, x2, y1, y2 = int(columns.min()), int(columns.max()) + 1, int(rows.min()), int(rows.max()) + 1
    if min(x2 - x1, y2 - y1) < least_px - 2:
        return None
    pad = slice(max(0, y1 - 4), y2 + 4), slice(max(0, x1 - 4), x2 + 4)
    wall = canvas[pad].astype(np.float32)
    grain = wall - cv2.GaussianBlur(wall, (0, 0), 3.0)
    ink, cover = layer[pad][..., 2::-1], layer[pad][..., 3:] * (0.85 if ad.kind is AdKind.STENCIL else 1.0)
    keep_grain = 0.8 if ad.kind is AdKind.STENCIL else float(rng.uniform(0.1, 0.45))
    noise = rng.normal(0, 2.0, wall.shape)
    lit = ink * light[pad] * 255 + cover * (keep_grain * grain + noise)
    changed = np.clip(wall * (1 - cover) + lit, 0, 255)
    if float((np.abs(changed - wall) * cover).sum() / cover.sum() / 3) < FAINTEST_CONTRAST:
        return None
    canvas[pad] = changed.astype(np.uint8)
    return Box(label, x1 / width, y1 / height, x2 / width, y2 / height, 1.0, "synthesis")
