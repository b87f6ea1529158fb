"""Two accounts of one drive laid side by side: what a camera saw of its own motion, and what a receiver told of it.

Both are put on one grid of time and smoothed alike, so that neither lags behind the other, and the receiver's is given
for every offset that its clock might have.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.own_motion import OwnMotion
from pipeline.tracklog import Tracklog

Array = NDArray[np.float64]
STEP_S: Final = 0.1
LASTING: Final = 10
"""Steps after which it is asked how much of an error is still there."""
SMOOTH_S: Final = 0.5
DERIVED_SMOOTH_S: Final = 1.0
"""Where course and speed come from positions they are smeared already: both sides are smoothed beyond that."""
SHORT_GAP_S: Final = 2.5
CHORD_S: Final = 1.5
LEAST_CHORD_M: Final = 1.5
CRAWL: Final = 0.1
"""Paces are compared as logarithms, for the scene's depth is a factor; below this share of the median all stands."""


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """The camera's own motion through one unbroken stretch: at_s [N] rising (media time, middle of each step)."""

    at_s: Array
    turn_dps: Array
    pace: Array

    @classmethod
    def of(cls, steps: Sequence[tuple[float, OwnMotion]]) -> Seen:
        """From (media seconds, motion) in order of time."""
        return cls(
            np.array([at for at, _ in steps]),
            np.array([one.turn_dps for _, one in steps]),
            np.array([one.pace for _, one in steps]),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """One signal of one stretch: seen [N] on the grid, told [N, L] at every offset, NaN where nothing was told."""

    seen: Array
    told: Array

    def whitened(self, lasting: float) -> Pair:
        """Less what lasts: with an error that wanders slowly, changes tell more than values do (Cochrane and Orcutt,
        1949)."""
        return Pair(
            self.seen[LASTING:] - lasting * self.seen[:-LASTING], self.told[LASTING:] - lasting * self.told[:-LASTING]
        )


def paired(at_s: Array, values: Array, log: Tracklog, lags: Array, *, turning: bool) -> Pair:
    """What was seen at at_s [N] (turn in °/s, or pace) beside what was told at every lag (whole steps, symmetric)."""
    grid = np.arange(math.ceil(at_s[0] / STEP_S), math.floor(at_s[-1] / STEP_S) + 1) * STEP_S
    smooth_s = SMOOTH_S if log.measured else DERIVED_SMOOTH_S
    edge = round(3 * smooth_s / STEP_S)
    reach = round(float(lags[-1]) / STEP_S)
    wide = np.arange(-reach, len(grid) + reach) * STEP_S + grid[0]
    told = _smooth(_told(log, wide, turning=turning), smooth_s)
    seen = _smooth(np.interp(grid, at_s, values), smooth_s)
    if not turning:
        told, seen = _logarithm(told), _logarithm(seen)
    rows = np.arange(edge, max(edge, len(grid) - edge))
    return Pair(seen[rows], np.stack([told[rows + reach - shift] for shift in range(-reach, reach + 1)], axis=1))


def _told(log: Tracklog, at_s: Array, *, turning: bool) -> Array:
    """Speed (m/s) or turn (°/s) as the receiver tells it, NaN in gaps."""
    fixes = log.at_s
    if len(fixes) < 2:
        return np.full(len(at_s), np.nan)
    if not log.measured:
        values = _by_chords(log, at_s, turning=turning)
    elif turning:
        course = np.degrees(np.unwrap(np.radians([one.deg for one in log.courses])))
        values = np.asarray(np.gradient(np.interp(at_s, fixes, course), at_s))
    else:
        values = np.interp(at_s, fixes, [one.speed_mps for one in log.courses])
    after = np.clip(np.searchsorted(fixes, at_s, side="right"), 1, len(fixes) - 1)
    known = (at_s >= fixes[0]) & (at_s <= fixes[-1]) & (np.diff(fixes)[after - 1] <= SHORT_GAP_S)
    return np.where(known, values, np.nan)


def _by_chords(log: Tracklog, at_s: Array, *, turning: bool) -> Array:
    """The same from positions alone: length and direction of the chord around each moment. The tracklog's own fitted
    courses lean towards the faster side of a corner, which would pass for an offset."""
    east, north = (
        np.interp(at_s + CHORD_S / 2.0, log.at_s, axis) - np.interp(at_s - CHORD_S / 2.0, log.at_s, axis)
        for axis in log.en_m.T
    )
    length = np.hypot(east, north)
    if not turning:
        return np.asarray(length / CHORD_S)
    moving = np.flatnonzero(length > LEAST_CHORD_M)
    if len(moving) < 2:
        return np.zeros(len(at_s))
    course = np.degrees(np.unwrap(np.arctan2(east[moving], north[moving])))
    return np.asarray(np.gradient(np.interp(at_s, at_s[moving], course), at_s))


def _logarithm(values: Array) -> Array:
    """Of a speed or pace as a share of its median while moving."""
    moving = values[np.isfinite(values) & (values > 0.0)]
    usual = float(np.median(moving[moving > CRAWL * moving.max()])) if len(moving) else 1.0
    return np.log(np.maximum(values, 0.0) / max(usual, 1e-9) + CRAWL)


def _smooth(values: Array, smooth_s: float) -> Array:
    """A Gaussian over the grid; NaN stays, and stands where more than half of its weight is NaN."""
    half = round(3 * smooth_s / STEP_S)
    kernel = np.exp(-0.5 * (np.arange(-half, half + 1) * STEP_S / smooth_s) ** 2)
    known = np.isfinite(values)
    total = np.convolve(np.where(known, values, 0.0), kernel, "same")
    weight = np.convolve(known.astype(np.float64), kernel, "same")
    return np.where(known & (weight > 0.5 * kernel.sum()), total / np.maximum(weight, 1e-9), np.nan)
