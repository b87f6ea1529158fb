"""Where a thing that stands on the ground should appear in the next picture, from the two poses alone.

The foot of its box is cast onto level ground under the first camera and projected into the second; the box keeps its
shape and is scaled by the ratio of depths. Good to the poses' relative error, which within a pass is centimetres.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from pipeline.boxes import Box
from pipeline.geo import LocalFrame
from pipeline.pose import Camera, Pose
from pipeline.rays import axes_of, pixel_of, ray_of
from pipeline.track import View

LEAST_DROP: Final = 0.03
NEAREST_M: Final = 1.0
OUTSIDE: Final[Box] = (-2e4, -2e4, -1e4, -1e4)


def expected_box(camera: Camera, view: View, pose: Pose) -> Box | None:
    """The box in px of the same camera at `pose`, OUTSIDE where the thing is behind or beside it by then.

    None where nothing can be said: the foot lies near the horizon, so it is far, or on a wall.
    """
    before = view.pose
    if before is None:
        return None
    x1, y1, x2, y2 = view.xyxy
    ray = ray_of(camera, before, (x1 + x2) / 2.0, y2)
    if ray[2] > -LEAST_DROP:
        return None
    foot = ray * (before.height_m / -float(ray[2]))
    east, north = LocalFrame(before.lat, before.lon).to_en(pose.lat, pose.lon)
    away = foot - np.array([east, north, pose.height_m - before.height_m])
    ahead = axes_of(pose.heading_deg, pose.pitch_deg, pose.roll_deg)
    behind = axes_of(before.heading_deg, before.pitch_deg, before.roll_deg)
    depth_m, depth_before_m = float(ahead[:, 2] @ away), float(behind[:, 2] @ foot)
    place = pixel_of(camera, ahead, away)
    if place is None or depth_m < NEAREST_M:
        return OUTSIDE
    scale = depth_before_m / depth_m
    half, tall = (x2 - x1) / 2.0 * scale, (y2 - y1) * scale
    return place[0] - half, place[1] - tall, place[0] + half, place[1]
