"""Where a track's object stands: one weighted least-squares estimate from all views, with its covariance.

Unknown are the object's centre (east, north), the height of its foot above the ground that the cameras' heights are
told from (so what those are wrong by is a part of it), what every view shares (what heading, pitch, roll and focal
length are wrong by) and its own sizes; all but east and north have priors. What each view measures depends on the
shape: of a lump the middle of the box's width and its bottom, where the near edge meets the ground; of a sheet on a
wall the middle of the box; of a vehicle all four sides, against the outline of a hull. Sides cut off by the picture
measure nothing. The covariance is the inverse normal matrix's block for east and north (Hartley & Zisserman, §5.2),
scaled up where the views disagree more than their errors allow, plus what the middle of such a thing is off by, plus
the position error that all poses of a pass share.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.bodies import EAST, FOOT, NORTH, OWN, ROLL, TILT, TURN, ZOOM, Body, body_of
from pipeline.geo import wrap_360
from pipeline.observation import Covariance, Located
from pipeline.pose import Camera, Pose
from pipeline.rays import ray_of
from pipeline.reasons import Reason, Rejected
from pipeline.shapes import Hull, Lump, Sheet, shape_of
from pipeline.sight import Noise, Sight
from pipeline.solve import Problem, Solution, blended, likeliest, solve
from pipeline.track import Track, View

Array = NDArray[np.float64]
WALL_SKEW: Final = 1.15
"""A range from parallax alone is skewed: first-order variances are this much too small (measured by the tests)."""
TOP_SPEED_SIGMA_MPS: Final = 15.0
SHARED: Final = (TURN, TILT, FOOT)
"""What a track tells of its poses."""
EVERY_FRAME: Final = -1
LEAST_SPREAD: Final = 1e-6
"""Of any prior, in its unit: what is told as known exactly is nearly so."""


@dataclass(frozen=True, slots=True)
class LocateOptions:
    """max_range_m: of the nearest view. max_sigma_m: of the worst direction, without the pass's own position error;
    ellipses that wide are true where they are wide from afar (docs/location.md). max_hull_sigma_m: the same of a
    vehicle, since with a wider one nobody can say in which zone it stands."""

    max_views: int = 12
    max_range_m: float = 60.0
    max_sigma_m: float = 25.0
    max_hull_sigma_m: float = 8.0
    min_depression_deg: float = 2.0
    noise: Noise = field(default_factory=Noise)


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


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """What a track by itself says that all its poses are wrong by. word [3]: turn and tilt (rad), and by how much the
    ground is nearer to the camera than its height (m, negative where the camera is higher than told); information
    [3, 3]: without what was assumed of them before. aside: by frame, how far the word is moved [3, 4] by a sigma of
    each error that all things in that picture share: sway across and down, and position right and ahead. In place of a
    frame EVERY_FRAME, by roll and focal length, which all pictures share, and twice by nothing."""

    word: Array
    information: Array
    aside: Mapping[int, Array] = field(default_factory=dict)


def worst_sigma(covariance: Covariance) -> float:
    """1-sigma error in the worst direction."""
    middle, half = (covariance.ee + covariance.nn) / 2.0, (covariance.ee - covariance.nn) / 2.0
    return math.sqrt(middle + math.hypot(half, covariance.en))


def locate(track: Track, label: str, camera: Camera, options: LocateOptions = LocateOptions()) -> Located | Rejected:
    """Where the object stands, assumed still, or why that cannot be said.

    UNLOCATED: no view has a pose. ABOVE_HORIZON: every view looks less than 2° down at its foot. TOO_FAR: beyond the
    range limit. POOR_GEOMETRY: cut off by the frame in every view, or less certain than the options allow.
    """
    still = _still(track, label, camera, options)
    if isinstance(still, Rejected):
        return still
    sight, body, solutions = still
    place, own = blended(solutions, (EAST, NORTH))
    # What is seen from above hides none of its ground; a sheet on a wall covers none.
    skew, hidden = (WALL_SKEW, 1.0) if isinstance(body.shape, Sheet) else (1.0, sight.flatness(place))
    own = own * skew + np.eye(2) * (body.shape.uneven_m * hidden) ** 2
    most_m = options.max_hull_sigma_m if isinstance(body.shape, Hull) else options.max_sigma_m
    if not np.isfinite(own).all() or math.sqrt(float(np.linalg.eigvalsh(own)[-1])) > most_m:
        return Rejected(Reason.POOR_GEOMETRY)
    if float(np.linalg.norm(place - sight.at_m[:, :2], axis=1).min()) > options.max_range_m:
        return Rejected(Reason.TOO_FAR)
    return _located(sight, place, own, float(likeliest(solutions).state[FOOT]))


def _located(sight: Sight, place: Array, own: Array, foot_m: float) -> Located:
    best = int(np.argmax([view.worth for view in sight.views]))
    pose, total = sight.poses[best], own + sight.shared
    lat, lon = sight.frame.to_latlon(float(place[EAST]), float(place[NORTH]))
    east, north = (float(part) for part in place - sight.at_m[best, :2])
    return Located(
        lat=lat,
        lon=lon,
        covariance=Covariance(float(total[0, 0]), float(total[0, 1]), float(total[1, 1])),
        height_m=foot_m,
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
    sight = _sight(track, label, camera, options)
    if isinstance(sight, Rejected):
        return sight
    if len(sight.views) < 2 or float(np.ptp(sight.after_s)) <= 0.0:
        return Rejected(Reason.FEW_HITS)
    solutions = _solutions(sight, body_of(shape_of(label)), options, moving=True)
    if not solutions:
        return Rejected(Reason.POOR_GEOMETRY)
    count = len(solutions[0].state)
    speed, cov = blended(solutions, (count - 2, count - 1))
    covariance = Covariance(float(cov[0, 0]), float(cov[0, 1]), float(cov[1, 1]))
    return Motion(float(speed[0]), float(speed[1]), covariance)


def told_of(track: Track, label: str, camera: Camera, options: LocateOptions = LocateOptions()) -> Told | Rejected:
    """What the views say of how their camera looked, by the same estimate; rejected as `locate` rejects."""
    still = _still(track, label, camera, options)
    if isinstance(still, Rejected):
        return still
    sight, body, solutions = still
    mean, covariance = blended(solutions, SHARED)
    assumed, prior = _common_prior(sight, body, options.noise)
    after, before = np.linalg.inv(covariance), (prior.T @ prior)[np.ix_(SHARED, SHARED)]
    sizes, axes = np.linalg.eigh(after - before)
    seen = (axes * np.maximum(sizes, 0.0)) @ axes.T
    word = np.linalg.pinv(seen) @ after @ (mean - assumed[list(SHARED)])
    own = np.diag([0.0, 0.0, body.shape.base.sigma_m**2])
    gain = np.linalg.pinv(seen) @ after
    moved = gain @ _moved(sight, body, solutions, options.noise)
    aside = {view.frame_index: moved[row] for row, view in enumerate(sight.views)}
    aside[EVERY_FRAME] = gain @ np.pad(_rolled(solutions, prior), ((0, 0), (0, 2)))
    return Told(word, np.linalg.solve(np.eye(3) + seen @ own, seen), aside)


def _moved(sight: Sight, body: Body, solutions: Sequence[Solution], noise: Noise) -> Array:
    """[N, 3, 4]: how far the likeliest solution's turn, tilt and foot are moved by what `Told.aside` names."""
    best = likeliest(solutions)
    gain = np.where(body.measured(sight)[2], best.gain[list(SHARED)], 0.0)
    # Across and down by turns.
    whole = gain.reshape(*gain.shape[:2], -1, 2).sum(axis=2).transpose(1, 0, 2)
    jitter_px = sight.jitter_px(best.state[:2], noise)
    return np.concatenate((whole * sight.sway_px[:, None], whole * jitter_px[:, None]), axis=2)


def _rolled(solutions: Sequence[Solution], prior: Array) -> Array:
    """[3, 2]: how far the likeliest solution's turn, tilt and foot are moved by a sigma of roll and of focal length."""
    pick = [ROLL, ZOOM]
    return likeliest(solutions).covariance[np.ix_(SHARED, pick)] * prior[pick, pick]


def _still(
    track: Track, label: str, camera: Camera, options: LocateOptions
) -> tuple[Sight, Body, list[Solution]] | Rejected:
    """What was seen, of which body, and where that may stand, assumed still."""
    sight = _sight(track, label, camera, options)
    if isinstance(sight, Rejected):
        return sight
    body = body_of(shape_of(label))
    solutions = _solutions(sight, body, options, moving=False)
    return (sight, body, solutions) if solutions else Rejected(Reason.POOR_GEOMETRY)


def _sight(track: Track, label: str, camera: Camera, options: LocateOptions) -> Sight | Rejected:
    """The views worth using, at most max_views spread over the track."""
    posed = [view for view in track.views if view.pose is not None]
    if not posed:
        return Rejected(Reason.UNLOCATED)
    shape = shape_of(label)
    if isinstance(shape, Lump):
        posed = [view for view in posed if _depression_deg(view, view.pose, camera) >= options.min_depression_deg]
        if not posed:
            return Rejected(Reason.ABOVE_HORIZON)
    body = body_of(shape)
    telling = [view for view in posed if body.tells(view, camera)]
    if not telling:
        return Rejected(Reason.POOR_GEOMETRY)
    return Sight.of(_spread(telling, options.max_views), camera, options.noise)


def _depression_deg(view: View, pose: Pose | None, camera: Camera) -> float:
    """How far below the horizon a box's bottom is seen."""
    if pose is None:
        return -90.0
    ray = ray_of(camera, pose, (view.xyxy[0] + view.xyxy[2]) / 2.0, view.xyxy[3])
    return math.degrees(math.asin(max(-1.0, min(1.0, -float(ray[2])))))


def _spread(views: Sequence[View], most: int) -> tuple[View, ...]:
    """At most so many views, evenly over the track, the last (usually nearest) always among them."""
    if len(views) <= most:
        return tuple(views)
    picks = np.unique(np.linspace(0, len(views) - 1, most).round().astype(int))
    return tuple(views[pick] for pick in picks)


def _solutions(sight: Sight, body: Body, options: LocateOptions, moving: bool) -> list[Solution]:
    """One solution from each start of the body."""
    common, known = _common_prior(sight, body, options.noise)
    found = []
    for own in body.priors(sight):
        speeds = ((0.0, 0.0), (TOP_SPEED_SIGMA_MPS, TOP_SPEED_SIGMA_MPS)) if moving else ((), ())
        means = np.concatenate((common, own.mean, speeds[0]))
        prior = np.diag(1.0 / np.maximum(np.concatenate((np.ones(OWN), own.sigma, speeds[1])), LEAST_SPREAD))
        prior[:OWN, :OWN] = known
        for place in body.starts(sight):
            start = means.copy()
            start[:2] = place
            solution = _settle(sight, body, start, means, prior, options.noise, moving)
            if solution is not None:
                found.append(solution)
    return found


def _settle(
    sight: Sight, body: Body, start: Array, mean: Array, prior: Array, noise: Noise, moving: bool
) -> Solution | None:
    """Solved twice: the second time with the position noise at the range found first."""
    measured, sigma, aside = body.measured(sight)
    solution: Solution | None = None
    for _ in range(2):
        place = start if solution is None else solution.state
        whole = np.tile(sight.aside_px(place[:2], noise), sigma.shape[1] // 2)
        at_range = np.hypot(sigma, np.where(aside, whole, 0.0))
        problem = Problem(lambda states: body.predicted(sight, states, moving), measured, at_range, mean, prior)
        solution = solve(problem, place)
        if solution is None:
            return None
    return solution


def _common_prior(sight: Sight, body: Body, noise: Noise) -> tuple[Array, Array]:
    """Mean [7] and prior [7, 7], as `Problem` has it: east and north are free; the foot is at the shape's base, and off
    by what the cameras' heights are; what all views' angles share is about 0."""
    shared = np.radians([noise.angles_deg(pose)[0] for pose in sight.poses])
    turn, tilt = np.maximum(shared.max(axis=0), LEAST_SPREAD)
    base, high_m = body.shape.base, max(pose.height_sigma_m for pose in sight.poses)
    foot = max(math.hypot(base.sigma_m, high_m), LEAST_SPREAD)
    # A camera that is higher than it was told is the foot lower.
    slope = -sight.poses[0].pitch_height * tilt * high_m / foot**2
    rest = math.sqrt(tilt**2 - (slope * foot) ** 2)
    prior = np.zeros((OWN, OWN))
    prior[FOOT, FOOT], prior[TURN, TURN] = 1.0 / foot, 1.0 / turn
    prior[TILT, TILT], prior[TILT, FOOT] = 1.0 / rest, -slope / rest
    roll = math.radians(max(pose.roll_sigma_deg for pose in sight.poses))
    prior[ROLL, ROLL], prior[ZOOM, ZOOM] = 1.0 / np.maximum((roll, sight.camera.focal_sigma), LEAST_SPREAD)
    return np.array([0.0, 0.0, base.m, 0.0, 0.0, 0.0, 0.0]), prior
