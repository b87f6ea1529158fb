"""A synthetic camera car: what its camera would see of an object whose place is known."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from pipeline.geo import LocalFrame
from pipeline.rays import axes_of, pixel_of
from pipeline.shapes import Shape, shape_of
from pipeline.types import Camera, FixQuality, Pose, Track, View

ORIGIN = LocalFrame(31.2304, 121.4737)
CAMERA = Camera.from_hfov(1280, 720, 75.0)


@dataclass(frozen=True, slots=True)
class Noise:
    """1-sigma errors; `heading` and `pitch` are half common to all views and half new in each, as `locate` assumes."""

    shared_m: float = 3.0
    jitter_m: float = 0.15
    heading_deg: float = 1.5
    pitch_deg: float = 1.0
    pixel_px: float = 2.0
    pixel_share: float = 0.04


def pose_at(
    east_m: float,
    north_m: float,
    heading_deg: float = 0.0,
    pitch_deg: float = -3.0,
    height_m: float = 2.0,
    sigma_m: float = 0.01,
    angle_sigma_deg: float = 0.01,
) -> Pose:
    lat, lon = ORIGIN.to_latlon(east_m, north_m)
    return Pose(
        0, lat, lon, height_m, heading_deg, pitch_deg, 0.0, heading_deg, 5.0, 0.0, sigma_m,
        angle_sigma_deg, angle_sigma_deg, FixQuality.GNSS,
    )  # fmt: skip


def box_of(
    pose: Pose, shape: Shape, east_m: float, north_m: float, foot_m: float, depth_m: float, camera: Camera = CAMERA
) -> tuple[float, float, float, float] | None:
    """The box of an object with this centre; None where it is behind the camera or cut off by the frame."""
    camera_east, camera_north = ORIGIN.to_en(pose.lat, pose.lon)
    axes = axes_of(pose.heading_deg, pose.pitch_deg, pose.roll_deg)
    turn = math.radians(pose.heading_deg)
    near = np.array([math.sin(turn), math.cos(turn), 0.0]) * depth_m
    centre = np.array([east_m - camera_east, north_m - camera_north, foot_m - pose.height_m])
    up = np.array([0.0, 0.0, shape.tall_m])
    depth_of_view = float(axes[:, 2] @ centre)
    if depth_of_view < 0.5:
        return None
    half_wide = camera.fx_px * max(0.2, depth_m) / depth_of_view
    if shape.on_wall:
        middle, half_tall = pixel_of(camera, axes, centre), camera.fy_px * shape.tall_m / 2 / depth_of_view
        if middle is None:
            return None
        box = (middle[0] - half_wide, middle[1] - half_tall, middle[0] + half_wide, middle[1] + half_tall)
    else:
        middle, foot, head = (pixel_of(camera, axes, at) for at in (centre + up / 2, centre - near, centre - near + up))
        if middle is None or foot is None or head is None:
            return None
        box = (middle[0] - half_wide, min(foot[1], head[1]), middle[0] + half_wide, max(foot[1], head[1]))
    inside = box[0] > 3 and box[1] > 3 and box[2] < camera.width_px - 3 and box[3] < camera.height_px - 3
    return box if inside else None


def track_of(
    label: str, poses: Sequence[Pose], east_m: float, north_m: float, seconds: float = 0.3, camera: Camera = CAMERA,
    velocity_mps: tuple[float, float] = (0.0, 0.0),
) -> Track:  # fmt: skip
    """The exact track of a typical object seen from poses that many seconds apart."""
    shape, views = shape_of(label), []
    for index, pose in enumerate(poses):
        east, north = east_m + velocity_mps[0] * index * seconds, north_m + velocity_mps[1] * index * seconds
        box = box_of(pose, shape, east, north, shape.base_m, shape.half_depth_m, camera)
        if box is not None:
            views.append(View(index, round(index * seconds * 1e9), box, 0.9, pose))
    return Track(1, 0, tuple(views))


def noisy_track_of(
    label: str, poses: Sequence[Pose], east_m: float, north_m: float, noise: Noise, rng: np.random.Generator,
    seconds: float = 0.3, velocity_mps: tuple[float, float] = (0.0, 0.0),
) -> Track:  # fmt: skip
    """The track that a detector and a receiver with these errors would give; true object sizes vary as their priors."""
    shape, half = shape_of(label), math.sqrt(0.5)
    foot = shape.base_m + rng.normal(0, shape.base_sigma_m)
    depth = max(0.05, shape.half_depth_m + rng.normal(0, shape.half_depth_sigma_m))
    bias = rng.normal(0, noise.shared_m, 2)
    common = rng.normal(0, half, 2) * (noise.heading_deg, noise.pitch_deg)
    views = []
    for index, pose in enumerate(poses):
        east, north = east_m + velocity_mps[0] * index * seconds, north_m + velocity_mps[1] * index * seconds
        box = box_of(pose, shape, east, north, foot, depth)
        if box is None:
            continue
        wide, tall = box[2] - box[0], box[3] - box[1]
        dx, dy = rng.normal(0, 1, 2) * (
            math.hypot(noise.pixel_px, noise.pixel_share * wide), math.hypot(noise.pixel_px, noise.pixel_share * tall),
        )  # fmt: skip
        own = rng.normal(0, half, 2) * (noise.heading_deg, noise.pitch_deg)
        camera_east, camera_north = ORIGIN.to_en(pose.lat, pose.lon)
        lat, lon = ORIGIN.to_latlon(*(np.array([camera_east, camera_north]) + bias + rng.normal(0, noise.jitter_m, 2)))
        told = replace(
            pose, lat=lat, lon=lon, sigma_m=noise.shared_m, heading_deg=pose.heading_deg - common[0] - own[0],
            pitch_deg=pose.pitch_deg - common[1] - own[1], heading_sigma_deg=noise.heading_deg,
            pitch_sigma_deg=noise.pitch_deg,
        )  # fmt: skip
        moved = (box[0] + dx, box[1] + dy, box[2] + dx, box[3] + dy)
        views.append(View(index, round(index * seconds * 1e9), moved, 0.9, told))
    return Track(1, 0, tuple(views))
