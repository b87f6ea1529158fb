"""Drives whose truth is known: how fast and which way a vehicle went, what its receiver says, what its camera sees."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.clock_signals import Seen
from pipeline.ego import estimate, small_grey
from pipeline.geo import LocalFrame
from pipeline.own_motion import OwnMotion, own_motion
from pipeline.pose import Camera, Fix, Mount
from pipeline.rays import axes_of

Array = NDArray[np.float64]
FRAME = LocalFrame(31.2304, 121.4737)
START_NS = 1_760_000_000_000_000_000
STEP_S = 0.1
MARGIN_S = 12.0
MOUNT = Mount(1.8, -4.0, 10.0)


@dataclass(frozen=True, slots=True, eq=False)
class Way:
    """A drive on a grid of STEP_S, from MARGIN_S before the footage to MARGIN_S after it; at_s 0 is the first frame."""

    at_s: Array
    speed_mps: Array
    course_deg: Array
    east_m: Array
    north_m: Array

    @classmethod
    def of(cls, speed_mps: Array, turn_dps: Array) -> Way:
        at_s = np.arange(len(speed_mps)) * STEP_S - MARGIN_S
        course = 40.0 + _summed(turn_dps)
        heading = np.radians(course)
        east_m, north_m = _summed(speed_mps * np.sin(heading)), _summed(speed_mps * np.cos(heading))
        return cls(at_s, speed_mps, course, east_m, north_m)

    def value(self, column: Array, at_s: float | Array) -> Array:
        return np.interp(at_s, self.at_s, column)


def _summed(rate: Array) -> Array:
    """The integral over the grid, 0 at its first point."""
    return np.concatenate(([0.0], np.cumsum((rate[1:] + rate[:-1]) / 2.0) * STEP_S))


def stop_and_go(seconds: float, seed: int, cruise_mps: float = 8.0, corners: bool = True, stops: bool = True) -> Way:
    """Town driving: cruises of random speed, stops and right-angled corners at random times."""
    rng = np.random.default_rng(seed)
    count = round((seconds + 2 * MARGIN_S) / STEP_S)
    wanted, turn = np.zeros(count), np.zeros(count)
    at = 0
    while at < count:
        hold = int(rng.uniform(5, 14) / STEP_S)
        wanted[at : at + hold] = cruise_mps * rng.uniform(0.5, 1.2)
        at += hold
        what = rng.random()
        if stops and what < 0.45:
            hold = int(rng.uniform(2, 8) / STEP_S)
            at += hold
        elif corners and what < 0.9:
            hold = int(rng.uniform(3, 6) / STEP_S)
            rise = np.sin(np.linspace(0, math.pi, hold)) ** 2
            turn[at : at + hold] = (rng.choice([-90, 90]) * rise / (rise.sum() * STEP_S))[: max(0, count - at)]
            wanted[at : at + hold] = 0.5 * cruise_mps
            at += hold
    speed, now = np.zeros(count), wanted[0]
    for step in range(count):
        now += float(np.clip(wanted[step] - now, -2.5 * STEP_S, 1.5 * STEP_S))
        speed[step] = now
    return Way.of(speed, turn + rng.normal(0, 0.3, count))


def steady(seconds: float, seed: int, speed_mps: float = 12.0) -> Way:
    """A straight road at one speed: nothing by which two clocks could be compared."""
    rng = np.random.default_rng(seed)
    count = round((seconds + 2 * MARGIN_S) / STEP_S)
    return Way.of(np.full(count, speed_mps), rng.normal(0, 0.3, count))


def fixes_of(way: Way, seed: int, offset_s: float = 0.0, every_s: float = 1.0, told: bool = True) -> list[Fix]:
    """What the receiver says, its times as a camera whose clock is ahead by offset_s would expect them to be wrong.

    told: whether the receiver tells course and speed, or only positions.
    """
    rng = np.random.default_rng(seed + 9_000)
    bias, fixes = rng.normal(0, 2.0, 2), []
    for at_s in np.arange(way.at_s[0], way.at_s[-1], every_s):
        bias = bias + rng.normal(0, 0.05, 2)
        east, north = way.value(way.east_m, at_s) + bias[0], way.value(way.north_m, at_s) + bias[1]
        east, north = east + rng.normal(0, 0.1), north + rng.normal(0, 0.1)
        lat, lon = FRAME.to_latlon(float(east), float(north))
        speed = float(way.value(way.speed_mps, at_s))
        course = float(way.value(way.course_deg, at_s)) + math.degrees(rng.normal(0, 0.05) / max(speed, 0.2))
        when_ns = START_NS + round((at_s - offset_s) * 1e9)
        if told:
            fixes.append(
                Fix(when_ns, lat, lon, 2.0, course_deg=course % 360.0, speed_mps=abs(speed + rng.normal(0, 0.05)))
            )
        else:
            fixes.append(Fix(when_ns, lat, lon, 2.0))
    return fixes


def seen_by_camera(way: Way, seconds: float, seed: int, every_s: float = 0.2, turn_noise_dps: float = 0.4) -> Seen:
    """What a camera makes of it: turns with sway and noise; pace over a depth of scene that wanders by a third."""
    rng = np.random.default_rng(seed + 5_000)
    at_s = np.arange(every_s / 2, seconds, every_s)
    keep = math.exp(-every_s / 4.0)
    depth, log = np.empty(len(at_s)), rng.normal(0, 0.3)
    for row in range(len(at_s)):
        log = keep * log + rng.normal(0, 0.3 * math.sqrt(1 - keep * keep))
        depth[row] = 14.0 * math.exp(log)
    speed = way.value(way.speed_mps, at_s)
    turn = (way.value(way.course_deg, at_s + 0.05) - way.value(way.course_deg, at_s - 0.05)) / 0.1
    sway = 0.5 * np.sin(1.3 * at_s + rng.uniform(0, 6)) * (speed > 0.5)
    return Seen(
        at_s, turn + sway + rng.normal(0, turn_noise_dps, len(at_s)), speed / depth + rng.normal(0, 0.01, len(at_s))
    )


class Film:
    """A small camera's pictures of a way: textured ground, house fronts and poles beside it, a skyline far away."""

    def __init__(self, way: Way, camera: Camera, mount: Mount, seed: int) -> None:
        self._way, self._camera, self._mount = way, camera, mount
        rng = np.random.default_rng(seed + 77)
        self._ground = _texture(rng, 512, 512, (4, 12, 40))
        self._sky = _texture(rng, 1440, 200, (10, 40))
        self._boards = self._placed(rng)

    def _placed(self, rng: np.random.Generator) -> list[tuple[Array, NDArray[np.uint8]]]:
        """Upright boards [4, 3] along both sides of the way, each with its texture."""
        way, boards, gone = self._way, [], 0.0
        for step in range(1, len(way.at_s)):
            gone += way.speed_mps[step] * STEP_S
            if gone < 5.0:
                continue
            gone = 0.0
            turn = math.radians(way.course_deg[step])
            ahead, right = np.array([math.sin(turn), math.cos(turn)]), np.array([math.cos(turn), -math.sin(turn)])
            for side in (-1, 1):
                foot = np.array([way.east_m[step], way.north_m[step]]) + side * rng.uniform(5, 12) * right
                if np.hypot(way.east_m - foot[0], way.north_m - foot[1]).min() < 3.5:
                    continue
                along = ahead * rng.uniform(1.0, 2.4)
                high = rng.uniform(2, 7)
                quad = [(*(foot - along), high), (*(foot + along), high), (*(foot + along), 0), (*(foot - along), 0)]
                boards.append((np.array(quad), _texture(rng, 48, 48, (4, 12))))
        return boards

    def picture(self, at_s: float) -> NDArray[np.uint8]:
        """uint8 [H, W, 3] BGR at a time of the footage."""
        camera, mount, way = self._camera, self._mount, self._way
        axes = axes_of(float(way.value(way.course_deg, at_s)) + mount.yaw_deg, mount.pitch_deg)
        at = np.array([way.value(way.east_m, at_s), way.value(way.north_m, at_s), mount.height_m])
        image = self._backdrop(axes, at)
        boards = [(corners - at, texture) for corners, texture in self._boards]
        boards = [one for one in boards if np.hypot(*one[0].mean(axis=0)[:2]) < 70.0]
        for corners, texture in sorted(boards, key=lambda one: -float(np.hypot(*one[0].mean(axis=0)[:2]))):
            seen = corners @ axes
            if (seen[:, 2] < 0.6).any():
                continue
            spots = seen[:, :2] / seen[:, 2:] * [camera.fx_px, camera.fy_px] + [camera.cx_px, camera.cy_px]
            if (np.abs(spots) > 5000).any():
                continue
            _paste(image, texture, spots.astype(np.float32))
        return np.repeat(image[:, :, None], 3, axis=2)

    def _backdrop(self, axes: Array, at: Array) -> NDArray[np.uint8]:
        camera = self._camera
        x, y = np.meshgrid(np.arange(camera.width_px), np.arange(camera.height_px))
        rays = (
            np.stack(((x - camera.cx_px) / camera.fx_px, (y - camera.cy_px) / camera.fy_px, np.ones(x.shape)), -1)
            @ axes.T
        )
        away = np.hypot(rays[..., 0], rays[..., 1])
        azimuth = np.degrees(np.arctan2(rays[..., 0], rays[..., 1])) % 360.0 * 4.0
        rise = 199.0 - np.clip(rays[..., 2] / away * 160.0, 0.0, 199.0)
        sky = cv2.remap(
            self._sky, azimuth.astype(np.float32), rise.astype(np.float32), cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP
        )
        far = at[2] / np.maximum(-rays[..., 2], 1e-3)
        east, north = at[0] + far * rays[..., 0], at[1] + far * rays[..., 1]
        tiled = ((east * 16.0) % 511.0).astype(np.float32), ((north * 16.0) % 511.0).astype(np.float32)
        ground = cv2.remap(self._ground, *tiled, cv2.INTER_LINEAR)
        haze = np.clip(far * away / 40.0, 0.0, 1.0)
        road = (1.0 - haze) * ground + haze * 128.0
        return np.where(rays[..., 2] < -0.01, road, sky).astype(np.uint8)


def film_seen(way: Way, seconds: float, camera: Camera, seed: int, every_s: float = 0.2) -> Seen:
    """What a camera saw of its own motion on a way, measured in its pictures."""
    film, before, steps = Film(way, camera, MOUNT, seed), None, list[tuple[float, OwnMotion]]()
    for number in range(int(seconds / every_s)):
        small = small_grey(film.picture(number * every_s))
        moved = None if before is None else estimate(before, small)
        own = None if moved is None else own_motion(moved, camera, MOUNT, every_s)
        if own is not None:
            steps.append(((number - 0.5) * every_s, own))
        before = small
    return Seen.of(steps)


def _texture(rng: np.random.Generator, width: int, height: int, sizes: tuple[int, ...]) -> NDArray[np.uint8]:
    layers = [
        cv2.resize(rng.integers(0, 256, (height // size + 1, width // size + 1), np.uint8), (width, height)).astype(
            float
        )
        for size in sizes
    ]
    return np.clip((sum(layers) / len(sizes) - 128) * 1.6 + 128, 0, 255).astype(np.uint8)


def _paste(image: NDArray[np.uint8], texture: NDArray[np.uint8], spots: NDArray[np.float32]) -> None:
    height, width = image.shape
    size = texture.shape[0]
    corners = np.array([[0, 0], [size, 0], [size, size], [0, size]], np.float32)
    matrix = cv2.getPerspectiveTransform(corners, spots)
    drawn = cv2.warpPerspective(texture, matrix, (width, height))
    mask = np.zeros_like(image)
    cv2.fillConvexPoly(mask, np.round(spots).astype(np.int32), 255)
    image[mask > 0] = drawn[mask > 0]
