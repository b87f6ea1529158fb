"""How a wall lies in a picture: a turned plane for walls, a cylinder for posts."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from training.ads.sheet import Rgba
from training.synthesis.walls import Patch

Corners = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Spot:
    """A place on a patch's own flat surface, in pixels from its upper left corner."""

    x: float
    y: float
    width: float
    height: float

    def overlaps(self, other: Spot) -> bool:
        """Do the two share area?"""
        return (
            self.x < other.x + other.width
            and other.x < self.x + self.width
            and self.y < other.y + other.height
            and other.y < self.y + self.height
        )


@dataclass(frozen=True, slots=True, eq=False)
class Plane:
    """A flat wall: float64 [3, 3] from the patch's own pixels to the picture's."""

    matrix: NDArray[np.float64]

    @classmethod
    def drawn(cls, rng: np.random.Generator, patch: Patch) -> Plane:
        """A wall turned left or right by up to a third, verticals kept."""
        x, y, width, height = patch.x, patch.y, patch.width, patch.height
        most = float(rng.choice([0.1, 0.3]))
        turn, slope = float(rng.uniform(-most, most)), float(rng.uniform(-0.05, 0.05)) * width
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
        return cls(np.asarray(cv2.getPerspectiveTransform(here, there), np.float64))

    def corners(self, spot: Spot, tilt_deg: float) -> Corners:
        """float32 [4, 2]: where a sheet's corners come to lie in the picture, clockwise from its upper left one."""
        angle = np.deg2rad(tilt_deg)
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        w, h = spot.width, spot.height
        local = np.array([[-w, -h], [w, -h], [w, h], [-w, h]]) / 2 @ turn.T + (spot.x + w / 2, spot.y + h / 2)
        return np.asarray(cv2.perspectiveTransform(local[None].astype(np.float64), self.matrix)[0], np.float32)


def wrapped(rgba: Rgba, left: float, right: float, bow: float, shaded: float) -> tuple[Rgba, float, float]:
    """A sheet bent around a post that is seen from the front, and where it then begins and ends across the post.

    left, right: its edges as angles around the post, -1 (left silhouette) to 1 (right one); beyond them it is hidden.
    bow: how far its rows bend at the silhouette, in sheet heights (a camera below or above sees rings). shaded: how
    much darker the silhouette is. Returned edges are -1..1 across the post as it is seen.
    """
    height, width = rgba.shape[:2]
    seen_left, seen_right = (float(np.sin(np.clip(edge, -1, 1) * np.pi / 2)) for edge in (left, right))
    pad = int(np.ceil(abs(bow) * height))
    across = np.linspace(seen_left, seen_right, width, dtype=np.float32)
    source_x = (np.arcsin(np.clip(across, -1, 1)) * 2 / np.pi - left) / (right - left) * (width - 1)
    depth = 1 - np.sqrt(np.clip(1 - across**2, 0, 1))
    y = np.arange(height + 2 * pad, dtype=np.float32)[:, None]
    source_y = y - pad - bow * height * depth[None, :]
    bent = cv2.remap(
        rgba, np.broadcast_to(source_x, source_y.shape).astype(np.float32), source_y.astype(np.float32),
        cv2.INTER_LINEAR, borderValue=(0, 0, 0, 0),
    )  # fmt: skip
    bent[..., :3] = bent[..., :3] * (1 - shaded * depth)[None, :, None]
    return np.asarray(bent, np.uint8), seen_left, seen_right
