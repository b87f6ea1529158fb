"""Where a track's object stands: one weighted least-squares estimate from all views, with its covariance.

Unknown are the object's centre (east, north), the height of its foot, its half depth, and two angles that every view
shares (what heading and pitch are wrong by); all but east and north have priors. Each view gives two pixels: the middle
of the box's width, where the centre is seen, and for things on the ground the box's bottom, where the near edge meets
the ground (for things on a wall: the middle of the box). Gauss-Newton with Levenberg's damping and Huber weights; the
covariance is the inverse normal matrix's block for east and north (Hartley & Zisserman, §5.2), scaled up where the
views disagree more than their errors allow, plus the position error that all poses of a pass share.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.geo import LocalFrame, wrap_360
from pipeline.rays import axes_of, ray_of
from pipeline.shapes import Shape, shape_of
from pipeline.types import Camera, Covariance, Located, Pose, Reason, Rejected, Track, View

Array = NDArray[np.float64]
EDGE_PX: Final = 2.0
HUBER: Final = 2.5
MAX_STEPS: Final = 25
WALL_SKEW: Final = 1.15
"""A range from parallax alone is skewed: first-order variances are this much too small (measured by the tests)."""
WALL_STARTS_M: Final = (3.0, 7.0, 15.0)
TOP_SPEED_SIGMA_MPS: Final = 15.0
EAST, NORTH, FOOT, DEPTH, HEADING, PITCH, V_EAST, V_NORTH = range(8)


@dataclass(frozen=True, slots=True)
class LocateOptions:
    """max_range_m: of the nearest view. max_sigma_m: of the worst direction, without the pass's own position error.

    independent_share: how much of a pose's angle variance changes from view to view; the rest is common to all.
    jitter_m: position noise from view to view. pixel_sigma: of a box edge, constant and as a share of the box's size.
    """

    max_views: int = 12
    max_range_m: float = 60.0
    max_sigma_m: float = 8.0
    min_depression_deg: float = 2.0
    independent_share: float = 0.5
    jitter_m: float = 0.15
    pixel_sigma_px: float = 2.0
    pixel_sigma_share: float = 0.04
    floor_sigma_m: float = 0.1


@dataclass(frozen=True, slots=True)
class Motion:
    """How fast a track's object moves over ground, with the estimate's covariance (m²/s²)."""

    east_mps: float
    north_mps: float
    covariance: Covariance

    @property
    def speed_mps(self) -> float:
        return math.hypot(self.east_mps, self.north_mps)

    @property
    def sigma_mps(self) -> float:
        """Error in the worst direction."""
        return worst_sigma(self.covariance)

    @property
    def mahalanobis(self) -> float:
        """How many sigmas from standing still."""
        cov = self.covariance
        e, n = self.east_mps, self.north_mps
        square = (cov.nn * e * e - 2.0 * cov.en * e * n + cov.ee * n * n) / (cov.ee * cov.nn - cov.en**2)
        return math.sqrt(max(0.0, square))


def worst_sigma(covariance: Covariance) -> float:
    """1-sigma error in the worst direction."""
    middle, half = (covariance.ee + covariance.nn) / 2.0, (covariance.ee - covariance.nn) / 2.0
    return math.sqrt(middle + math.hypot(half, covariance.en))


@dataclass(frozen=True, slots=True, eq=False)
class _Sight:
    """The usable views as columns: camera position, axes, forward on the ground, seconds, pixels and their sigmas."""

    views: tuple[View, ...]
    shape: Shape
    camera: Camera
    at_m: Array
    axes: Array
    ahead: Array
    after_s: Array
    seen_px: Array
    sigma_px: Array

    def predicted_px(self, state: Array) -> Array:
        """Pixels [N, 2] at which each view would see an object of this state; NaN behind the camera."""
        moved = self.after_s[:, None] * state[V_EAST : V_NORTH + 1] if len(state) > PITCH + 1 else 0.0
        centre = np.zeros((len(self.views), 3))
        centre[:, :2] = state[:2] + moved - self.at_m[:, :2]
        centre[:, 2] = state[FOOT] - self.at_m[:, 2]
        if self.shape.on_wall:
            return self._pixels(centre, state)
        middle, near, above = centre.copy(), centre.copy(), centre.copy()
        middle[:, 2] += self.shape.tall_m / 2.0
        near[:, :2] -= state[DEPTH] * self.ahead
        above[:, :2] -= state[DEPTH] * self.ahead
        above[:, 2] += self.shape.tall_m
        lowest = np.fmax(self._pixels(near, state)[:, 1], self._pixels(above, state)[:, 1])
        return np.column_stack((self._pixels(middle, state)[:, 0], lowest))

    def _pixels(self, away: Array, state: Array) -> Array:
        turn, tilt = state[HEADING], state[PITCH]
        turned = away.copy()
        turned[:, 0] = away[:, 0] * math.cos(turn) - away[:, 1] * math.sin(turn)
        turned[:, 1] = away[:, 0] * math.sin(turn) + away[:, 1] * math.cos(turn)
        x, y, z = np.einsum("nij,ni->jn", self.axes, turned)
        y, z = y * math.cos(tilt) + z * math.sin(tilt), z * math.cos(tilt) - y * math.sin(tilt)
        z = np.where(z > 0.05, z, np.nan)
        camera = self.camera
        return np.column_stack((camera.cx_px + camera.fx_px * x / z, camera.cy_px + camera.fy_px * y / z))


@dataclass(frozen=True, slots=True, eq=False)
class _Solution:
    state: Array
    covariance: Array
    cost: float
    strain: float


def locate(track: Track, label: str, camera: Camera, options: LocateOptions = LocateOptions()) -> Located | Rejected:
    """Where the object stands, assumed still, or why that cannot be said.

    UNLOCATED: no view has a pose. ABOVE_HORIZON: every view looks less than 2° down at its foot. TOO_FAR: beyond the
    range limit. POOR_GEOMETRY: cut off by the frame in every view, or less certain than max_sigma_m.
    """
    frame, sight = _sight(track, shape_of(label), camera, options)
    if isinstance(sight, Rejected):
        return sight
    solved = _best(sight, options, moving=False)
    if solved is None:
        return Rejected(Reason.POOR_GEOMETRY)
    scale = solved.strain * (WALL_SKEW if sight.shape.on_wall else 1.0)
    own = solved.covariance[:2, :2] * scale + np.eye(2) * options.floor_sigma_m**2
    if not np.isfinite(own).all() or math.sqrt(float(np.linalg.eigvalsh(own)[-1])) > options.max_sigma_m:
        return Rejected(Reason.POOR_GEOMETRY)
    away = np.hypot(*(solved.state[:2] - sight.at_m[:, :2]).T)
    if float(away.min()) > options.max_range_m:
        return Rejected(Reason.TOO_FAR)
    return _located(frame, sight, solved.state, own)


def _located(frame: LocalFrame, sight: _Sight, state: Array, own: Array) -> Located:
    best = max(range(len(sight.views)), key=lambda row: sight.views[row].score * _tall_px(sight.views[row]))
    pose = _pose_of(sight.views[best])
    shared = float(np.mean([_pose_of(view).sigma_m ** 2 for view in sight.views]))
    lat, lon = frame.to_latlon(float(state[EAST]), float(state[NORTH]))
    east, north = (float(part) for part in state[:2] - sight.at_m[best, :2])
    return Located(
        lat=lat,
        lon=lon,
        covariance=Covariance(float(own[0, 0]) + shared, float(own[0, 1]), float(own[1, 1]) + shared),
        height_m=float(state[FOOT]),
        camera_lat=pose.lat,
        camera_lon=pose.lon,
        camera_heading_deg=pose.heading_deg,
        range_m=math.hypot(east, north),
        bearing_deg=wrap_360(math.degrees(math.atan2(east, north))),
    )


def motion(track: Track, label: str, camera: Camera, options: LocateOptions = LocateOptions()) -> Motion | Rejected:
    """How fast the object moves over ground, by the same estimate with a constant velocity as two more unknowns.

    Rejected as `locate` rejects; FEW_HITS with fewer than two usable views at different times.
    """
    _, sight = _sight(track, shape_of(label), camera, options)
    if isinstance(sight, Rejected):
        return sight
    if len(sight.views) < 2 or float(np.ptp(sight.after_s)) <= 0.0:
        return Rejected(Reason.FEW_HITS)
    solved = _best(sight, options, moving=True)
    if solved is None:
        return Rejected(Reason.POOR_GEOMETRY)
    cov = solved.covariance[V_EAST : V_NORTH + 1, V_EAST : V_NORTH + 1] * solved.strain
    covariance = Covariance(float(cov[0, 0]), float(cov[0, 1]), float(cov[1, 1]))
    return Motion(float(solved.state[V_EAST]), float(solved.state[V_NORTH]), covariance)


def _pose_of(view: View) -> Pose:
    if view.pose is None:
        raise ValueError("a usable view has a pose")
    return view.pose


def _tall_px(view: View) -> float:
    return view.xyxy[3] - view.xyxy[1]


def _sight(track: Track, shape: Shape, camera: Camera, options: LocateOptions) -> tuple[LocalFrame, _Sight | Rejected]:
    """The views worth using, at most max_views spread over the track, as columns in a frame at the first camera."""
    posed = [view for view in track.views if view.pose is not None]
    if not posed:
        return LocalFrame(0.0, 0.0), Rejected(Reason.UNLOCATED)
    first = _pose_of(posed[0])
    frame = LocalFrame(first.lat, first.lon)
    whole = [view for view in posed if _whole(view, camera, shape)]
    if not whole:
        return frame, Rejected(Reason.POOR_GEOMETRY)
    if not shape.on_wall:
        whole = [view for view in whole if _depression_deg(view, camera) >= options.min_depression_deg]
    if not whole:
        return frame, Rejected(Reason.ABOVE_HORIZON)
    return frame, _columns(_spread(whole, options.max_views), frame, shape, camera, options)


def _whole(view: View, camera: Camera, shape: Shape) -> bool:
    """Whether the edges of the box that matter are the object's own, not the frame's."""
    x1, y1, x2, y2 = view.xyxy
    sides = x1 > EDGE_PX and x2 < camera.width_px - EDGE_PX and y2 < camera.height_px - EDGE_PX
    return sides and (not shape.on_wall or y1 > EDGE_PX)


def _depression_deg(view: View, camera: Camera) -> float:
    ray = ray_of(camera, _pose_of(view), (view.xyxy[0] + view.xyxy[2]) / 2.0, view.xyxy[3])
    return math.degrees(math.asin(max(-1.0, min(1.0, -float(ray[2])))))


def _spread(views: Sequence[View], most: int) -> tuple[View, ...]:
    """At most so many views, evenly over the track, the last (usually nearest) always among them."""
    if len(views) <= most:
        return tuple(views)
    picks = np.unique(np.linspace(0, len(views) - 1, most).round().astype(int))
    return tuple(views[pick] for pick in picks)


def _columns(
    views: tuple[View, ...], frame: LocalFrame, shape: Shape, camera: Camera, options: LocateOptions
) -> _Sight:
    poses = [_pose_of(view) for view in views]
    boxes = np.array([view.xyxy for view in views])
    place = np.array([(*frame.to_en(pose.lat, pose.lon), pose.height_m) for pose in poses])
    axes = np.array([axes_of(pose.heading_deg, pose.pitch_deg, pose.roll_deg) for pose in poses])
    turns = np.radians([pose.heading_deg for pose in poses])
    wide, tall = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    middle_x = boxes[:, [0, 2]].mean(axis=1)
    aim_y = boxes[:, [1, 3]].mean(axis=1) if shape.on_wall else boxes[:, 3]
    after_s = np.array([view.media_ns - views[-1].media_ns for view in views]) / 1e9
    own = math.sqrt(options.independent_share)
    turn_px = camera.fx_px * np.radians([own * pose.heading_sigma_deg for pose in poses])
    tilt_px = camera.fy_px * np.radians([own * pose.pitch_sigma_deg for pose in poses])
    sigma_x = np.sqrt(options.pixel_sigma_px**2 + (options.pixel_sigma_share * wide) ** 2 + turn_px**2)
    sigma_y = np.sqrt(options.pixel_sigma_px**2 + (options.pixel_sigma_share * tall) ** 2 + tilt_px**2)
    return _Sight(
        views=views,
        shape=shape,
        camera=camera,
        at_m=place,
        axes=axes,
        ahead=np.column_stack((np.sin(turns), np.cos(turns))),
        after_s=after_s,
        seen_px=np.column_stack((middle_x, aim_y)),
        sigma_px=np.column_stack((sigma_x, sigma_y)),
    )


def _prior(sight: _Sight, options: LocateOptions, moving: bool) -> tuple[Array, Array]:
    """Mean and sigma of every unknown; infinite sigma where nothing is known beforehand."""
    shape, common = sight.shape, math.sqrt(1.0 - options.independent_share)
    poses = [_pose_of(view) for view in sight.views]
    turn = math.radians(common * max(pose.heading_sigma_deg for pose in poses))
    tilt = math.radians(common * max(pose.pitch_sigma_deg for pose in poses))
    mean = [0.0, 0.0, shape.base_m, shape.half_depth_m, 0.0, 0.0]
    sigma = [math.inf, math.inf, shape.base_sigma_m, max(0.01, shape.half_depth_sigma_m), turn, tilt]
    if moving:
        mean += [0.0, 0.0]
        sigma += [TOP_SPEED_SIGMA_MPS, TOP_SPEED_SIGMA_MPS]
    return np.array(mean), np.maximum(np.array(sigma), 1e-6)


def _starts(sight: _Sight, mean: Array) -> list[Array]:
    """Where to begin: on the ground along the nearest view's ray; for things on a wall at several ranges along it."""
    row = int(np.argmax([_tall_px(view) for view in sight.views]))
    x, y = sight.seen_px[row]
    ray = ray_of(sight.camera, _pose_of(sight.views[row]), float(x), float(y))
    level = math.hypot(float(ray[0]), float(ray[1]))
    towards = ray[:2] / level if level > 1e-9 else sight.ahead[row]
    if sight.shape.on_wall:
        ranges: Sequence[float] = WALL_STARTS_M
    else:
        above = float(sight.at_m[row, 2]) - sight.shape.base_m
        ranges = (max(0.5, above) * level / max(1e-3, -float(ray[2])) + sight.shape.half_depth_m,)
    starts = []
    for far in ranges:
        state = mean.copy()
        state[:2] = sight.at_m[row, :2] + far * towards
        starts.append(state)
    return starts


def _best(sight: _Sight, options: LocateOptions, moving: bool) -> _Solution | None:
    mean, sigma = _prior(sight, options, moving)
    solutions = [_solve(sight, start, mean, sigma, options) for start in _starts(sight, mean)]
    found = [solution for solution in solutions if solution is not None]
    return min(found, key=lambda solution: solution.cost, default=None)


@dataclass(frozen=True, slots=True, eq=False)
class _Problem:
    """Views and priors; sigma_px also holds position noise from view to view, as pixels at the object's range."""

    sight: _Sight
    sigma_px: Array
    mean: Array
    sigma: Array

    def residuals(self, state: Array) -> Array:
        """Whitened: two a view (beyond HUBER sigmas they count linearly), then one an unknown for its prior."""
        off = (self.sight.predicted_px(state) - self.sight.seen_px) / self.sigma_px
        size = np.maximum(np.linalg.norm(off, axis=1), 1e-9)
        damped = np.where(size > HUBER, np.sqrt(np.maximum(0.0, 2.0 * HUBER * size - HUBER**2)) / size, 1.0)
        views: Array = (off * damped[:, None]).ravel()
        return np.concatenate((views, (state - self.mean) / self.sigma))

    def slopes(self, state: Array, rest: Array) -> Array:
        """The residuals' derivatives by every unknown, by forward differences."""
        columns = []
        for unknown in range(len(state)):
            nudge = 1e-6 if unknown in (HEADING, PITCH) else 1e-4
            nudged = state.copy()
            nudged[unknown] += nudge
            columns.append((self.residuals(nudged) - rest) / nudge)
        return np.column_stack(columns)


def _solve(sight: _Sight, start: Array, mean: Array, sigma: Array, options: LocateOptions) -> _Solution | None:
    """From one start, twice: the second time with the position noise at the range found first."""
    state = start
    for _ in range(2):
        away = np.maximum(1.0, np.linalg.norm(state[:2] - sight.at_m[:, :2], axis=1))
        jitter_px = (sight.camera.fx_px * options.jitter_m / away)[:, None]
        problem = _Problem(sight, np.hypot(sight.sigma_px, jitter_px), mean, sigma)
        settled = _descend(problem, state)
        if settled is None:
            return None
        state = settled
    rest = problem.residuals(state)
    slopes, cost = problem.slopes(state, rest), float(rest @ rest)
    if not np.isfinite(slopes).all():
        return None
    try:
        covariance: Array = np.asarray(np.linalg.inv(slopes.T @ slopes), dtype=np.float64)
    except np.linalg.LinAlgError:
        return None
    return _Solution(state, covariance, cost, _strain(cost, 2 * len(sight.views) - 2))


def _strain(cost: float, freedom: int) -> float:
    """What to scale the covariance by: 1 while the views agree as their errors allow (chi² within two sigmas)."""
    return cost / freedom if freedom > 0 and cost > freedom + 2.0 * math.sqrt(2.0 * freedom) else 1.0


def _descend(problem: _Problem, start: Array) -> Array | None:
    """Levenberg-Marquardt; None where the start or the way leads behind a camera."""
    state, damping = start, 1e-3
    rest = problem.residuals(state)
    if not np.isfinite(rest).all():
        return None
    cost = float(rest @ rest)
    for _ in range(MAX_STEPS):
        slopes = problem.slopes(state, rest)
        if not np.isfinite(slopes).all():
            return None
        normal = slopes.T @ slopes
        step = np.linalg.solve(normal + damping * np.diag(np.maximum(np.diag(normal), 1e-9)), -slopes.T @ rest)
        trial = state + step
        tried = problem.residuals(trial)
        tried_cost = float(tried @ tried) if np.isfinite(tried).all() else math.inf
        if tried_cost <= cost:
            still = cost - tried_cost < 1e-6 and float(np.abs(step[:2]).max()) < 1e-4
            state, rest, cost, damping = trial, tried, tried_cost, max(1e-9, damping / 10.0)
            if still:
                break
        elif damping > 1e9:
            break
        else:
            damping *= 10.0
    return state
