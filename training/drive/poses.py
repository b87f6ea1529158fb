"""Cameras: where they stand and look, and which pixel sees a point. Pure.

Street frame as in `scene`. yaw_deg is counter-clockwise from +x, pitch_deg positive upwards, roll_deg positive
clockwise as seen from behind the camera.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.drive.scene import Thing


@dataclass(frozen=True, slots=True)
class Lens:
    """A pinhole without distortion; the principal point is the middle of the picture."""

    width_px: int
    height_px: int
    hfov_deg: float

    @property
    def focal_px(self) -> float:
        return self.width_px / 2 / math.tan(math.radians(self.hfov_deg) / 2)


@dataclass(frozen=True, slots=True)
class View:
    """One camera pose in the street frame."""

    x_m: float
    y_m: float
    z_m: float
    yaw_deg: float
    pitch_deg: float
    roll_deg: float

    def axes(self) -> NDArray[np.float64]:
        """Rows: the camera's right, down and forward directions in the street frame; float64 [3, 3]."""
        yaw, pitch, roll = (math.radians(a) for a in (self.yaw_deg, self.pitch_deg, self.roll_deg))
        forward = np.array([math.cos(pitch) * math.cos(yaw), math.cos(pitch) * math.sin(yaw), math.sin(pitch)])
        level = np.array([math.sin(yaw), -math.cos(yaw), 0.0])
        below = np.cross(forward, level)
        right = level * math.cos(roll) + below * math.sin(roll)
        return np.stack([right, np.cross(forward, right), forward])


def project(view: View, lens: Lens, points_m: NDArray[np.float64]) -> NDArray[np.float64]:
    """Street points [N, 3] as pixels and depth [N, 3]: x right, y down, metres forward (≤ 0 behind the camera)."""
    seen = (points_m - np.array([view.x_m, view.y_m, view.z_m])) @ view.axes().T
    depth = np.where(np.abs(seen[:, 2]) < 1e-9, 1e-9, seen[:, 2])
    x = lens.width_px / 2 + lens.focal_px * seen[:, 0] / depth
    y = lens.height_px / 2 + lens.focal_px * seen[:, 1] / depth
    return np.stack([x, y, seen[:, 2]], axis=1)


def corners(thing: Thing) -> NDArray[np.float64]:
    """The eight corners of a thing's upright box in the street frame, float64 [8, 3]."""
    length, width, height = thing.size_m
    a = math.radians(thing.heading_deg)
    found = []
    for u in (-0.5, 0.5):
        for v in (-0.5, 0.5):
            for w in (0.0, 1.0):
                x, y = u * length, v * width
                found.append(
                    (
                        thing.x_m + x * math.cos(a) - y * math.sin(a),
                        thing.y_m + x * math.sin(a) + y * math.cos(a),
                        thing.z_m + w * height,
                    )
                )
    return np.array(found)


def middle(thing: Thing) -> NDArray[np.float64]:
    """The centre of a thing's box, float64 [1, 3]."""
    return np.array([[thing.x_m, thing.y_m, thing.z_m + thing.size_m[2] / 2]])


def outline(view: View, lens: Lens, thing: Thing) -> tuple[float, float, float, float] | None:
    """The picture box around a thing's projected corners, cut to the picture; None where it is not in view."""
    seen = project(view, lens, corners(thing))
    if np.any(seen[:, 2] < 0.2):
        return None
    x0, y0 = max(0.0, float(seen[:, 0].min())), max(0.0, float(seen[:, 1].min()))
    x1, y1 = min(float(lens.width_px), float(seen[:, 0].max())), min(float(lens.height_px), float(seen[:, 1].max()))
    return (x0, y0, x1, y1) if x1 > x0 and y1 > y0 else None
