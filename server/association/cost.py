"""What each possible match is worth: log-odds of 'this sighting shows that case' against 'it shows a new problem'."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from server.association import appearance, existence
from server.association.existence import NS_PER_H
from server.association.known import Known, positive_part
from server.association.memory import Memory
from server.association.plane import Floats
from server.association.priors import Priors
from server.association.sighting import Sighting

NEVER = -1e6


@dataclass(frozen=True, slots=True, eq=False)
class Costs:
    """N sightings against M cases.

    place [N, 2], arm [N, 2, 4], where [M, 2]; spread, tight [N, M, 2, 2]: covariance of a residual and its inverse,
    without what φ explains; edge [N, M]: log normaliser of that Gaussian; odds [N, M]: log-odds of a match before
    the place is looked at, NEVER where the categories differ; fresh [N]: density per m² of new problems there;
    refill [N, M]: probability that the case ended and another problem took its place.
    """

    place: Floats
    arm: Floats
    where: Floats
    spread: Floats
    tight: Floats
    edge: Floats
    odds: Floats
    fresh: Floats
    refill: Floats

    def residual(self, phi: Floats) -> Floats:
        """[..., N, M, 2] sightings shifted by φ [..., 4] minus the cases."""
        moved = self.place + np.einsum("nap,...p->...na", self.arm, phi)
        return np.asarray(moved[..., :, None, :] - self.where)

    def log_place(self, phi: Floats) -> Floats:
        """[..., N, M] log density of the residuals."""
        gap = self.residual(phi)
        return np.asarray(self.edge - 0.5 * np.einsum("...a,...ab,...b->...", gap, self.tight, gap))

    def log_new(self, log_place: Floats) -> Floats:
        """[..., N] log density of a new problem at each sighting: anywhere, or in the place of one that has gone."""
        return np.asarray(np.log(self.fresh + (self.refill * np.exp(log_place)).sum(axis=-1)))

    def gains(self, phi: Floats) -> Floats:
        """[..., N, M] log-odds of each match at this φ."""
        log_place = self.log_place(phi)
        return np.asarray(self.odds + log_place - self.log_new(log_place)[..., None])

    def evidence(self, phi: Floats) -> Floats:
        """[...] log-likelihood of all sightings at φ, matches summed out one by one (no exclusion between them)."""
        log_place = self.log_place(phi)
        matched = np.where(self.odds > NEVER, np.exp(np.minimum(self.odds, 50.0) + log_place), 0.0).sum(axis=-1)
        return np.asarray(np.log(matched + np.exp(self.log_new(log_place))).sum(axis=-1))


def costs_of(
    sightings: Sequence[Sighting], known: Known, common: Floats, utc_ns: int, priors: Priors, memory: Memory
) -> Costs:
    """All that can be said before φ is known."""
    count, total = len(sightings), len(known.cases)
    place = np.array([one.place for one in sightings]).reshape(count, 2)
    own = np.array([one.own for one in sightings]).reshape(count, 2, 2)
    extent = np.eye(2) * priors.object_extent_m**2
    loose = positive_part(known.shared - common) if total else known.shared
    spread = own[:, None] + (known.own + loose)[None] + extent
    same = np.array([[one.category == case.category for case in known.cases] for one in sightings], bool)
    same = same.reshape(count, total)
    odds = np.full((count, total), NEVER)
    chance = np.log(known.hit) - np.log1p(-known.hit)
    reach_m = 3.5 * math.sqrt(float(np.trace(common))) + priors.reach_m
    for row, column in zip(*np.nonzero(same), strict=True):
        if math.dist(place[row], known.place[column]) <= reach_m:
            odds[row, column] = chance[column] + _look(sightings[row], known, column, priors, memory)
    refill = np.array([priors.of(case.category).refill for case in known.cases]) * known.gone / (1.0 - known.hit)
    return Costs(
        place,
        np.array([one.arm for one in sightings]).reshape(count, 2, 4),
        known.place,
        spread,
        np.linalg.inv(spread) if spread.size else spread,
        -np.log(2.0 * np.pi) - 0.5 * np.log(np.linalg.det(spread)) if spread.size else np.zeros((count, total)),
        odds,
        np.array([_fresh(one, known, utc_ns, priors) for one in sightings]),
        np.where(same, refill[None, :], 0.0),
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
    hours = max(0.0, (utc_ns - max(looked)) / NS_PER_H) if looked else None
    company = any(
        case.category == one.category and distance <= priors.company_radius_m
        for case, distance in zip(known.cases, far, strict=True)
    )
    return existence.density_of_new(priors.of(one.category), hours, company, priors)
