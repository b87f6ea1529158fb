"""The views of one track as columns: where the cameras were, how they looked, and the sides of the boxes they saw."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.geo import LocalFrame
from pipeline.pose import Camera, Pose
from pipeline.rays import axes_of
from pipeline.track import View

Array = NDArray[np.float64]
EDGE_PX: Final = 4.0
"""A detector ends what the picture cuts off within 3 px of its border in 99 of 100 cases (street 0.2.0, demo drive)."""
NEAREST_M: Final = 0.05


@dataclass(frozen=True, slots=True)
class Noise:
    """What a view's pixels are wrong by.

    varying_share: how much of a pose's angle variance changes within a pass (the vehicle's sway, a receiver's course);
    the rest is how the camera was mounted. steadied_share: the same where a gimbal measures the angles, whose error is
    nearly all its compass's and its level's. slow_share: how much of what changes hardly does while one thing is in
    sight, so that all views of a track share it; the rest is new in each view. jitter_m: position noise from view to
    view, level. pixel_sigma: of a box side, constant and as a share of the box's size; sides err apart. hidden_share:
    how far a thing may go on behind what hides a side of its box, as a share of what is seen.
    """

    varying_share: float = 0.25
    steadied_share: float = 0.02
    slow_share: float = 0.5
    jitter_m: float = 0.15
    pixel_sigma_px: float = 2.0
    pixel_sigma_share: float = 0.04
    hidden_share: float = 0.5

    def changing(self, pose: Pose) -> float:
        """The share of a pose's angle variance that changes within a pass."""
        return self.steadied_share if pose.steadied else self.varying_share

    def angles_deg(self, pose: Pose) -> Array:
        """[2, 2]: what heading and pitch are wrong by, 1-sigma: in all views of a track alike, and anew in each."""
        told = np.array([pose.heading_sigma_deg, pose.pitch_sigma_deg])
        share = self.changing(pose) * (1.0 - self.slow_share)
        new = math.sqrt(share) * told if pose.sway_deg is None else np.minimum(told, pose.sway_deg)
        return np.stack((np.sqrt(told**2 - new**2), new))


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """N views in a local frame. at_m [N, 3]: camera, height above the ground included; axes [N, 3, 3]; ahead [N, 2]:
    where it looks, on the ground; after_s [N]: since the last view; sides [N, 4]: x1 y1 x2 y2 px, sigma_px [N, 4] of
    each by itself, infinite for a side that is the picture's and not the object's; paired [N, 4]: of which sides the
    one that faces it is told as well; sway_px [N, 2]: by how much a view lies aside as a whole, across and down."""

    frame: LocalFrame
    camera: Camera
    views: tuple[View, ...]
    poses: tuple[Pose, ...]
    at_m: Array
    axes: Array
    ahead: Array
    after_s: Array
    sides: Array
    sigma_px: Array
    paired: NDArray[np.bool_]
    sway_px: Array

    @classmethod
    def of(cls, views: Sequence[View], camera: Camera, noise: Noise) -> Sight:
        """The columns of views with poses, at least one; the frame is at the first camera."""
        poses = tuple(view.pose for view in views if view.pose is not None)
        frame = LocalFrame(poses[0].lat, poses[0].lon)
        turns = np.radians([pose.heading_deg for pose in poses])
        sides = np.array([view.xyxy for view in views], dtype=np.float64)
        hidden = np.array([view.hidden for view in views], dtype=np.bool_)
        sigma_px = np.where(_cut(sides, camera), np.inf, _sigma_px(sides, hidden, noise))
        told = np.isfinite(sigma_px)
        return cls(
            frame=frame,
            camera=camera,
            views=tuple(views),
            poses=poses,
            at_m=np.array([(*frame.to_en(pose.lat, pose.lon), pose.height_m) for pose in poses]),
            axes=np.array([axes_of(pose.heading_deg, pose.pitch_deg, pose.roll_deg) for pose in poses]),
            ahead=np.column_stack((np.sin(turns), np.cos(turns))),
            after_s=np.array([view.media_ns - views[-1].media_ns for view in views]) / 1e9,
            sides=sides,
            sigma_px=sigma_px,
            paired=np.tile(told[:, :2] & told[:, 2:], 2),
            sway_px=np.radians([noise.angles_deg(pose)[1] for pose in poses]) * (camera.fx_px, camera.fy_px),
        )

    def pixels(self, away_m: Array, wrong: Array) -> Array:
        """Pixels [S, N, 2, P], across and down, at which points [S, N, 3, P], relative to each camera, are seen when
        every camera is wrong by turn, tilt and roll (rad) and by zoom, [S, 4]; NaN behind a camera."""
        turn_rad, tilt_rad, roll_rad, zoom = wrong.T
        seen = self._turned(turn_rad, tilt_rad, roll_rad) @ away_m
        ahead = np.where(seen[:, :, 2:] > NEAREST_M, seen[:, :, 2:], np.nan)
        camera = self.camera
        focal, middle = np.array([[camera.fx_px], [camera.fy_px]]), np.array([[camera.cx_px], [camera.cy_px]])
        longer = np.exp(zoom)[:, None, None, None]
        return np.asarray(middle + longer * focal * seen[:, :, :2] / ahead, np.float64)

    def _turned(self, turn_rad: Array, tilt_rad: Array, roll_rad: Array) -> Array:
        """[S, N, 3, 3]: the rows are each camera's right, down and forward when its angles are wrong by so much.

        The few axes are turned, not the many points.
        """
        turn, tilt, roll = (angle[:, None, None] for angle in (turn_rad, tilt_rad, roll_rad))
        east, north, up = self.axes[:, 0], self.axes[:, 1], self.axes[:, 2]
        axes = np.empty((len(turn_rad), len(self.axes), 3, 3))
        axes[..., 0] = east * np.cos(turn) + north * np.sin(turn)
        axes[..., 1] = north * np.cos(turn) - east * np.sin(turn)
        axes[..., 2] = up
        down, forward = axes[:, :, 1].copy(), axes[:, :, 2].copy()
        axes[:, :, 1] = down * np.cos(tilt) + forward * np.sin(tilt)
        axes[:, :, 2] = forward * np.cos(tilt) - down * np.sin(tilt)
        right, down = axes[:, :, 0].copy(), axes[:, :, 1].copy()
        axes[:, :, 0] = right * np.cos(roll) + down * np.sin(roll)
        axes[:, :, 1] = down * np.cos(roll) - right * np.sin(roll)
        return axes

    def aside_px(self, place_m: Array, noise: Noise) -> Array:
        """By how much all that a view shows of a thing lies aside [N, 2]: sway, and position noise at its place."""
        return np.hypot(self.sway_px, self.jitter_px(place_m, noise))

    def jitter_px(self, place_m: Array, noise: Noise) -> Array:
        """Position noise from view to view as pixels [N, 2], across and down, at a place on the ground (east, north).

        What moves level is seen from above as it is, and from the side foreshortened by the sine of the depression.
        """
        away = np.maximum(1.0, np.hypot(self._level_m(place_m), self.at_m[:, 2]))
        across = self.camera.fx_px * noise.jitter_m / away
        return np.column_stack((across, across * self.at_m[:, 2] / away))

    def flatness(self, place_m: Array) -> float:
        """Cosine of the depression at which a place on the ground (east, north) was seen from highest above: 1 from the
        side, where what stands there hides the ground behind it, 0 from straight above."""
        level = self._level_m(place_m)
        return float((level / np.hypot(level, self.at_m[:, 2])).min())

    def _level_m(self, place_m: Array) -> Array:
        distance: Array = np.linalg.norm(place_m - self.at_m[:, :2], axis=1)
        return distance

    @property
    def tallest(self) -> int:
        """The row of the view with the tallest box."""
        return int(np.argmax(self.sides[:, 3] - self.sides[:, 1]))

    @property
    def shared(self) -> Array:
        """Covariance [2, 2], m² east and north, of the position error that all poses share."""
        courses = np.radians([pose.course_deg for pose in self.poses])
        along = np.column_stack((np.sin(courses), np.cos(courses)))
        extra = np.array([pose.along_sigma_m**2 for pose in self.poses])
        round_m2 = float(np.mean([pose.sigma_m**2 for pose in self.poses]))
        return np.asarray(round_m2 * np.eye(2) + (along * extra[:, None]).T @ along / len(self.poses))


def _cut(sides: Array, camera: Camera) -> NDArray[np.bool_]:
    """Which sides [N, 4] are not the object's own: those on the picture's border, and those that what lies beyond the
    border may exceed (of a box cut on the left only its right side is sure, of one cut below only its top)."""
    border = np.concatenate(
        (sides[:, :2] <= EDGE_PX, sides[:, 2:] >= np.array([camera.width_px, camera.height_px]) - EDGE_PX), axis=1
    )
    across, upright = border[:, [0, 2]].any(axis=1), border[:, [1, 3]].any(axis=1)
    doubtful = np.column_stack((upright, across, upright, across))
    cut: NDArray[np.bool_] = border | doubtful
    return cut


def _sigma_px(sides: Array, hidden: NDArray[np.bool_], noise: Noise) -> Array:
    size = np.tile(sides[:, 2:] - sides[:, :2], 2)
    told = np.hypot(noise.pixel_sigma_px, noise.pixel_sigma_share * size)
    return np.where(hidden, np.hypot(told, noise.hidden_share * size), told)
