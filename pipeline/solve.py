"""Weighted non-linear least squares for small problems: Levenberg-Marquardt with Huber weights and Gaussian priors."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
HUBER: Final = 2.5
MAX_STEPS: Final = 25
NUDGE: Final = 1e-5
SETTLED_COST: Final = 1e-4
SETTLED_STEP: Final = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """predicted(states [S, D]) gives [S, N, K], against measured [N, K]; sigma [N, K], infinite where nothing was.

    mean [D] of the unknowns, prior [D, D]: with what their distance from it is multiplied to be in sigmas, a row of
    zeros for what is free. A prediction that is not a number where something was measured makes a state impossible.
    """

    predicted: Callable[[Array], Array]
    measured: Array
    sigma: Array
    mean: Array
    prior: Array

    def residuals(self, states: Array) -> Array:
        """Of states [S, D], in sigmas [S, R]: the measurements' (linear beyond HUBER), then the priors'."""
        told = np.isfinite(self.sigma)
        off = np.where(told, (self.predicted(states) - self.measured) / self.sigma, 0.0).reshape(len(states), -1)
        size = np.abs(off)
        far = size > HUBER
        if far.any():
            off[far] *= np.sqrt(2.0 * HUBER * size[far] - HUBER**2) / size[far]
        return np.concatenate((off, (states - self.mean) @ self.prior.T), axis=1)

    def linear(self, state: Array) -> tuple[Array, Array]:
        """The residuals [R] at a state and their derivatives [R, D] by every unknown, by forward differences."""
        every = self.residuals(state + _nudges(len(state)))
        return every[0], (every[1:] - every[0]).T / NUDGE

    @property
    def freedom(self) -> int:
        """Measurements and priors less unknowns: what the cost is expected to be."""
        return int(np.isfinite(self.sigma).sum()) + int(self.prior.any(axis=1).sum()) - len(self.mean)


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """Where a descent ended. strain scales the covariance: above 1 where the residuals are larger than they may be.
    slopes [N * K, D] of the measurements, in sigmas, whose sigma [N, K] they are."""

    state: Array
    covariance: Array
    slopes: Array
    sigma: Array
    cost: float
    strain: float

    @property
    def evidence(self) -> float:
        """Log of how well the solution explains the measurements, up to a constant (Laplace's approximation)."""
        return -0.5 * self.cost + 0.5 * float(np.linalg.slogdet(self.covariance)[1])

    @property
    def gain(self) -> Array:
        """[D, N, K] by how much each unknown moves with each measurement."""
        of_measurements = self.slopes.reshape(*self.sigma.shape, -1) / self.sigma[..., None]
        return np.asarray(np.einsum("de,nke->dnk", self.covariance, of_measurements), np.float64)


def solve(problem: Problem, start: Array) -> Solution | None:
    """The least-squares solution near a start; None where none is reached or it has no covariance."""
    reached = descend(problem, start)
    if reached is None:
        return None
    state, rest, slopes = reached
    cost = float(rest @ rest)
    try:
        covariance: Array = np.asarray(np.linalg.inv(slopes.T @ slopes), dtype=np.float64)
    except np.linalg.LinAlgError:
        return None
    sign, size = np.linalg.slogdet(covariance)
    if sign <= 0 or not math.isfinite(size) or (np.diag(covariance) <= 0).any():
        return None
    told = slopes[: problem.sigma.size]
    return Solution(state, covariance, told, problem.sigma, cost, _strain(cost, problem.freedom))


def _strain(cost: float, freedom: int) -> float:
    """1 while the views agree as their errors allow (chi² within two sigmas)."""
    return cost / freedom if freedom > 0 and cost > freedom + 2.0 * math.sqrt(2.0 * freedom) else 1.0


def descend(problem: Problem, start: Array) -> tuple[Array, Array, Array] | None:
    """Levenberg-Marquardt: a state, and what `Problem.linear` says there; None where the start is impossible."""
    state, damping = start, 1e-3
    rest, slopes = problem.linear(state)
    if not (np.isfinite(rest).all() and np.isfinite(slopes).all()):
        return None
    for _ in range(MAX_STEPS):
        normal, cost = slopes.T @ slopes, float(rest @ rest)
        damped = normal.copy()
        np.fill_diagonal(damped, normal.diagonal() + damping * np.maximum(normal.diagonal(), 1e-9))
        step = np.linalg.solve(damped, -slopes.T @ rest)
        trial, trial_slopes = problem.linear(state + step)
        tried = float(trial @ trial) if np.isfinite(trial).all() and np.isfinite(trial_slopes).all() else math.inf
        if tried <= cost:
            state, rest, slopes, damping = state + step, trial, trial_slopes, max(1e-9, damping / 10.0)
            if cost - tried < SETTLED_COST and float(np.abs(step[:2]).max()) < SETTLED_STEP:
                break
        elif damping > 1e9:
            break
        else:
            damping *= 10.0
    return state, rest, slopes


@lru_cache(maxsize=16)
def _nudges(count: int) -> Array:
    """What `count` unknowns are changed by for a derivative: [count + 1, count], first by nothing, then each alone."""
    nudges = np.vstack((np.zeros(count), NUDGE * np.eye(count)))
    nudges.flags.writeable = False
    return nudges


def likeliest(solutions: Sequence[Solution]) -> Solution:
    """That which explains the measurements best; the first of several."""
    return max(solutions, key=lambda solution: solution.evidence)


def blended(solutions: Sequence[Solution], pick: Sequence[int]) -> tuple[Array, Array]:
    """Mean and covariance of the picked unknowns over several solutions, weighed by their evidence."""
    told = np.array([solution.evidence for solution in solutions])
    share = np.exp(told - told.max())
    share /= share.sum()
    states = np.array([solution.state[list(pick)] for solution in solutions])
    mean: Array = share @ states
    covariance = np.zeros((len(pick), len(pick)))
    for weight, state, solution in zip(share, states, solutions, strict=True):
        own = solution.covariance[np.ix_(pick, pick)] * solution.strain
        covariance += weight * (own + np.outer(state - mean, state - mean))
    return mean, covariance
