"""A symmetric 2×2 matrix as three terms: the error ellipse of a place, or its inverse.

Each term may be a float or an array of any shape, so that one place and a whole column of places are written alike. For
matrices of this size closed forms are as exact as a linear-algebra call and ten times faster.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any, Final, NamedTuple

import numpy as np

from pipeline.observation import Covariance

LOG_TAU: Final = math.log(2.0 * math.pi)
FEW: Final = 12
"""So many rows are computed one by one sooner than as columns."""


class Ellipse(NamedTuple):
    """The east-east, east-north and north-north terms."""

    ee: Any
    en: Any
    nn: Any

    def plus(self, other: Ellipse) -> Ellipse:
        """The sum."""
        return Ellipse(self.ee + other.ee, self.en + other.en, self.nn + other.nn)

    def minus(self, other: Ellipse) -> Ellipse:
        """The difference."""
        return Ellipse(self.ee - other.ee, self.en - other.en, self.nn - other.nn)

    def widened(self, variance: float) -> Ellipse:
        """With a round error added."""
        return Ellipse(self.ee + variance, self.en, self.nn + variance)

    def det(self) -> Any:
        """The determinant."""
        return self.ee * self.nn - self.en * self.en

    def trace(self) -> Any:
        """The sum of the two variances."""
        return self.ee + self.nn

    def adjoint(self) -> Ellipse:
        """The inverse times the determinant."""
        return Ellipse(self.nn, -self.en, self.ee)

    def inverse(self) -> Ellipse:
        """The inverse."""
        det = self.det()
        return Ellipse(self.nn / det, -self.en / det, self.ee / det)

    def times(self, east: Any, north: Any) -> tuple[Any, Any]:
        """The product with a vector."""
        return self.ee * east + self.en * north, self.en * east + self.nn * north

    def square(self, east: Any, north: Any) -> Any:
        """vᵀAv of a vector; for the inverse of a covariance its squared Mahalanobis distance."""
        return (self.ee * east + (2.0 * self.en) * north) * east + self.nn * north * north

    def absolute(self) -> Ellipse:
        """|A|, with the eigenvalues' absolute values: for 2×2 it is (A² + d I) / √(tr A² + 2d), d = |det A|."""
        ee, nn = self.ee * self.ee + self.en * self.en, self.nn * self.nn + self.en * self.en
        en, det = self.en * self.trace(), abs(self.det())
        root = math.sqrt(ee + nn + 2.0 * det)
        return Ellipse((ee + det) / root, en / root, (nn + det) / root) if root > 0.0 else self


Ellipses = Ellipse
"""The same with a column of numbers for each term."""

Gain = tuple[tuple[Any, Any], tuple[Any, Any]]
"""The rows of a 2×2 matrix by which a place follows a measurement."""


def of(covariance: Covariance) -> Ellipse:
    """A covariance as an ellipse that can be computed with."""
    return Ellipse(covariance.ee, covariance.en, covariance.nn)


def covariance(ellipse: Sequence[float]) -> Covariance:
    """The covariance to be kept: `positive`."""
    return Covariance(*positive(ellipse))


def positive(ellipse: Sequence[float]) -> Sequence[float]:
    """The three terms, made positive where rounding left them on the edge."""
    ee, en, nn = ellipse
    if ee > 1e-6 and nn > 1e-6 and en * en <= 0.998 * ee * nn:
        return ellipse
    ee, nn = max(ee, 1e-6), max(nn, 1e-6)
    bound = 0.999 * math.sqrt(ee * nn)
    return ee, min(max(en, -bound), bound), nn


def column(covariances: Sequence[Covariance | Ellipse]) -> Ellipses:
    """Many covariances as one column each of their terms."""
    told = chain.from_iterable([(one.ee, one.en, one.nn) for one in covariances])
    terms = np.fromiter(told, float, 3 * len(covariances)).reshape(-1, 3)
    return Ellipse(terms[:, 0], terms[:, 1], terms[:, 2])


def rows(ellipses: Ellipses, pick: Any) -> Ellipses:
    """The rows of a column that an index, a slice or a mask picks."""
    return Ellipse(ellipses.ee[pick], ellipses.en[pick], ellipses.nn[pick])


def each(formula: Callable[..., Sequence[Sequence[Any]]], rows: Sequence[Sequence[Sequence[float]]]) -> list[Any]:
    """What a formula of places (pairs) and ellipses gives for each row of them, again as places and ellipses. It is
    written for one row, and is asked for all at once where they are many."""
    if len(rows) <= FEW:
        return [formula(*row) for row in rows]
    told = np.fromiter(chain.from_iterable(chain.from_iterable(rows)), float).reshape(len(rows), -1).T
    first, columns = 0, []
    for group in rows[0]:
        terms, first = told[first : first + len(group)], first + len(group)
        columns.append(Ellipse(*terms) if len(group) == 3 else tuple(terms))
    groups = (zip(*(term.tolist() for term in group), strict=True) for group in formula(*columns))
    return list(zip(*groups, strict=True))


def raised(ellipses: Ellipses, least: float) -> Ellipses:
    """Every eigenvalue raised to at least this; with 0 the positive part of a symmetric matrix."""
    middle, half = 0.5 * (ellipses.ee + ellipses.nn), 0.5 * (ellipses.ee - ellipses.nn)
    radius = np.hypot(half, ellipses.en)
    large, small = np.maximum(middle + radius, least), np.maximum(middle - radius, least)
    mean, stretch = 0.5 * (large + small), 0.5 * (large - small) / np.maximum(radius, 1e-300)
    return Ellipse(mean + stretch * half, stretch * ellipses.en, mean - stretch * half)


def settled(ellipse: Ellipse, noise: Ellipse, left: Ellipse, east: float, north: float) -> tuple[float, float, Ellipse]:
    """As `fused`, for a measurement that was shifted as a fit found best, is still off by so much, and whose shift is
    uncertain by `left`.

    The shift has taken its part of the residual already, so the step is that of a known shift, A(A+N)⁻¹; what the shift
    is uncertain by adds A(A+N)⁻¹L(A+N)⁻¹A to the error afterwards.
    """
    first, last = gain = _gain(ellipse, noise)
    (to_east, to_north), cross = first, left.times(*last)
    again = Ellipse(left.square(*first), to_east * cross[0] + to_north * cross[1], left.square(*last))
    return *_step(gain, east, north), _left(ellipse, gain).plus(again)


def fused(ellipse: Ellipse, noise: Ellipse, east: float, north: float) -> tuple[float, float, Ellipse]:
    """How a place of this error moves (m) by a measurement of this noise that says it is off by so much, and its error
    afterwards: the Kalman update, A − A(A+N)⁻¹A = A(A+N)⁻¹N."""
    gain = _gain(ellipse, noise)
    return *_step(gain, east, north), _left(ellipse, gain)


def _gain(ellipse: Ellipse, noise: Ellipse) -> Gain:
    """A(A+N)⁻¹."""
    pull = ellipse.plus(noise).inverse()
    return pull.times(ellipse.ee, ellipse.en), pull.times(ellipse.en, ellipse.nn)


def _step(gain: Gain, east: float, north: float) -> tuple[float, float]:
    """A(A+N)⁻¹ of what was measured."""
    (east_e, east_n), (north_e, north_n) = gain
    return east_e * east + east_n * north, north_e * east + north_n * north


def _left(ellipse: Ellipse, gain: Gain) -> Ellipse:
    """A − A(A+N)⁻¹A."""
    (ee, en, nn), ((east_e, east_n), (north_e, north_n)) = ellipse, gain
    cross = 0.5 * (ee * north_e + en * north_n + en * east_e + nn * east_n)
    return Ellipse(ee - ee * east_e - en * east_n, en - cross, nn - en * north_e - nn * north_n)
