"""What one match of sightings with cases says of φ, and what that φ says of every other match."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from server.association import ellipse
from server.association.cost import NEVER, Costs
from server.association.ellipse import LOG_TAU, Ellipse
from server.association.matching import one_to_one
from server.association.plane import Floats

TURNS: Final = 8

Match = tuple[int, ...]
"""For each sighting the column of its case, or −1."""


@dataclass(frozen=True, slots=True, eq=False)
class Prior:
    """What the fixes and the map leave open of φ before anything is matched: its covariance [4, 4] and the inverse of
    that, with `root` so that root rootᵀ is the inverse, and the logarithm of its determinant. Its mean is 0."""

    covariance: Floats
    inverse: Floats
    root: Floats
    log_det: float

    @classmethod
    def of(cls, covariance: Floats) -> Prior:
        """From the covariance."""
        inverse = np.linalg.inv(covariance)
        root = np.linalg.cholesky(inverse)
        return cls(covariance, inverse, root, -_log_det(root))


def _log_det(root: Floats) -> float:
    """Logarithm of the determinant of a matrix whose Cholesky factor this is."""
    return 2.0 * math.log(math.prod(root.diagonal().tolist()))


@dataclass(frozen=True, eq=False)
class Fit:
    """φ by least squares given a match, its covariance, and what follows from it."""

    costs: Costs
    prior: Prior
    match: Match
    phi: Floats
    covariance: Floats
    log_det: float

    @classmethod
    def of(cls, costs: Costs, prior: Prior, match: Match) -> Fit:
        """Solve the normal equations of the matched pairs and the prior."""
        rows, columns = _matched(match)
        if not len(rows):
            return cls(costs, prior, match, np.zeros(4), prior.covariance, prior.log_det)
        east, north = costs.arm[rows, 0], costs.arm[rows, 1]
        ee, en, nn = (term[:, None] for term in ellipse.rows(costs.tight, costs.pairs.slot[rows, columns]))
        gap = costs.where[columns] - costs.place[rows]
        weighed_east, weighed_north = (ee * east + en * north).T, (en * east + nn * north).T
        information = prior.inverse + weighed_east @ east + weighed_north @ north
        covariance = np.linalg.inv(information)
        phi = covariance @ (weighed_east @ gap[:, 0] + weighed_north @ gap[:, 1])
        return cls(costs, prior, match, phi, covariance, -_log_det(np.linalg.cholesky(information)))

    @cached_property
    def residual(self) -> tuple[Floats, Floats]:
        """([P], [P]) sightings minus cases at this φ."""
        return self.costs.residual(self.phi)

    @cached_property
    def log_place(self) -> Floats:
        """[P] log density of those."""
        return self.costs.log_place(*self.residual)

    @cached_property
    def gains(self) -> Floats:
        """[N, M] log-odds of each match at this φ."""
        log_new = self.costs.log_new(*self.residual, self.costs.wide, self.log_place)
        return self.costs.pairs.table(self.costs.gains(self.log_place, log_new), NEVER)

    @cached_property
    def predicted(self) -> Floats:
        """[N, M] log-odds of each match when φ is only known from the matches of the others."""
        return self.costs.pairs.table(self.costs.gains(*self._without), NEVER)

    @cached_property
    def evidence(self) -> float:
        """Log-likelihood of this explanation, φ integrated out (exact for the matched ones).

        What is left unmatched is asked with the φ that the others leave open: a sighting in the place of a case that
        has gone must not be free to choose φ.
        """
        told, (_, log_new) = self.costs.odds + self.log_place, self._without
        rows, columns = _matched(self.match)
        alone = np.ones(len(log_new), np.bool_)
        alone[rows] = False
        seen = float(told[self.costs.pairs.slot[rows, columns]].sum() + log_new[alone].sum())
        shift = self.phi @ self.prior.root
        return seen - 0.5 * float(shift @ shift) + 0.5 * (self.log_det - self.prior.log_det)

    @cached_property
    def _without(self) -> tuple[Floats, Floats]:
        """([P] log density of the residuals, [N] of a new problem), each sighting asked with the φ of the others.

        Leaving a match out of a least-squares fit has a closed form: with R the covariance of its residual r and S
        that of the fitted place, the place without it lies S(R−S)⁻¹r further on and is uncertain by S + S(R−S)⁻¹S.
        """
        arm, costs, pairs = self.costs.arm, self.costs, self.costs.pairs
        moved = arm @ self.covariance @ arm.transpose(0, 2, 1)
        open_by = Ellipse(moved[:, 0, 0], moved[:, 0, 1], moved[:, 1, 1])
        (east, north), (rows, columns) = self.residual, _matched(self.match)
        if len(rows):
            slots = pairs.slot[rows, columns]
            part = ellipse.rows(open_by, rows)
            pull = ellipse.rows(costs.spread, slots).minus(part).inverse()
            shift = np.zeros((2, len(arm)))
            shift[:, rows] = part.times(*pull.times(east[slots], north[slots]))
            east, north = east + shift[0, pairs.rows], north + shift[1, pairs.rows]
            first, last = part.times(*pull.times(part.ee, part.en)), part.times(*pull.times(part.en, part.nn))
            open_by.ee[rows] += first[0]
            open_by.en[rows] += first[1]
            open_by.nn[rows] += last[1]
        wide = costs.spread.plus(ellipse.rows(open_by, pairs.rows))
        det = wide.det()
        log_place = -LOG_TAU - 0.5 * (np.log(det) + wide.adjoint().square(east, north) / det)
        return log_place, costs.log_new(east, north, costs.room + wide.trace(), log_place)


def _matched(match: Match) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The rows that are matched, and their columns."""
    columns = np.array(match, np.intp)
    rows = (columns >= 0).nonzero()[0]
    return rows, columns[rows]


class Fits:
    """Fits by match: several starts lead to the same few matches, and each is worked out once."""

    def __init__(self, costs: Costs, prior: Prior) -> None:
        self._costs, self._prior = costs, prior
        self._fits: dict[Match, Fit] = {}
        self._settled: dict[Match, Fit] = {}

    def of(self, match: Match) -> Fit:
        """The fit of a match."""
        fit = self._fits.get(match)
        if fit is None:
            fit = self._fits[match] = Fit.of(self._costs, self._prior, match)
        return fit

    def settled(self, match: Match) -> Fit:
        """Match and φ by turns until the match stands still; then each sighting is asked anew, with φ from the others,
        and what the rest does not predict is taken off."""
        way: list[Match] = []
        while match not in self._settled and len(way) < TURNS:
            way.append(match)
            found = tuple(one_to_one(self.of(match).gains))
            if found in way:
                break
            match = found
        fit = self._settled.get(match) or self._supported(self._predicted(match))
        self._settled.update(dict.fromkeys(way, fit))
        return fit

    def _predicted(self, match: Match) -> Match:
        for _ in range(TURNS):
            found = tuple(one_to_one(self.of(match).predicted))
            if found == match:
                break
            match = found
        return match

    def _supported(self, match: Match) -> Fit:
        """The fit without the matches that the rest does not predict, the worst taken off first."""
        while any(column >= 0 for column in match):
            gains = self.of(match).predicted
            own = [gains.item(row, column) if column >= 0 else 0.0 for row, column in enumerate(match)]
            worst = min(range(len(own)), key=own.__getitem__)
            if own[worst] >= 0.0:
                break
            match = (*match[:worst], -1, *match[worst + 1 :])
        return self.of(match)
