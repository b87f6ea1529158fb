"""Where a thing that stands on the ground should appear in the next picture, from the two poses alone.

The foot of its box is cast onto level ground under the first camera and projected into the second; the box keeps its
shape and is scaled by the ratio of depths. Good to the poses' relative error, which within a pass is centimetres.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Self

from pipeline.boxes import Box
from pipeline.geo import LocalFrame
from pipeline.pose import Camera, Pose
from pipeline.rays import Directions, Vector, directions_of, dot

LEAST_DROP: Final = 0.03
NEAREST_M: Final = 1.0
OUTSIDE: Final[Box] = (-2e4, -2e4, -1e4, -1e4)


@dataclass(frozen=True, slots=True, eq=False)
class Passage:
    """A camera that went from one pose to another, and what these two fix of everything that was seen on the way.

    step_m: from the first to the second.
    """

    camera: Camera
    before: Pose
    now: Pose
    step_m: Vector

    @classmethod
    def between(cls, camera: Camera, before: Pose, now: Pose) -> Self:
        """Of two poses of one pass."""
        east, north = LocalFrame(before.lat, before.lon).to_en(now.lat, now.lon)
        return cls(camera, before, now, (east, north, now.height_m - before.height_m))

    def expected(self, xyxy: Box, tilt_deg: float = 0.0) -> Box | None:
        """The box in px at the second pose of what had this box at the first, OUTSIDE where the thing is behind or
        beside the camera by then.

        tilt_deg: by how much the camera looked higher than both poses say. None where nothing can be said: the foot
        lies near the horizon, so it is far, or on a wall.
        """
        camera, before, now = self.camera, self.before, self.now
        x1, y1, x2, y2 = xyxy
        looks = directions_of(before.heading_deg, before.pitch_deg + tilt_deg, before.roll_deg)
        ray = _ray(looks, ((x1 + x2) / 2.0 - camera.cx_px) / camera.fx_px, (y2 - camera.cy_px) / camera.fy_px)
        if ray[2] > -LEAST_DROP * math.sqrt(dot(ray, ray)):
            return None
        reach = before.height_m / -ray[2]
        foot = ray[0] * reach, ray[1] * reach, ray[2] * reach
        away = foot[0] - self.step_m[0], foot[1] - self.step_m[1], foot[2] - self.step_m[2]
        right, down, forward = directions_of(now.heading_deg, now.pitch_deg + tilt_deg, now.roll_deg)
        depth_m = dot(forward, away)
        if depth_m < NEAREST_M:
            return OUTSIDE
        middle = camera.cx_px + camera.fx_px * dot(right, away) / depth_m
        bottom = camera.cy_px + camera.fy_px * dot(down, away) / depth_m
        scale = dot(looks[2], foot) / depth_m
        half, tall = (x2 - x1) / 2.0 * scale, (y2 - y1) * scale
        return middle - half, bottom - tall, middle + half, bottom


def _ray(looks: Directions, x: float, y: float) -> Vector:
    """Along what is x to the right and y down at a depth of 1."""
    (right_e, right_n, right_u), (down_e, down_n, down_u), (ahead_e, ahead_n, ahead_u) = looks
    return right_e * x + down_e * y + ahead_e, right_n * x + down_n * y + ahead_n, right_u * x + down_u * y + ahead_u
