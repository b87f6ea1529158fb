"""The joint solution: a traverse's unknown φ (offset, rotation, scale) together with which case each sighting shows.

Every likely pair proposes the φ under which it would fit; the proposals are scored by all sightings at once, the best
are refined by turns (one-to-one match at φ, then φ by least squares), and the winner is the one of largest marginal
likelihood. A match stands only if the others, without it, still predict it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from server.association import ellipse
from server.association.cost import NEVER, Costs
from server.association.ellipse import Ellipse
from server.association.fit import Fit, Fits, Match, Prior
from server.association.lone import lone
from server.association.matching import one_to_one
from server.association.plane import Floats
from server.association.solution import SURE, Solution

PROPOSALS: Final = 16
REFINED: Final = 3
MANY: Final = 256
"""From so many pairs on it pays to leave out those that say nothing at any proposal."""
SAME_PHI: Final = 0.02
"""Squared distance, in sigmas of the prior, within which two proposals are one."""


def solve(costs: Costs, covariance: Floats) -> Solution:
    """The best joint explanation. covariance [4, 4]: of φ relative to the map before anything is matched."""
    if not (costs.odds > NEVER).any():
        return Solution.unmatched(covariance, costs.pairs.table(costs.odds, NEVER))
    return lone(costs, covariance) if len(costs.place) == 1 else joint(costs, covariance)


def joint(costs: Costs, covariance: Floats) -> Solution:
    """The solution for any number of sightings of which one may be matched."""
    return solution_of(*likeliest(costs, covariance))


def solution_of(best: Fit, found: list[Fit]) -> Solution:
    """The best explanation as a solution, with the doubt that the others leave."""
    return Solution(best.phi, _doubt(best, found), best.match, _margins(best.predicted, best.match), best.predicted)


def likeliest(costs: Costs, covariance: Floats, proposals: int = PROPOSALS) -> tuple[Fit, list[Fit]]:
    """The best explanation, and all that were found."""
    prior, nothing = Prior.of(covariance), (-1,) * len(costs.place)
    fits = Fits(costs, prior)
    found = {nothing: fits.of(nothing)}
    for match in _starts(costs, prior, proposals):
        fit = fits.settled(match)
        found[fit.match] = fit
    return max(found.values(), key=lambda fit: fit.evidence), list(found.values())


def _starts(costs: Costs, prior: Prior, count: int) -> list[Match]:
    """The matches at the likeliest proposals."""
    proposals = _proposals(costs, prior.covariance, count)
    scaled = proposals @ prior.root
    heard = costs.near(proposals) if len(costs.odds) > MANY else costs
    worth = heard.likelihood(proposals) - 0.5 * (scaled * scaled).sum(axis=1)
    tried: list[int] = []
    apart = scaled.tolist()
    for row in np.argsort(-worth).tolist():
        if all(_square(apart[row], apart[other]) >= SAME_PHI for other in tried):
            tried.append(row)
            if len(tried) == REFINED:
                break
    gains = heard.at(proposals[tried])
    return [tuple(one_to_one(heard.pairs.table(row, NEVER))) for row in gains]


def _square(one: Sequence[float], other: Sequence[float]) -> float:
    return sum((a - b) * (a - b) for a, b in zip(one, other, strict=True))


def _proposals(costs: Costs, prior: Floats, count: int) -> Floats:
    """[K, 4] φ = 0 and the most likely φ given each single likely pair, of so many at most."""
    likely = (costs.odds > NEVER).nonzero()[0]
    rows = costs.pairs.rows[likely]
    gap = costs.where[costs.pairs.columns[likely]] - costs.place[rows]
    lever = prior @ costs.arm.transpose(0, 2, 1)
    moved = (costs.arm @ lever)[rows]
    ee, en, nn = ellipse.rows(costs.spread, likely)
    spread = Ellipse(ee + moved[:, 0, 0], en + moved[:, 0, 1], nn + moved[:, 1, 1])
    east, north = spread.inverse().times(gap[:, 0], gap[:, 1])
    far = gap[:, 0] * east + gap[:, 1] * north
    score = costs.odds[likely] - 0.5 * far - 0.5 * np.log(spread.det())
    pick = np.argsort(-score)[:count]
    lever = lever[rows[pick]]
    phi = lever[:, :, 0] * east[pick, None] + lever[:, :, 1] * north[pick, None]
    return np.concatenate([np.zeros((1, 4)), phi])


def _doubt(best: Fit, found: Sequence[Fit]) -> Floats:
    """[4, 4] φ's covariance, as uncertain as the other explanations make it: each weighs by its evidence (moment
    matching)."""
    if len(found) == 1:
        return best.covariance
    weights = np.exp([fit.evidence - best.evidence for fit in found])
    covariance = np.zeros((4, 4))
    for share, fit in zip((weights / weights.sum()).tolist(), found, strict=True):
        away = fit.phi - best.phi
        covariance += share * (fit.covariance + away[:, None] * away)
    return covariance


def _margins(gains: Floats, match: Match) -> tuple[float, ...]:
    """How clear each decision was: the gain taken minus the best other, with φ from the others."""
    rows, columns = np.arange(len(match)), np.array(match)
    taken, others = columns >= 0, gains.copy()
    others[rows[taken], columns[taken]] = NEVER
    best = others.max(axis=1)
    margin = np.where(taken, gains[rows, columns] - np.maximum(best, 0.0), -best)
    return tuple(np.minimum(np.maximum(margin, -SURE), SURE).tolist())
