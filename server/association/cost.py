"""What each possible match is worth: log-odds of 'this sighting shows that case' against 'it shows a new problem'."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from server.association import appearance, existence
from server.association.existence import NS_PER_H
from server.association.known import Known
from server.association.memory import Memory
from server.association.plane import Floats
from server.association.priors import Priors
from server.association.sighting import Sighting

NEVER = -1e6
LATE_H = 1.0
"""Hours between passes that are assumed for a late report: when its place was looked at before is not known."""


@dataclass(frozen=True, slots=True, eq=False)
class Costs:
    """N sightings against M cases.

    place [N, 2], arm [N, 2, 4], where [M, 2]; spread, tight [N, M, 2, 2]: covariance of a residual and its inverse,
    without what φ explains; edge [N, M]: log normaliser of that Gaussian; odds [N, M]: log-odds of a match before
    the place is looked at, NEVER where the categories differ; look [N, M]: the part of it that is appearance;
    bias [M]: the part that was learned; fresh [N]: density per m² of new problems there;
    refill [N, M]: probability that the case ended and another problem took its place; stays [N, M]: probability that
    it still stands although it is not what was seen, so that nothing else can stand there; room [M]: radius (m) of
    the place it takes.
    """

    place: Floats
    arm: Floats
    where: Floats
    spread: Floats
    tight: Floats
    edge: Floats
    odds: Floats
    look: Floats
    bias: Floats
    fresh: Floats
    refill: Floats
    stays: Floats
    room: Floats

    def residual(self, phi: Floats) -> Floats:
        """[..., N, M, 2] sightings shifted by φ [..., 4] minus the cases."""
        moved = self.place + np.einsum("nap,...p->...na", self.arm, phi)
        return np.asarray(moved[..., :, None, :] - self.where)

    def log_place(self, gap: Floats) -> Floats:
        """[..., N, M] log density of residuals [..., N, M, 2]."""
        return np.asarray(self.edge - 0.5 * np.einsum("...a,...ab,...b->...", gap, self.tight, gap))

    def log_new(self, gap: Floats, spread: Floats, log_place: Floats) -> Floats:
        """[..., N] log density of a new problem at each sighting: where there is room, or where one has gone.

        Room is a soft disc, exp(−d²/R²) of area πR², averaged over the residual's error.
        """
        wide = self.room**2 + np.trace(spread, axis1=-2, axis2=-1)
        taken = self.stays * (self.room**2 / wide) * np.exp(-(gap**2).sum(axis=-1) / wide)
        free = np.log1p(-np.minimum(taken, 0.98)).sum(axis=-1)
        return np.asarray(np.log(self.fresh * np.exp(free) + (self.refill * np.exp(log_place)).sum(axis=-1)))

    def gains(self, phi: Floats) -> Floats:
        """[..., N, M] log-odds of each match at this φ."""
        gap = self.residual(phi)
        log_place = self.log_place(gap)
        return np.asarray(self.odds + log_place - self.log_new(gap, self.spread, log_place)[..., None])

    def evidence(self, phi: Floats) -> Floats:
        """[...] log-likelihood of all sightings at φ, matches summed out one by one (no exclusion between them)."""
        gap = self.residual(phi)
        log_place = self.log_place(gap)
        matched = np.where(self.odds > NEVER, np.exp(np.minimum(self.odds, 50.0) + log_place), 0.0).sum(axis=-1)
        return np.asarray(np.log(matched + np.exp(self.log_new(gap, self.spread, log_place))).sum(axis=-1))


def costs_of(
    sightings: Sequence[Sighting], known: Known, common: Floats, utc_ns: int, priors: Priors, memory: Memory
) -> Costs:
    """All that can be said before φ is known."""
    count, total = len(sightings), len(known.cases)
    place = np.array([one.place for one in sightings]).reshape(count, 2)
    own = np.array([one.own for one in sightings]).reshape(count, 2, 2)
    extent = np.eye(2) * priors.object_extent_m**2
    spread = own[:, None] + (known.own + known.loose(common))[None] + extent
    same = np.array([[one.category == case.category for case in known.cases] for one in sightings], bool)
    same = same.reshape(count, total)
    odds, look = np.full((count, total), NEVER), np.zeros((count, total))
    bias = np.array([memory.of(case.category).bias for case in known.cases])
    chance = np.log(known.hit) - np.log1p(-known.hit)
    reach_m = 3.5 * math.sqrt(float(np.trace(common))) + priors.reach_m
    for row, column in zip(*np.nonzero(same), strict=True):
        if math.dist(place[row], known.place[column]) <= reach_m:
            look[row, column] = _look(sightings[row], known, column, priors, memory)
            odds[row, column] = chance[column] + bias[column] + look[row, column]
    refill = np.array([priors.of(case.category).refill for case in known.cases]) * known.gone / (1.0 - known.hit)
    stays = (known.solid * (1.0 - known.hit_solid) + known.faint * (1.0 - known.hit_faint)) / (1.0 - known.hit)
    return Costs(
        place,
        np.array([one.arm for one in sightings]).reshape(count, 2, 4),
        known.place,
        spread,
        np.linalg.inv(spread) if spread.size else spread,
        -np.log(2.0 * np.pi) - 0.5 * np.log(np.linalg.det(spread)) if spread.size else np.zeros((count, total)),
        odds,
        look,
        bias,
        np.array([_fresh(one, known, utc_ns, priors) for one in sightings]),
        np.where(same, refill[None, :], 0.0),
        np.where(same, stays[None, :], 0.0),
        np.array([priors.of(case.category).spacing_m for case in known.cases]),
    )


def _look(one: Sighting, known: Known, column: int, priors: Priors, memory: Memory) -> float:
    looks, likeness = known.cases[column].looks, memory.of(one.category)
    return appearance.log_ratio(one.vector, len(one.vectors), one.approach_deg, looks, likeness, priors)


def _fresh(one: Sighting, known: Known, utc_ns: int, priors: Priors) -> float:
    """Density of new problems where this was seen: since the last pass there, and in company of its kind."""
    if not known.cases:
        return existence.density_of_new(priors.of(one.category), None, False, priors)
    far = np.hypot(*(known.place - one.place).T)
    near = far <= 2.0 * priors.reach_m
    looked = [case.as_of_ns for case, inside in zip(known.cases, near, strict=True) if inside]
    before = [at for at in looked if at <= utc_ns]
    hours = (utc_ns - max(before)) / NS_PER_H if before else LATE_H if looked else None
    company = any(
        case.category == one.category and distance <= priors.company_radius_m
        for case, distance in zip(known.cases, far, strict=True)
    )
    return existence.density_of_new(priors.of(one.category), hours, company, priors)
