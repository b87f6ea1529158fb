"""A street as geometry alone: things on a flat road, a camera that drives, and a detector with known faults.

x right, y down, z forward, metres; the camera looks along +z from `HEIGHT_M` above the road.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from pipeline.detections import Detections
from pipeline.ego import Motion
from pipeline.geo import LocalFrame
from pipeline.pose import Camera, FixQuality, Pose

WIDTH, HEIGHT, FOCAL, HEIGHT_M = 960, 540, 800.0, 1.6
CAMERA = Camera(WIDTH, HEIGHT, FOCAL, FOCAL, WIDTH / 2, HEIGHT / 2)
START = LocalFrame(0.0, 0.0)
LABELS = ("litter", "overflowing_bin", "bin", "illegal_ad", "car", "truck", "bus", "motorcycle", "bicycle", "person")


@dataclass(frozen=True)
class Thing:
    """Something on the road: where its middle stands and how large it is. vz: own speed along the road, m/s."""

    label: str
    x: float
    z: float
    width: float
    height: float
    depth: float
    vz: float = 0.0


@dataclass(frozen=True)
class Faults:
    """What the detector does wrong. jitter: share of the box size; flip: share of frames with a sister label."""

    jitter: float = 0.03
    lost: float = 0.1
    weak: float = 0.15
    flip: float = 0.25
    false_a_frame: float = 0.2
    reach_px: float = 14.0


@dataclass(frozen=True)
class Shot:
    """One frame: detections, what each row really is (−1 a false one), the motion since the last, the pose."""

    index: int
    media_ns: int
    detections: Detections
    truth: np.ndarray
    motion: Motion | None
    pose: Pose


def project(thing: Thing, camera_z: float, t: float) -> np.ndarray | None:
    """The thing's box in px, clipped to the picture, or None when it is behind or outside."""
    z = thing.z + thing.vz * t - camera_z
    if z - thing.depth / 2 < 1.0:
        return None
    corners = np.array(
        [
            (FOCAL * (thing.x + sx * thing.width / 2) / depth + WIDTH / 2, FOCAL * y / depth + HEIGHT / 2)
            for sx in (-1, 1)
            for depth in (z - thing.depth / 2, z + thing.depth / 2)
            for y in (HEIGHT_M - thing.height, HEIGHT_M)
        ]
    )
    full = np.concatenate([corners.min(axis=0), corners.max(axis=0)])
    box = np.clip(full, 0, [WIDTH, HEIGHT, WIDTH, HEIGHT])
    visible = np.prod(np.maximum(box[2:] - box[:2], 0)) / np.prod(full[2:] - full[:2])
    return box if visible > 0.3 else None


SISTERS = {"bin": "overflowing_bin", "overflowing_bin": "bin", "car": "truck", "truck": "car"}


def drive(things: list[Thing], fps: float, speed: float, metres: float, seed: int, faults: Faults) -> Iterator[Shot]:
    """The frames of a drive at a steady speed along z."""
    rng = np.random.default_rng(seed)
    walls = np.stack(
        [
            rng.choice([-1, 1], 4000) * rng.uniform(5, 9, 4000),
            HEIGHT_M - rng.uniform(0, 5, 4000),
            rng.uniform(0, metres + 40, 4000),
        ],
        axis=1,
    )
    spots = {number: _surface(thing, rng) for number, thing in enumerate(things)}
    before = None
    for index in range(int(metres / speed * fps)):
        t = index / fps
        motion = None if before is None else _motion(things, walls, spots, (before, t), speed, rng)
        yield Shot(index, round(t * 1e9), *_detect(things, speed * t, t, rng, faults), motion, pose_at(speed * t, t))
        before = t


def pose_at(camera_z: float, t: float) -> Pose:
    """Of a camera that drives north."""
    lat, lon = START.to_latlon(0.0, camera_z)
    return Pose(round(t * 1e9), lat, lon, HEIGHT_M, 0.0, 0.0, 0.0, 0.0, 0.0, camera_z, 1.0, 1.0, 1.0, FixQuality.GNSS)


def _detect(
    things: list[Thing], camera_z: float, t: float, rng: np.random.Generator, faults: Faults
) -> tuple[Detections, np.ndarray]:
    rows: list[tuple[np.ndarray, float, int, int]] = []
    nearer: list[np.ndarray] = []
    for number, thing in sorted(enumerate(things), key=lambda pair: pair[1].z + pair[1].vz * t):
        box = project(thing, camera_z, t)
        if box is None:
            continue
        hidden = max((_covered(box, other) for other in nearer), default=0.0) > 0.6
        nearer.append(box)
        if hidden or box[3] - box[1] < faults.reach_px or rng.random() < faults.lost:
            continue
        size = np.tile(box[2:] - box[:2], 2)
        label = thing.label
        if label in SISTERS and rng.random() < faults.flip:
            label = SISTERS[label]
        score = rng.uniform(0.12, 0.24) if rng.random() < faults.weak else rng.uniform(0.35, 0.95)
        rows.append((box + rng.normal(0, faults.jitter, 4) * size, score, LABELS.index(label), number))
    for _ in range(rng.poisson(faults.false_a_frame)):
        low = rng.uniform(0, [WIDTH - 60, HEIGHT - 60])
        rows.append((np.concatenate([low, low + rng.uniform(15, 60, 2)]), rng.uniform(0.25, 0.5), rng.integers(10), -1))
    rows.sort(key=lambda row: -row[1])
    detections = Detections.of(
        np.array([row[0] for row in rows], np.float32).reshape(-1, 4),
        np.array([row[1] for row in rows], np.float32),
        np.array([row[2] for row in rows], np.int16),
    )
    return detections, np.array([row[3] for row in rows], np.int64)


def _covered(box: np.ndarray, by: np.ndarray) -> float:
    """Share of a box that lies behind another."""
    common = np.minimum(box[2:], by[2:]) - np.maximum(box[:2], by[:2])
    return float(np.prod(np.maximum(common, 0)) / np.prod(box[2:] - box[:2]))


def _surface(thing: Thing, rng: np.random.Generator) -> np.ndarray:
    """Corners on the faces that an approaching camera sees, relative to the thing's middle on the road."""
    count = 30
    front = np.stack(
        [
            rng.uniform(-0.5, 0.5, count) * thing.width,
            -rng.random(count) * thing.height,
            np.full(count, -thing.depth / 2),
        ]
    )
    inner = -np.sign(thing.x) * thing.width / 2
    side = np.stack(
        [np.full(count, inner), -rng.random(count) * thing.height, rng.uniform(-0.5, 0.5, count) * thing.depth]
    )
    return np.concatenate([front, side], axis=1).T


def _motion(
    things: list[Thing],
    walls: np.ndarray,
    spots: dict[int, np.ndarray],
    times: tuple[float, float],
    speed: float,
    rng: np.random.Generator,
) -> Motion | None:
    """What following corners gives: those that nothing hides, half a pixel of noise, one in twenty quite wrong."""
    pixels, inside = [], []
    for t in times:
        placed = [spots[n] + [thing.x, HEIGHT_M, thing.z + thing.vz * t] for n, thing in enumerate(things)]
        points = np.concatenate([walls, *placed]) - [0, 0, speed * t]
        depth = np.maximum(points[:, 2], 0.1)
        at = points[:, :2] * (FOCAL / depth)[:, None] + [WIDTH / 2, HEIGHT / 2]
        seen = (points[:, 2] > 1) & (points[:, 2] < 60) & ((at > 0) & (at < [WIDTH, HEIGHT])).all(axis=1)
        for thing in things:
            box = project(thing, speed * t, t)
            if box is not None:
                behind = points[:, 2] > thing.z + thing.vz * t - speed * t + thing.depth / 2 + 0.01
                seen &= ~(behind & ((at > box[:2]) & (at < box[2:])).all(axis=1))
        pixels.append(at.astype(np.float32))
        inside.append(seen)
    pick = rng.permutation(np.flatnonzero(inside[0] & inside[1]))[:300]
    before, after = pixels[0][pick], pixels[1][pick] + rng.normal(0, 0.5, (len(pick), 2)).astype(np.float32)
    after[::20] += rng.normal(0, 30, after[::20].shape).astype(np.float32)
    camera, _ = cv2.estimateAffinePartial2D(before, after, method=cv2.RANSAC, ransacReprojThreshold=3.0)
    return None if camera is None else Motion(before, after, np.asarray(camera, np.float64))
