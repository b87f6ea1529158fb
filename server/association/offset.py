"""The joint solution: a traverse's unknown φ (offset, rotation, scale) together with which case each sighting shows.

Every likely pair proposes the φ under which it would fit; the proposals are scored by all sightings at once, the best
are refined by turns (one-to-one match at φ, then φ by least squares), and the winner is the one of largest marginal
likelihood. A match stands only if the others, without it, still predict it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from server.association.cost import NEVER, Costs
from server.association.plane import Floats
from server.association.sighting import one_to_one

PROPOSALS: Final = 60
REFINED: Final = 4
TURNS: Final = 8


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """phi [4] with covariance [4, 4], relative to the map of known cases; match int [N]: case column or −1;
    margin [N]: log-odds of each decision against its best alternative; evidence: log marginal likelihood; gains [N, M]:
    log-odds of each match when φ is only known from the others."""

    phi: Floats
    covariance: Floats
    match: NDArray[np.intp]
    margin: Floats
    evidence: float
    gains: Floats

    @property
    def maybe(self) -> Floats:
        """[M] probability that a case was seen although the match leaves it out."""
        loose = self.gains[self.match < 0].max(axis=0, initial=-50.0)
        return np.asarray(1.0 / (1.0 + np.exp(-np.clip(loose, -50.0, 50.0))))


def solve(costs: Costs, prior: Floats) -> Solution:
    """The best joint explanation. prior [4, 4]: covariance of φ relative to the map, its mean 0."""
    count = len(costs.place)
    none, zero = np.full(count, -1), np.zeros(4)
    evidence = _evidence(costs, none, zero, prior, prior) if count else 0.0
    nothing = Solution(zero, prior, none, np.zeros(count), evidence, costs.odds)
    if count == 0 or costs.odds.shape[1] == 0 or (costs.odds <= NEVER).all():
        return nothing
    proposals = _proposals(costs, prior)
    inverse = np.linalg.inv(prior)
    worth = costs.evidence(proposals) - 0.5 * np.einsum("kp,pq,kq->k", proposals, inverse, proposals)
    found = {nothing.match.tobytes(): nothing}
    tried: list[Floats] = []
    for row in np.argsort(-worth):
        phi = proposals[row]
        if any(float((phi - other) @ inverse @ (phi - other)) < 0.02 for other in tried):
            continue
        tried.append(phi)
        one = _refine(costs, phi, prior, inverse)
        found[one.match.tobytes()] = one
        if len(tried) == REFINED:
            break
    return _with_margins(costs, _with_doubt(list(found.values())), prior)


def _proposals(costs: Costs, prior: Floats) -> Floats:
    """[K, 4] φ = 0 and the most likely φ given each single likely pair."""
    rows, columns = np.nonzero(costs.odds > NEVER)
    arm = costs.arm[rows]
    gap = costs.where[columns] - costs.place[rows]
    spread = costs.spread[rows, columns] + arm @ prior @ arm.transpose(0, 2, 1)
    solved = np.linalg.solve(spread, gap[..., None])[..., 0]
    score = costs.odds[rows, columns] - 0.5 * (gap * solved).sum(axis=1) - 0.5 * np.log(np.linalg.det(spread))
    pick = np.argsort(-score)[:PROPOSALS]
    phi = np.einsum("pq,kaq,ka->kp", prior, arm[pick], solved[pick])
    return np.concatenate([np.zeros((1, 4)), phi])


def _refine(costs: Costs, phi: Floats, prior: Floats, inverse: Floats) -> Solution:
    """Match and φ by turns until the match stands still; then each sighting is asked anew, with φ from the others."""
    match = np.full(len(costs.place), -1)
    for _ in range(TURNS):
        found = one_to_one(costs.gains(phi))
        if (found == match).all():
            break
        match = found
        phi, _ = _least_squares(costs, match, inverse)
    for _ in range(TURNS):
        found = one_to_one(predicted_gains(costs, match, inverse))
        if (found == match).all():
            break
        match = found
    match = _supported(costs, match, inverse)
    phi, covariance = _least_squares(costs, match, inverse)
    evidence = _evidence(costs, match, phi, prior, covariance)
    return Solution(phi, covariance, match, np.zeros(len(match)), evidence, costs.odds)


def _least_squares(costs: Costs, match: NDArray[np.intp], inverse: Floats) -> tuple[Floats, Floats]:
    """φ and its covariance given a match."""
    rows = np.nonzero(match >= 0)[0]
    columns = match[rows]
    arm, tight = costs.arm[rows], costs.tight[rows, columns]
    gap = costs.where[columns] - costs.place[rows]
    information = inverse + np.einsum("nap,nab,nbq->pq", arm, tight, arm)
    covariance = np.linalg.inv(information)
    return covariance @ np.einsum("nap,nab,nb->p", arm, tight, gap), covariance


def predicted_gains(costs: Costs, match: NDArray[np.intp], inverse: Floats) -> Floats:
    """[N, M] log-odds of each match when φ is only known from the matches of the other sightings."""
    rows = np.nonzero(match >= 0)[0]
    arm, tight = costs.arm[rows], costs.tight[rows, match[rows]]
    gap = costs.where[match[rows]] - costs.place[rows]
    count = len(costs.place)
    informed, pulls = np.zeros((count, 4, 4)), np.zeros((count, 4))
    informed[rows] = np.einsum("nap,nab,nbq->npq", arm, tight, arm)
    pulls[rows] = np.einsum("nap,nab,nb->np", arm, tight, gap)
    left = np.linalg.inv(inverse + informed.sum(axis=0) - informed)
    phi = np.einsum("npq,nq->np", left, pulls.sum(axis=0) - pulls)
    wide = costs.spread + np.einsum("nap,npq,nbq->nab", costs.arm, left, costs.arm)[:, None]
    away = (costs.place + np.einsum("nap,np->na", costs.arm, phi))[:, None] - costs.where[None]
    log_place = _log_density(away, wide)
    return np.asarray(costs.odds + log_place - costs.log_new(away, wide, log_place)[:, None])


def _log_density(gap: Floats, spread: Floats) -> Floats:
    """[N, M] logarithm of the Gaussian with these covariances [N, M, 2, 2] at these residuals [N, M, 2]."""
    far = (gap * np.linalg.solve(spread, gap[..., None])[..., 0]).sum(axis=-1)
    return np.asarray(-math.log(2.0 * math.pi) - 0.5 * np.log(np.linalg.det(spread)) - 0.5 * far)


def _supported(costs: Costs, match: NDArray[np.intp], inverse: Floats) -> NDArray[np.intp]:
    """The match without those that the rest does not predict, the worst taken off first."""
    match = match.copy()
    while (match >= 0).any():
        gains = predicted_gains(costs, match, inverse)
        own = np.where(match >= 0, gains[np.arange(len(match)), match], 0.0)
        worst = int(np.argmin(own))
        if own[worst] >= 0.0:
            break
        match[worst] = -1
    return match


def _evidence(costs: Costs, match: NDArray[np.intp], phi: Floats, prior: Floats, covariance: Floats) -> float:
    """Log-likelihood of this explanation, φ integrated out (exact for the matched ones).

    What is left unmatched is asked with the φ that the others leave open: a sighting in the place of a case that has
    gone must not be free to choose φ.
    """
    rows, left = np.nonzero(match >= 0)[0], np.nonzero(match < 0)[0]
    gap = costs.residual(phi)
    log_place = costs.log_place(gap)
    told = (costs.odds + log_place)[rows, match[rows]].sum()
    wide = costs.spread + (costs.arm @ covariance @ costs.arm.transpose(0, 2, 1))[:, None]
    told += costs.log_new(gap, wide, _log_density(gap, wide))[left].sum()
    squeeze = np.linalg.slogdet(covariance)[1] - np.linalg.slogdet(prior)[1]
    return float(told - 0.5 * phi @ np.linalg.solve(prior, phi) + 0.5 * squeeze)


def _with_doubt(found: list[Solution]) -> Solution:
    """The best explanation, φ as uncertain as the others make it: each weighs by its evidence (moment matching)."""
    best = max(found, key=lambda one: one.evidence)
    weight = np.exp([one.evidence - best.evidence for one in found])
    weight /= weight.sum()
    covariance = np.zeros((4, 4))
    for share, one in zip(weight, found, strict=True):
        covariance += share * (one.covariance + np.outer(one.phi - best.phi, one.phi - best.phi))
    return replace(best, covariance=covariance)


def _with_margins(costs: Costs, found: Solution, prior: Floats) -> Solution:
    """How clear each decision was: the gain taken minus the best other, with φ from the others."""
    gains = predicted_gains(costs, found.match, np.linalg.inv(prior))
    margin = np.zeros(len(gains))
    for row, column in enumerate(found.match):
        other = np.delete(gains[row], column) if column >= 0 else gains[row]
        taken = gains[row, column] if column >= 0 else 0.0
        margin[row] = taken - max(other.max(initial=0.0 if column >= 0 else NEVER), NEVER)
    return replace(found, margin=np.clip(margin, -50.0, 50.0), gains=gains)
