"""A synthetic camera car: what its camera would see of an object whose place is known."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pipeline.geo import LocalFrame
from pipeline.pose import Camera, FixQuality, Pose
from pipeline.rays import axes_of, pixel_of
from pipeline.shapes import Lump, Shape, Sheet, shape_of
from pipeline.track import Track, View

ORIGIN = LocalFrame(31.2304, 121.4737)
CAMERA = Camera.from_hfov(1280, 720, 75.0)


@dataclass(frozen=True, slots=True)
class Noise:
    """1-sigma errors; of `heading` and `pitch` an eighth of the variance is new in each view, as `locate` assumes."""

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
    course_deg: float | None = None,
) -> Pose:
    lat, lon = ORIGIN.to_latlon(east_m, north_m)
    return Pose(
        0, lat, lon, height_m, heading_deg, pitch_deg, 0.0, heading_deg if course_deg is None else course_deg, 5.0, 0.0,
        sigma_m,
        angle_sigma_deg, angle_sigma_deg, FixQuality.GNSS,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Solid:
    """One concrete thing. foot_m: of its foot (of its middle on a wall). yaw_deg, long, wide and tall: of vehicles."""

    shape: Shape
    foot_m: float
    depth_m: float = 0.0
    yaw_deg: float = 0.0
    size_m: tuple[float, float, float] = (1.0, 1.0, 1.0)


def solid_of(label: str, rng: np.random.Generator | None = None, street_deg: float = 0.0) -> Solid:
    """The typical thing of a label that stands along the street, or one drawn from its priors."""
    shape = shape_of(label)

    def drawn(mean: float, sigma: float) -> float:
        return mean if rng is None else float(rng.normal(mean, sigma))

    foot = drawn(shape.base.m, shape.base.sigma_m)
    if isinstance(shape, Lump):
        return Solid(shape, foot, max(0.05, drawn(shape.half_depth.m, shape.half_depth.sigma_m)))
    if isinstance(shape, Sheet):
        return Solid(shape, foot)
    turn = 0.0 if rng is None else float(rng.choice(shape.turns_deg))
    long, wide, tall = (max(0.3, drawn(size.m, size.sigma_m)) for size in (shape.long, shape.wide, shape.tall))
    return Solid(shape, foot, 0.0, street_deg + drawn(turn, shape.turn_sigma_deg), (long, wide, tall))


def box_of(
    pose: Pose, solid: Solid, east_m: float, north_m: float, camera: Camera = CAMERA
) -> tuple[float, float, float, float] | None:
    """The box of a thing with this centre; None where it is behind the camera or cut off by the frame."""
    camera_east, camera_north = ORIGIN.to_en(pose.lat, pose.lon)
    axes = axes_of(pose.heading_deg, pose.pitch_deg, pose.roll_deg)
    centre = np.array([east_m - camera_east, north_m - camera_north, solid.foot_m - pose.height_m])
    if float(axes[:, 2] @ centre) < 0.5:
        return None
    pixels = [pixel_of(camera, axes, centre + away) for away in _outline(solid, pose.heading_deg)]
    if any(pixel is None for pixel in pixels):
        return None
    xs, ys = zip(*(pixel for pixel in pixels if pixel is not None), strict=True)
    if isinstance(solid.shape, Lump):
        middle = xs[0]
        xs = (middle - (max(xs) - min(xs)) / 2 - 8, middle + (max(xs) - min(xs)) / 2 + 8)
    box = (min(xs), min(ys), max(xs), max(ys))
    inside = box[0] > 3 and box[1] > 3 and box[2] < camera.width_px - 3 and box[3] < camera.height_px - 3
    return box if inside else None


def _outline(solid: Solid, heading_deg: float) -> list[NDArray[np.float64]]:
    """Points that bound what a camera of that heading sees, relative to the foot's centre; a lump's middle first."""
    turn = math.radians(heading_deg)
    ahead, right = np.array([math.sin(turn), math.cos(turn), 0.0]), np.array([math.cos(turn), -math.sin(turn), 0.0])
    up = np.array([0.0, 0.0, 1.0])
    shape = solid.shape
    if isinstance(shape, Lump):
        near, tall = -solid.depth_m * ahead, shape.tall_m * up
        return [tall / 2, near, near + tall, 2 * tall / 3]
    if isinstance(shape, Sheet):
        return [side * 0.3 * right + rise * 0.25 * up for side in (-1, 1) for rise in (-1, 1)]
    yaw = math.radians(solid.yaw_deg)
    along, across = np.array([math.sin(yaw), math.cos(yaw), 0.0]), np.array([math.cos(yaw), -math.sin(yaw), 0.0])
    long, wide, tall_m = solid.size_m
    return [u * long * along + v * wide * across + w * tall_m * up for u, v, w in shape.points]


def track_of(
    label: str, poses: Sequence[Pose], east_m: float, north_m: float, seconds: float = 0.3, camera: Camera = CAMERA,
    velocity_mps: tuple[float, float] = (0.0, 0.0), solid: Solid | None = None,
) -> Track:  # fmt: skip
    """The exact track of a typical object seen from poses that many seconds apart."""
    solid, views = solid or solid_of(label), []
    for index, pose in enumerate(poses):
        east, north = east_m + velocity_mps[0] * index * seconds, north_m + velocity_mps[1] * index * seconds
        box = box_of(pose, solid, east, north, camera)
        if box is not None:
            views.append(View(index, round(index * seconds * 1e9), box, 0.9, pose))
    return Track(1, 0, tuple(views))


def noisy_track_of(
    label: str, poses: Sequence[Pose], east_m: float, north_m: float, noise: Noise, rng: np.random.Generator,
    seconds: float = 0.3, velocity_mps: tuple[float, float] = (0.0, 0.0),
) -> Track:  # fmt: skip
    """The track that a detector and a receiver with these errors would give; true object sizes vary as their priors."""
    solid, shared, new = solid_of(label, rng), math.sqrt(0.875), math.sqrt(0.125)
    bias = rng.normal(0, noise.shared_m, 2)
    common = rng.normal(0, shared, 2) * (noise.heading_deg, noise.pitch_deg)
    views = []
    for index, pose in enumerate(poses):
        east, north = east_m + velocity_mps[0] * index * seconds, north_m + velocity_mps[1] * index * seconds
        box = box_of(pose, solid, east, north)
        if box is None:
            continue
        size = np.array([box[2] - box[0], box[3] - box[1]] * 2)
        sides = np.array(box) + rng.normal(0, np.hypot(noise.pixel_px, noise.pixel_share * size))
        own = rng.normal(0, new, 2) * (noise.heading_deg, noise.pitch_deg)
        there = np.array(ORIGIN.to_en(pose.lat, pose.lon)) + bias + rng.normal(0, noise.jitter_m, 2)
        lat, lon = ORIGIN.to_latlon(float(there[0]), float(there[1]))
        told = replace(
            pose, lat=lat, lon=lon, sigma_m=noise.shared_m, heading_deg=pose.heading_deg - common[0] - own[0],
            pitch_deg=pose.pitch_deg - common[1] - own[1], heading_sigma_deg=noise.heading_deg,
            pitch_sigma_deg=noise.pitch_deg,
        )  # fmt: skip
        x1, y1, x2, y2 = (float(side) for side in sides)
        views.append(View(index, round(index * seconds * 1e9), (x1, y1, x2, y2), 0.9, told))
    return Track(1, 0, tuple(views))
