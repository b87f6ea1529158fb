"""How a camera looks: axes from angles, pixels to rays and points to pixels.

World axes are east, north, up (metres); camera axes are x right, y down, z forward, as in an image. Angles are those of
`pipeline.pose`: heading clockwise from north, pitch above the horizon, roll clockwise as seen from behind the camera.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from pipeline.geo import wrap_360
from pipeline.pose import Camera, Mount, Pose

Axes = NDArray[np.float64]
Vector = tuple[float, float, float]
"""East, north, up. Of one point at a time plain floats are several times as quick as arrays."""
Directions = tuple[Vector, Vector, Vector]
"""A camera's right, down and forward."""


@dataclass(frozen=True, slots=True)
class Looks:
    """The three angles of a camera or of what carries it."""

    heading_deg: float
    pitch_deg: float = 0.0
    roll_deg: float = 0.0


@lru_cache(maxsize=64)
def directions_of(heading_deg: float, pitch_deg: float, roll_deg: float = 0.0) -> Directions:
    """Where a camera's right, down and forward point.

    Kept for the last few poses, as are `axes_of`: every thing that is followed asks for those of the same two.
    """
    sin_h, cos_h = math.sin(math.radians(heading_deg)), math.cos(math.radians(heading_deg))
    sin_p, cos_p = math.sin(math.radians(pitch_deg)), math.cos(math.radians(pitch_deg))
    sin_r, cos_r = math.sin(math.radians(roll_deg)), math.cos(math.radians(roll_deg))
    above = -sin_h * sin_p, -cos_h * sin_p, cos_p
    right = cos_r * cos_h - sin_r * above[0], cos_r * -sin_h - sin_r * above[1], -sin_r * above[2]
    down = -(cos_r * above[0] + sin_r * cos_h), -(cos_r * above[1] - sin_r * sin_h), -cos_r * above[2]
    return right, down, (sin_h * cos_p, cos_h * cos_p, sin_p)


@lru_cache(maxsize=64)
def axes_of(heading_deg: float, pitch_deg: float, roll_deg: float = 0.0) -> Axes:
    """A 3×3 matrix whose columns are `directions_of`, in east, north, up; read-only."""
    axes = np.array(directions_of(heading_deg, pitch_deg, roll_deg)).T.copy()
    axes.flags.writeable = False
    return axes


def dot(one: Vector, other: Vector) -> float:
    """The scalar product."""
    return one[0] * other[0] + one[1] * other[1] + one[2] * other[2]


def angles_of(axes: Axes) -> Looks:
    """Heading (0..360), pitch and roll of camera axes; looking straight up or down, roll is taken as 0."""
    right, down, forward = axes.T.tolist()
    pitch = math.degrees(math.asin(max(-1.0, min(1.0, forward[2]))))
    if math.hypot(forward[0], forward[1]) < 1e-9:
        side = 1.0 if forward[2] < 0 else -1.0
        return Looks(wrap_360(math.degrees(math.atan2(-down[0] * side, -down[1] * side))), pitch, 0.0)
    heading = math.degrees(math.atan2(forward[0], forward[1]))
    roll = math.degrees(math.atan2(-right[2], -down[2]))
    return Looks(wrap_360(heading), pitch, roll)


def mounted(body: Looks, mount: Mount) -> Looks:
    """Where a camera points that is mounted on a vehicle which looks this way."""
    carrier = axes_of(body.heading_deg, body.pitch_deg, body.roll_deg)
    right, forward, up = carrier[:, 0], carrier[:, 2], -carrier[:, 1]
    on_body = axes_of(mount.yaw_deg, mount.pitch_deg, mount.roll_deg)
    return angles_of(np.column_stack((right, forward, up)) @ on_body)


def ray_of(camera: Camera, pose: Pose, x_px: float, y_px: float) -> NDArray[np.float64]:
    """The unit vector (east, north, up) along which a pixel looks."""
    ray = np.array([(x_px - camera.cx_px) / camera.fx_px, (y_px - camera.cy_px) / camera.fy_px, 1.0])
    world: NDArray[np.float64] = axes_of(pose.heading_deg, pose.pitch_deg, pose.roll_deg) @ ray
    return world / float(np.linalg.norm(world))


def pixel_of(camera: Camera, axes: Axes, away_m: NDArray[np.float64]) -> tuple[float, float] | None:
    """The pixel at which a point is seen that lies `away_m` (east, north, up) from the camera; None behind it."""
    x, y, z = (float(part) for part in axes.T @ away_m)
    if z <= 1e-6:
        return None
    return camera.cx_px + camera.fx_px * x / z, camera.cy_px + camera.fy_px * y / z
