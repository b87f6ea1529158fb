"""The path of one traverse: odometer and heading give its shape, the fixes give where that shape lies, and how surely.

What the fixes leave open is four numbers, φ = (east m, north m, rotation rad, scale), shared by everything that the
traverse saw; `offset` solves them from the objects themselves.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.types import Traverse, TraversePose
from server.association.plane import Floats, Plane
from server.association.priors import Priors

FIT_POSES: Final = 60
CAMERA_TURNED_DEG: Final = 20.0
SWELL_SPREAD: Final = 0.4
SWELL_MOST: Final = 3.5


@dataclass(frozen=True, slots=True, eq=False)
class Drive:
    """A smoothed path on a local plane.

    utc_ns int64 [N] ascending; path, fix float64 [N, 2] metres: smoothed and as received; heading_deg float64 [N] of
    the camera; usable bool [N]; centre float64 [2]: about which φ rotates and scales; prior float64 [4, 4]: covariance
    of φ, whose mean is 0 since the path already stands at it; sigma_m float64 [N] as said; noise_m: error of a pose
    relative to its neighbours.
    N is 0 for a report without poses.
    """

    utc_ns: NDArray[np.int64]
    path: Floats
    fix: Floats
    heading_deg: Floats
    usable: NDArray[np.bool_]
    centre: Floats
    prior: Floats
    sigma_m: Floats
    noise_m: float

    def correction(self, utc_ns: NDArray[np.int64]) -> Floats:
        """[K, 2] metres to add to what was placed by the fix of that time."""
        if not len(self.utc_ns):
            return np.zeros((len(utc_ns), 2))
        return self._at(utc_ns, self.path - self.fix)

    def stand(self, utc_ns: NDArray[np.int64]) -> Floats:
        """[K, 2] where the camera stood at these times."""
        if not len(self.utc_ns):
            return np.repeat(self.centre[None], len(utc_ns), axis=0)
        return self._at(utc_ns, self.path)

    def sigma_at(self, utc_ns: NDArray[np.int64]) -> Floats:
        """[K] the error per axis that the fixes of these times were said to have; 0 without poses."""
        if not len(self.utc_ns):
            return np.zeros(len(utc_ns))
        return self._at(utc_ns, self.sigma_m[:, None])[:, 0]

    def _at(self, utc_ns: NDArray[np.int64], column: Floats) -> Floats:
        since, times = (utc_ns - self.utc_ns[0]) * 1e-9, (self.utc_ns - self.utc_ns[0]) * 1e-9
        columns = [np.interp(since, times, column[:, k]) for k in range(column.shape[1])]
        return np.asarray(np.stack(columns, axis=-1))

    def jacobian(self, place: Floats, stand: Floats) -> Floats:
        """[K, 2, 4] how places [K, 2] seen from stands [K, 2] move with φ: rotation turns all, scale moves stands."""
        out = np.zeros((len(place), 2, 4))
        out[:, 0, 0] = out[:, 1, 1] = 1.0
        arm = place - self.centre
        out[:, 0, 2], out[:, 1, 2] = arm[:, 1], -arm[:, 0]
        out[:, :, 3] = stand - self.centre
        return out


def drive_of(traverse: Traverse, plane: Plane, priors: Priors) -> Drive:
    """Fit the dead-reckoned shape to the fixes by generalised least squares, their errors correlated in time.

    Where odometer and fixes disagree beyond their errors, or there is hardly any odometer, the fixes are their own
    shape. Errors of the fixes that the fit shows to be larger than said are believed to be larger.
    """
    poses = sorted(traverse.poses, key=lambda pose: pose.utc_ns)
    if not poses:
        return _no_drive(priors)
    fix = plane.to_en(np.array([pose.lat for pose in poses]), np.array([pose.lon for pose in poses]))
    heading = np.array([pose.heading_deg for pose in poses])
    times = np.array([pose.utc_ns for pose in poses], np.int64)
    sigma = np.array([pose.sigma_m for pose in poses])
    shape = _dead_reckoned(poses, heading)
    pick = np.unique(np.linspace(0, len(poses) - 1, min(len(poses), FIT_POSES)).astype(int))
    fitted = None if shape is None else _fit(shape, fix, times, sigma, pick, priors)
    if fitted is None:
        centre, rough = fix.mean(axis=0), _own_shape_prior(times, sigma, pick, priors)
        return Drive(times, fix, fix, heading, _usable(poses), centre, rough, sigma, priors.fix_noise_m)
    path, centre, prior = fitted
    return Drive(times, path, fix, heading, _usable(poses), centre, prior, sigma, priors.path_noise_m)


def _usable(poses: list[TraversePose]) -> NDArray[np.bool_]:
    return np.array([pose.usable for pose in poses], np.bool_)


def _no_drive(priors: Priors) -> Drive:
    """A report without a path (citizen, sensor): each observation answers for its own error."""
    nothing, empty = np.zeros((0, 2)), np.zeros(0)
    prior = np.diag([priors.own_floor_m**2, priors.own_floor_m**2, 1e-6, 1e-8])
    return Drive(
        empty.astype(np.int64), nothing, nothing, empty, empty.astype(np.bool_), np.zeros(2), prior, empty, 0.0
    )


def _dead_reckoned(poses: list[TraversePose], heading_deg: Floats) -> Floats | None:
    """[N, 2] the path that odometer and heading tell, or None where the odometer stands still or runs backwards."""
    steps = np.diff([pose.odometer_m for pose in poses])
    if len(steps) == 0 or steps.min() < -1.0 or steps.sum() < 5.0:
        return None
    turn = np.radians(heading_deg)
    east, north = np.sin(turn), np.cos(turn)
    ahead = np.stack([(east[1:] + east[:-1]) / 2.0, (north[1:] + north[:-1]) / 2.0], axis=-1)
    return np.concatenate([np.zeros((1, 2)), np.cumsum(ahead * steps[:, None], axis=0)])


def _error_covariance(times: NDArray[np.int64], sigma: Floats, memory_s: float, priors: Priors) -> Floats:
    """[N, N] per axis: a first-order Gauss-Markov error and white noise.

    One sigma for all: were each fix believed its own, the scatter of the sigmas would pass for knowledge of the bias.
    """
    apart = np.abs(times[:, None] - times[None, :]) * 1e-9
    common = float((sigma**2).mean()) * np.exp(-apart / memory_s)
    return np.asarray(common + np.eye(len(times)) * priors.fix_noise_m**2)


def _own_shape_prior(times: NDArray[np.int64], sigma: Floats, pick: NDArray[np.intp], priors: Priors) -> Floats:
    """Covariance of φ where the fixes are the shape: their common error, and hardly any rotation or scale."""
    common = float(_error_covariance(times[pick], sigma[pick], priors.bias_memory_s, priors).mean())
    return np.diag([common, common, math.radians(priors.heading_bias_deg) ** 2, priors.odometer_scale**2])


def _fit(
    shape: Floats, fix: Floats, times: NDArray[np.int64], sigma: Floats, pick: NDArray[np.intp], priors: Priors
) -> tuple[Floats, Floats, Floats] | None:
    """(path, centre, covariance of φ), or None where the shape does not fit the fixes."""
    turned = _mount_turn(shape - shape[pick].mean(axis=0), fix - fix[pick].mean(axis=0))
    arms = (shape - shape[pick].mean(axis=0)) @ turned.T
    middle, rows = fix[pick].mean(axis=0), arms[pick]
    design = np.zeros((2, len(pick), 4))
    design[0, :, 0] = design[1, :, 1] = 1.0
    design[0, :, 2], design[1, :, 2] = rows[:, 1], -rows[:, 0]
    design[0, :, 3], design[1, :, 3] = rows[:, 0], rows[:, 1]
    residual = (fix[pick] - middle - rows).T
    known = np.diag([0.0, 0.0, math.radians(priors.heading_bias_deg) ** -2, priors.odometer_scale**-2])
    models = [
        _error_model(_error_covariance(times[pick], sigma[pick], memory_s, priors), design, residual, known)
        for memory_s in (priors.bias_memory_s / 3.0, priors.bias_memory_s, priors.bias_memory_s * 3.0)
    ]
    _, swell, inverse = max(models, key=lambda model: model[0])
    if swell > SWELL_MOST:
        return None
    weighted = np.einsum("anp,nm->apm", design, inverse)
    covariance = np.linalg.inv(np.einsum("apm,amq->pq", weighted, design) + known)
    phi = covariance @ np.einsum("apm,am->p", weighted, residual)
    path = middle + phi[:2] + arms * (1.0 + phi[3]) + np.stack([arms[:, 1], -arms[:, 0]], axis=-1) * phi[2]
    return path, middle + phi[:2], covariance


def _error_model(base: Floats, design: Floats, residual: Floats, known: Floats) -> tuple[float, float, Floats]:
    """(restricted log-likelihood, swell, inverse covariance) of an error model, its sigma swollen to fit best.

    What a receiver says of its error is often half the truth; how the fixes scatter around the shape tells. It never
    shrinks: fixes that scatter little may share a bias of any size.
    """
    inverse = np.linalg.inv(base)
    weighted = np.einsum("anp,nm->apm", design, inverse)
    normal = np.einsum("apm,amq->pq", weighted, design) + known
    pull = np.einsum("apm,am->p", weighted, residual)
    square = float(np.einsum("an,nm,am->", residual, inverse, residual) - pull @ np.linalg.solve(normal, pull))
    free = max(0, residual.size - 4)
    swells = np.exp(np.linspace(0.0, math.log(SWELL_MOST) + 0.2, 16))
    fits = -free * np.log(swells) - 0.5 * square / swells**2 - 0.5 * (np.log(swells) / SWELL_SPREAD) ** 2
    best = int(np.argmax(fits))
    level = -float(np.linalg.slogdet(base)[1]) - 0.5 * float(np.linalg.slogdet(normal)[1])
    return level + float(fits[best]), float(swells[best]), inverse / swells[best] ** 2


def _mount_turn(arms: Floats, fixes: Floats) -> Floats:
    """The rotation [2, 2] from where the camera looks to where the vehicle goes; identity where it looks ahead."""
    dot = float((arms * fixes).sum())
    cross = float((arms[:, 0] * fixes[:, 1] - arms[:, 1] * fixes[:, 0]).sum())
    angle = math.atan2(cross, dot)
    spread = math.sqrt(float((fixes**2).sum(axis=1).mean()))
    if spread < 10.0 or abs(math.degrees(angle)) < CAMERA_TURNED_DEG:
        return np.eye(2)
    return np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
