"""What each possible match is worth: log-odds of 'this sighting shows that case' against 'it shows a new problem'."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from server.association import appearance, ellipse, existence, part, plate, sighting
from server.association.appearance import Asked, Measure
from server.association.ellipse import LOG_TAU, Ellipses
from server.association.existence import NS_PER_H
from server.association.known import Known, Rivals
from server.association.memory import Memory
from server.association.pairs import Pairs
from server.association.plane import Floats
from server.association.priors import Priors
from server.association.sighting import Sighting

NEVER = -1e6
LATE_H = 1.0
"""Hours between passes that are assumed for a late report: when its place was looked at before is not known."""
MOST_TAKEN = 0.98
MOST_SURE = 50.0
FAINT = 16.0
"""Nats below which the density of a residual says nothing that counts."""
FEW = 4
"""So many pairs are compared one by one sooner than as a column."""


@dataclass(frozen=True, slots=True, eq=False)
class Costs:
    """N sightings against M cases, pair by pair.

    place [N, 2], arm [N, 2, 4], where [M, 2], and goal ([P], [P]) east and north of the cases pair by pair; spread,
    tight [P]: covariance of a residual and its inverse, without what φ explains; edge [P]: log normaliser of that
    Gaussian; odds [P]: log-odds of a match before the place is looked at, NEVER for two that are never one; look [P]:
    the part of it that appearance and plates tell; bias [M]: the part that was learned; fresh [N]: density per m² of
    new problems there; refill [P]: probability that the case ended and another problem took its place; stays [P]:
    probability that it still stands although it is not what was seen, so that nothing else can stand there; room [P]:
    area (m², over π) of the place it takes, and wide [P] the same averaged over the residual's error.
    """

    pairs: Pairs
    place: Floats
    arm: Floats
    where: Floats
    goal: tuple[Floats, Floats]
    spread: Ellipses
    tight: Ellipses
    edge: Floats
    odds: Floats
    look: Floats
    bias: Floats
    fresh: Floats
    refill: Floats
    stays: Floats
    room: Floats
    wide: Floats

    def residual(self, phi: Floats) -> tuple[Floats, Floats]:
        """([..., P], [..., P]) east and north of sightings shifted by φ [..., 4] minus the cases."""
        rows, (east, north) = self.pairs.rows, self.moved(phi)
        return east[..., rows] - self.goal[0], north[..., rows] - self.goal[1]

    def moved(self, phi: Floats) -> tuple[Floats, Floats]:
        """([..., N], [..., N]) east and north of the sightings shifted by φ [..., 4]."""
        return phi @ self.arm[:, 0].T + self.place[:, 0], phi @ self.arm[:, 1].T + self.place[:, 1]

    def log_place(self, east: Floats, north: Floats) -> Floats:
        """[..., P] log density of residuals."""
        return np.asarray(self.edge - 0.5 * self.tight.square(east, north))

    def log_new(self, east: Floats, north: Floats, wide: Floats, log_place: Floats) -> Floats:
        """[..., N] log density of a new problem at each sighting."""
        return np.asarray(np.log(self._new(east, north, wide, np.exp(log_place))))

    def _new(self, east: Floats, north: Floats, wide: Floats, density: Floats) -> Floats:
        """[..., N] density of a new problem at each sighting: where there is room, or where one has gone.

        Room is a soft disc, exp(−d²/R²) of area πR², averaged over the residual's error to a wider one.
        """
        taken = self.stays * self.room / wide * np.exp((east * east + north * north) / -wide)
        free = self.pairs.summed(np.log1p(-np.minimum(taken, MOST_TAKEN)))
        return np.asarray(self.fresh * np.exp(free) + self.pairs.summed(self.refill * density))

    def near(self, phi: Floats) -> Costs:
        """The same without the pairs that are too far from each other at each of these φ [K, 4] to say anything that
        counts: their densities, and what they take of the room, are below exp(−FAINT). For each sighting the box that
        holds it at all of them stands for it."""
        square = np.zeros(len(self.odds))
        for moved, goal in zip(self.moved(phi), self.goal, strict=True):
            least, most = moved.min(axis=0)[self.pairs.rows], moved.max(axis=0)[self.pairs.rows]
            beyond = np.maximum(np.maximum(least - goal, goal - most), 0.0)
            square += beyond * beyond
        kept = square <= FAINT * np.maximum(2.0 * self.spread.trace(), self.wide)
        told = (self.edge, self.odds, self.look, self.refill, self.stays, self.room, self.wide)
        edge, odds, look, refill, stays, room, wide = (term[kept] for term in told)
        return replace(
            self,
            pairs=self.pairs.only(kept),
            goal=(self.goal[0][kept], self.goal[1][kept]),
            spread=ellipse.rows(self.spread, kept),
            tight=ellipse.rows(self.tight, kept),
            edge=edge,
            odds=odds,
            look=look,
            refill=refill,
            stays=stays,
            room=room,
            wide=wide,
        )

    def gains(self, log_place: Floats, log_new: Floats) -> Floats:
        """[..., P] log-odds of each match, by the densities of residuals [..., P] and of new problems [..., N]."""
        return np.asarray(self.odds + log_place - log_new[..., self.pairs.rows])

    def at(self, phi: Floats) -> Floats:
        """[..., P] log-odds of each match at this φ."""
        east, north = self.residual(phi)
        log_place = self.log_place(east, north)
        return self.gains(log_place, self.log_new(east, north, self.wide, log_place))

    def likelihood(self, phi: Floats) -> Floats:
        """[...] logarithm of that of all sightings at this φ, matches summed out one by one (no exclusion between
        them)."""
        east, north = self.residual(phi)
        density = np.exp(self.log_place(east, north))
        known = self.pairs.summed(np.exp(np.minimum(self.odds, MOST_SURE)) * density)
        return np.asarray(np.log(known + self._new(east, north, self.wide, density)).sum(axis=-1))


def costs_of(
    sightings: Sequence[Sighting],
    near: Rivals,
    known: Known,
    utc_ns: int,
    priors: Priors,
    memory: Memory,
    measures: Mapping[str, Measure],
    beside: Sequence[tuple[int, int]] = (),
) -> Costs:
    """All that can be said before φ is known. near: the rivals among the known; beside: (row, column) of pairs
    that were in one picture, so that they are never one."""
    place = np.array([one.place for one in sightings]).reshape(-1, 2)
    pairs = Pairs.of(near.may)
    rows, columns = pairs.rows, pairs.columns
    own = ellipse.rows(ellipse.column([one.own for one in sightings]), rows)
    spread = own.plus(ellipse.rows(near.error, columns)).widened(priors.object_extent_m**2)
    ties = _ties(sightings, near, pairs)
    never = ties < 0.0
    never[[slot for pair in beside if (slot := pairs.slot[pair]) >= 0]] = True
    told = (~never).nonzero()[0]
    look = _looks(sightings, near, pairs, told, priors, measures) + _plates(sightings, near, pairs, told, priors)
    kinds, hit = [case.category for case in near.cases], near.hit
    bias, kind = np.array([memory.of(name).bias for name in kinds]), [priors.of(name) for name in kinds]
    refill = np.array([one.refill for one in kind]) * near.gone / (1.0 - hit)
    stays = (near.solid * (1.0 - near.hit_solid) + near.faint * (1.0 - near.hit_faint)) / (1.0 - hit)
    room = np.array([one.spacing_m**2 for one in kind])[columns]
    odds = (np.log(hit / (1.0 - hit)) + bias)[columns] + look + ties
    return Costs(
        pairs,
        place,
        sighting.arms(sightings),
        near.place,
        (near.place[columns, 0], near.place[columns, 1]),
        spread,
        spread.inverse(),
        -LOG_TAU - 0.5 * np.log(spread.det()),
        np.where(never, NEVER, odds),
        look,
        bias,
        _fresh(sightings, known, utc_ns, priors),
        refill[columns],
        stays[columns],
        room,
        room + spread.trace(),
    )


def _looks(
    sightings: Sequence[Sighting],
    near: Rivals,
    pairs: Pairs,
    told: NDArray[np.intp],
    priors: Priors,
    measures: Mapping[str, Measure],
) -> Floats:
    """[P] how much looks speak for each pair; 0 where they say nothing. told: the pairs that are asked."""
    look = np.zeros(len(pairs.rows))
    if len(told) <= FEW:
        for slot in told.tolist():
            one, case = sightings[pairs.rows[slot]], near.cases[pairs.columns[slot]]
            if (vector := one.vector) is not None:
                ruler = measures[case.category]
                look[slot] = ruler.against(vector, len(one.vectors), one.approach_deg, case.looks, priors)
        return look
    vectors = [one.vector for one in sightings]
    width = max((len(vector) for vector in vectors if vector is not None), default=0)
    shown = np.array([vector is not None for vector in vectors], np.bool_)
    told = told[shown[pairs.rows[told]]]
    if width and len(told):
        blank = np.zeros(width)
        asked = Asked(
            np.array([blank if vector is None else vector for vector in vectors]),
            np.array([max(1.0, len(one.vectors)) for one in sightings]),
            np.array([one.approach_deg for one in sightings]),
        )
        looks = [case.looks for case in near.cases]
        rulers = [measures[case.category] for case in near.cases]
        rows, columns = pairs.rows[told], pairs.columns[told]
        look[told] = appearance.log_ratios(asked, rows, looks, columns, rulers, priors)
    return look


def _plates(
    sightings: Sequence[Sighting], near: Rivals, pairs: Pairs, told: NDArray[np.intp], priors: Priors
) -> Floats:
    """[P] how much plates speak for each pair; 0 where they say nothing. told: the pairs that are asked."""
    out = np.zeros(len(pairs.rows))
    read = {row for row, one in enumerate(sightings) if one.plates}
    known = {column for column, case in enumerate(near.cases) if case.plates}
    if not read or not known:
        return out
    for slot, row, column in zip(told.tolist(), pairs.rows[told].tolist(), pairs.columns[told].tolist(), strict=True):
        if row in read and column in known:
            out[slot] = plate.log_ratio(sightings[row].plates, near.cases[column].plates, priors)
    return out


def _ties(sightings: Sequence[Sighting], near: Rivals, pairs: Pairs) -> Floats:
    """[P] how much it speaks for each pair to what registered thing the two are tied; negative where that is two."""
    out = np.zeros(len(pairs.rows))
    rows = [row for row, one in enumerate(sightings) if one.part]
    columns = [column for column, case in enumerate(near.cases) if case.part]
    for row, column in itertools.product(rows, columns):
        if (slot := pairs.slot[row, column]) >= 0:
            out[slot] = part.SURE if sightings[row].part == near.cases[column].part else -part.SURE
    return out


def _fresh(sightings: Sequence[Sighting], known: Known, utc_ns: int, priors: Priors) -> Floats:
    """[N] density of new problems where each was seen: since the last pass there, and in company of its kind."""
    if not known.cases or not sightings:
        alone = [existence.density_of_new(priors.of(one.category), None, False, priors) for one in sightings]
        return np.array(alone)
    near = known.away <= (2.0 * priors.reach_m) ** 2
    before = np.where(near & (known.looked_ns <= utc_ns), known.looked_ns, -1).max(axis=1).tolist()
    company = (known.away <= priors.company_radius_m**2) & known.alike
    looked, beside = (np.asarray(which.any(axis=1)).tolist() for which in (near, company))
    out = []
    for row, one in enumerate(sightings):
        hours = (utc_ns - before[row]) / NS_PER_H if before[row] >= 0 else LATE_H if looked[row] else None
        out.append(existence.density_of_new(priors.of(one.category), hours, beside[row], priors))
    return np.array(out)
