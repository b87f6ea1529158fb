"""The path of one traverse: odometer and heading give its shape, the fixes give where that shape lies, and how surely.

What the fixes leave open is four numbers, φ = (east m, north m, rotation rad, scale), shared by everything that the
traverse saw; `offset` solves them from the objects themselves.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from operator import attrgetter
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.traverse import TraversePose
from server.association.plane import Floats, Plane
from server.association.priors import Priors

FIT_POSES: Final = 20
CAMERA_TURNED_DEG: Final = 20.0
SWELL_SPREAD: Final = 0.4
SWELL_MOST: Final = 3.5
WORST_M: Final = 15.0
"""Fixes that say too little of their error may be this far off; a shape from which they scatter further is refused."""
LOG_SWELLS: Final = np.linspace(0.0, 2.0 * (math.log(SWELL_MOST) + 0.2), 31)
SWELLS: Final = np.exp(LOG_SWELLS)
SWELL_SQUARES: Final = SWELLS**2
SWELL_COST: Final = 0.5 * (LOG_SWELLS / SWELL_SPREAD) ** 2
JUMPED: Final = 5.0
"""So many times as far from its place as is usual, a fix has jumped."""
CLOCKWISE: Final = np.array([1.0, -1.0])
MEMORIES: Final = np.array([1.0 / 3.0, 1.0, 3.0])
"""How long the fixes' error may last, as multiples of what the priors say; the fixes themselves tell which."""


@dataclass(frozen=True, slots=True, eq=False)
class Drive:
    """A smoothed path on a local plane.

    utc_ns int64 [N] ascending; path, fix float64 [N, 2] metres: smoothed and as received; heading_deg float64 [N] of
    the camera, and facing [N, 2] the same as a unit vector; usable bool [N]; centre float64 [2]: about which φ rotates
    and scales; prior float64 [4, 4]: covariance of φ, whose mean is 0 since the path already stands at it; sigma_m
    float64 [N] as said; noise_m: error of a pose relative to its neighbours.
    N is 0 for a report without poses.
    """

    utc_ns: NDArray[np.int64]
    path: Floats
    fix: Floats
    heading_deg: Floats
    facing: Floats
    usable: NDArray[np.bool_]
    centre: Floats
    prior: Floats
    sigma_m: Floats
    noise_m: float

    def at(self, utc_ns: NDArray[np.int64]) -> tuple[Floats, Floats, Floats]:
        """At these times: [K, 2] metres to add to what was placed by the fix, [K, 2] where the camera stood, and [K]
        the error per axis that the fix was said to have (0 without poses)."""
        if not len(self.utc_ns):
            nothing = np.zeros((len(utc_ns), 2))
            return nothing, nothing + self.centre, nothing[:, 0]
        last = len(self.utc_ns) - 1
        later = np.minimum(np.maximum(self.utc_ns.searchsorted(utc_ns), 1), max(last, 1))
        after, before = np.minimum(later, last), later - 1
        since = self.utc_ns[before]
        span = np.maximum(self.utc_ns[after] - since, 1)
        share = np.minimum(np.maximum((utc_ns - since) / span, 0.0), 1.0)
        told = np.concatenate((self.path - self.fix, self.path, self.sigma_m[:, None]), axis=1)
        between = told[before]
        between += share[:, None] * (told[after] - between)
        return between[:, :2], between[:, 2:4], between[:, 4]

    def moved(self, phi: Floats) -> Floats:
        """[N, 2] metres by which φ moves the path."""
        arm = self.path - self.centre
        return np.asarray(phi[:2] + _turned(arm) * phi[2] + arm * phi[3])


def drive_of(poses: Sequence[TraversePose], plane: Plane, priors: Priors) -> Drive:
    """Fit the dead-reckoned shape to the fixes by generalised least squares, their errors correlated in time.

    Where odometer and fixes disagree beyond their errors, or there is hardly any odometer, the fixes are their own
    shape. Errors of the fixes that the fit shows to be larger than said are believed to be larger.
    """
    if not poses:
        return _no_drive(priors)
    poses = sorted(poses, key=attrgetter("utc_ns"))
    told = [(pose.lat, pose.lon, pose.heading_deg, pose.odometer_m, pose.sigma_m, pose.usable) for pose in poses]
    times = np.array([pose.utc_ns for pose in poses], np.int64)
    columns = np.fromiter(chain.from_iterable(told), float, 6 * len(told)).reshape(-1, 6)
    lat, lon, heading, odometer, sigma = columns.T[:5]
    fix, usable, turn = plane.to_en(lat, lon), columns[:, 5] > 0.0, np.radians(heading)
    facing = np.empty((len(turn), 2))
    facing[:, 0], facing[:, 1] = np.sin(turn), np.cos(turn)
    shape = _dead_reckoned(odometer, facing)
    fitted = None if shape is None else _fit(shape, fix, times, sigma, priors)
    if fitted is None:
        centre, rough = _mean(fix), _own_shape_prior(times, sigma, priors)
        return Drive(times, fix, fix, heading, facing, usable, centre, rough, sigma, priors.fix_noise_m)
    path, centre, prior = fitted
    return Drive(times, path, fix, heading, facing, usable, centre, prior, sigma, priors.path_noise_m)


def _no_drive(priors: Priors) -> Drive:
    """A report without a path (citizen, sensor): each observation answers for its own error."""
    nothing, empty = np.zeros((0, 2)), np.zeros(0)
    prior = np.diag([priors.own_floor_m**2, priors.own_floor_m**2, 1e-6, 1e-8])
    times, usable = empty.astype(np.int64), empty.astype(np.bool_)
    return Drive(times, nothing, nothing, empty, nothing, usable, np.zeros(2), prior, empty, 0.0)


def _dead_reckoned(odometer_m: Floats, facing: Floats) -> Floats | None:
    """[N, 2] the path that odometer and heading tell, or None where the odometer stands still or runs backwards."""
    steps = odometer_m[1:] - odometer_m[:-1]
    if len(steps) == 0 or steps.min() < -1.0 or steps.sum() < 5.0:
        return None
    shape = np.zeros((len(odometer_m), 2))
    np.add.accumulate((facing[1:] + facing[:-1]) * (0.5 * steps)[:, None], out=shape[1:])
    return shape


def _averaged(columns: Floats) -> tuple[Floats, Floats]:
    """(rows, how many poses each stands for): the mean of so many neighbours that at most FIT_POSES are left.

    Neighbours share nearly all of their error, so nothing but their white noise is averaged away.
    """
    size = -(-len(columns) // FIT_POSES)
    if size == 1:
        return columns, np.ones(len(columns))
    starts = np.arange(0, len(columns), size)
    counts = np.full(len(starts), float(size))
    counts[-1] = len(columns) - starts[-1]
    return np.add.reduceat(columns, starts) / counts[:, None], counts


def _error_covariance(since_s: Floats, counts: Floats, variance: float, memory_s: Floats, priors: Priors) -> Floats:
    """[K, N, N] per axis: first-order Gauss-Markov errors of these memories [K], and white noise.

    One variance for all: were each fix believed its own, the scatter of what they say would pass for knowledge of the
    bias.
    """
    count, apart = len(since_s), np.abs(since_s[:, None] - since_s)
    out = variance * np.exp(apart / -memory_s[:, None, None])
    out.reshape(-1, count * count)[:, :: count + 1] += priors.fix_noise_m**2 / counts
    return np.asarray(out)


def _own_shape_prior(times: NDArray[np.int64], sigma: Floats, priors: Priors) -> Floats:
    """Covariance of φ where the fixes are the shape: their common error, and hardly any rotation or scale."""
    since, counts = _averaged(((times - times[0]) * 1e-9)[:, None])
    memory = np.array([priors.bias_memory_s])
    common = float(_error_covariance(since[:, 0], counts, float(sigma @ sigma) / len(sigma), memory, priors).mean())
    return np.diag([common, common, math.radians(priors.heading_bias_deg) ** 2, priors.odometer_scale**2])


def _fit(
    shape: Floats, fix: Floats, times: NDArray[np.int64], sigma: Floats, priors: Priors
) -> tuple[Floats, Floats, Floats] | None:
    """(path, centre, covariance of φ), or None where the shape does not fit the fixes."""
    variance = max(float(sigma @ sigma) / len(sigma), priors.fix_noise_m**2)
    kept, memories = _agreeing(fix - shape, variance), MEMORIES * priors.bias_memory_s
    middle = _mean(fix[kept])
    off = fix - middle
    arms = _mounted(shape - _mean(shape[kept]), off, kept)
    columns = np.empty((len(fix), 6))
    columns[:, 0], columns[:, 1:3], columns[:, 3:5], columns[:, 5] = 1.0, arms, off - arms, (times - times[0]) * 1e-9
    rows, counts = _averaged(columns[kept])
    errors = _error_covariance(rows[:, 5], counts, variance, memories, priors)
    white, levels = whitened(rows[:, :5], errors, priors.fix_noise_m**2 / float(counts.max()))
    grams = (white @ white.transpose(0, 2, 1)).tolist()
    model, swell = _likeliest(grams, levels, 2 * len(rows) - 4, priors)
    if swell > SWELL_MOST and swell * math.sqrt(variance) > WORST_M:
        return None
    solved = _Solved.of(grams[model], swell**-2, priors)
    phi = np.array(solved.phi)
    path = middle + phi[:2] + arms * (1.0 + phi[3]) + _turned(arms) * phi[2]
    return path, middle + phi[:2], solved.covariance()


def _agreeing(away: Floats, variance: float) -> NDArray[np.bool_] | slice:
    """Which of the poses [N] have a fix that may be believed, by how far away [N, 2] it lies from the shape: all but
    those that lie JUMPED times as far from the middle of all as half of them do, and as their variance lets them.

    What a turned shape or an error that drifts makes of them scatters no further than that; a fix that jumped does.
    """
    span, least = away.max(axis=0) - away.min(axis=0), JUMPED**2 * variance
    if float(span @ span) <= least:
        return slice(None)
    square = ((away - np.median(away, axis=0)) ** 2).sum(axis=1)
    return np.asarray(square <= max(least, JUMPED**2 * float(np.median(square))))


def whitened(columns: Floats, covariance: Floats, least: float) -> tuple[Floats, Floats]:
    """([K, C, N] for each covariance V = LLᵀ of [K, N, N] the columns X [N, C] as (L⁻¹X)ᵀ, [K] −log |V|). least: no
    eigenvalue of a covariance is smaller.

    (L⁻¹X)ᵀ stands in the lower left of the factor of [[V, X], [Xᵀ, zI]], whatever z is if it is large enough, so that
    one factorisation gives all.
    """
    count, size, enough = len(columns), sum(columns.shape), 1.0 + 2.0 * float(np.vdot(columns, columns)) / least
    whole = np.zeros((len(covariance), size, size))
    whole[:, :count, :count], whole[:, count:, :count] = covariance, columns.T
    whole.reshape(len(covariance), -1)[:, count * (size + 1) :: size + 1] = enough
    factor = np.linalg.cholesky(whole)
    levels = -2.0 * np.log(np.diagonal(factor, axis1=1, axis2=2)[:, :count]).sum(axis=1)
    return factor[:, count:, :count], levels


def _mean(places: Floats) -> Floats:
    """[2] of places [N, 2]; for so few rows `ndarray.mean` takes three times as long."""
    return np.asarray(places.sum(axis=0) / len(places))


def _turned(arms: Floats) -> Floats:
    """[N, 2] how places with these arms move as they turn clockwise."""
    return np.asarray(arms[:, ::-1] * CLOCKWISE)


def _likeliest(grams: list[list[list[float]]], levels: Floats, free: int, priors: Priors) -> tuple[int, float]:
    """The error model of largest restricted likelihood, and by how much its sigmas are swollen to fit best.

    What a receiver says of its error is often half the truth; how the fixes scatter around the shape tells. It never
    shrinks: fixes that scatter little may share a bias of any size.
    """
    solved = [_Solved.of(gram, 1.0, priors) for gram in grams]
    square = np.array([gram[3][3] + gram[4][4] - one.explained for gram, one in zip(grams, solved, strict=True)])
    level = levels - [0.5 * one.log_det for one in solved]
    fits = level[:, None] - (0.5 * square)[:, None] / SWELL_SQUARES - max(0, free) * LOG_SWELLS - SWELL_COST
    model, swell = divmod(int(fits.argmax()), len(SWELLS))
    return model, float(SWELLS[swell])


class _Solved(NamedTuple):
    """Least squares for φ from the inner products `gram` of five whitened columns: ones, the arms' east and north, the
    residuals' east and north. Offsets among themselves, and rotation and scale among themselves, are independent, so
    the normal matrix [[g I, B], [Bᵀ, D]] with B = [[n, e], [−e, n]] has a closed inverse.

    explained: the part of the residuals' square that φ takes away; log_det: of the normal matrix.
    """

    phi: tuple[float, float, float, float]
    g: float
    east: float
    north: float
    turn: float
    scale: float
    explained: float

    @classmethod
    def of(cls, gram: list[list[float]], weight: float, priors: Priors) -> _Solved:
        """With the inner products times a weight, and the priors' knowledge of rotation and scale."""
        ones, easts, norths = gram[:3]
        g, e, n, own = (weight * v for v in (ones[0], ones[1], ones[2], easts[1] + norths[2]))
        p0, p1 = weight * ones[3], weight * ones[4]
        p2, p3 = weight * (norths[3] - easts[4]), weight * (easts[3] + norths[4])
        turn = own + math.radians(priors.heading_bias_deg) ** -2 - (e * e + n * n) / g
        scale = own + priors.odometer_scale**-2 - (e * e + n * n) / g
        rotation, stretch = (p2 - (n * p0 - e * p1) / g) / turn, (p3 - (e * p0 + n * p1) / g) / scale
        phi = ((p0 - n * rotation - e * stretch) / g, (p1 + e * rotation - n * stretch) / g, rotation, stretch)
        explained = p0 * phi[0] + p1 * phi[1] + p2 * phi[2] + p3 * phi[3]
        return cls(phi, g, e, n, turn, scale, explained)

    @property
    def log_det(self) -> float:
        """Logarithm of the normal matrix' determinant."""
        return 2.0 * math.log(self.g) + math.log(self.turn * self.scale)

    def covariance(self) -> Floats:
        """[4, 4] of φ."""
        e, n, turn, scale = self.east / self.g, self.north / self.g, 1.0 / self.turn, 1.0 / self.scale
        ee, en, nn = n * turn * n + e * scale * e, (scale - turn) * n * e, e * turn * e + n * scale * n
        return np.array(
            [
                [1.0 / self.g + ee, en, -n * turn, -e * scale],
                [en, 1.0 / self.g + nn, e * turn, -n * scale],
                [-n * turn, e * turn, turn, 0.0],
                [-e * scale, -n * scale, 0.0, scale],
            ]
        )


def _mounted(arms: Floats, fixes: Floats, kept: NDArray[np.bool_] | slice) -> Floats:
    """The arms [N, 2] turned from where the camera looks to where the vehicle goes; unchanged where it looks ahead.
    kept: the poses that tell."""
    told = fixes[kept]
    (ee, en), (ne, nn) = (arms[kept].T @ told).tolist()
    angle = math.atan2(en - ne, ee + nn)
    spread = math.sqrt(float(np.vdot(told, told)) / len(told))
    if spread < 10.0 or abs(math.degrees(angle)) < CAMERA_TURNED_DEG:
        return arms
    return np.asarray(arms @ [[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
