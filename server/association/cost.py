"""What each possible match is worth: log-odds of 'this sighting shows that case' against 'it shows a new problem'."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from server.association import appearance, existence, part, plate, sighting
from server.association.appearance import Asked, Measure
from server.association.ellipse import LOG_TAU, Ellipse, Ellipses
from server.association.existence import NS_PER_H
from server.association.known import Known
from server.association.memory import Memory
from server.association.plane import Floats
from server.association.priors import Priors
from server.association.sighting import Sighting

NEVER = -1e6
LATE_H = 1.0
"""Hours between passes that are assumed for a late report: when its place was looked at before is not known."""
MOST_TAKEN = 0.98
MOST_SURE = 50.0
REACH_SIGMAS = 3.5


@dataclass(frozen=True, slots=True, eq=False)
class Costs:
    """N sightings against M cases.

    place [N, 2], arm [N, 2, 4], where [M, 2]; spread, tight [N, M]: covariance of a residual and its inverse, without
    what φ explains; edge [N, M]: log normaliser of that Gaussian; odds [N, M]: log-odds of a match before the place is
    looked at, NEVER where the categories differ; look [N, M]: the part of it that appearance and plates tell; bias [M]:
    the part that was learned; fresh [N]: density per m² of new problems there; refill [N, M]: probability that the case
    ended and another problem took its place; stays [N, M]: probability that it still stands although it is not what was
    seen, so that nothing else can stand there; room [M]: area (m², over π) of the place it takes, and
    wide [N, M] the same averaged over the residual's error.
    """

    place: Floats
    arm: Floats
    where: Floats
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
        """([..., N, M], [..., N, M]) east and north of sightings shifted by φ [..., 4] minus the cases."""
        east = phi @ self.arm[:, 0].T + self.place[:, 0]
        north = phi @ self.arm[:, 1].T + self.place[:, 1]
        return east[..., None] - self.where[:, 0], north[..., None] - self.where[:, 1]

    def log_place(self, east: Floats, north: Floats) -> Floats:
        """[..., N, M] log density of residuals."""
        return np.asarray(self.edge - 0.5 * self.tight.square(east, north))

    def log_new(self, east: Floats, north: Floats, wide: Floats, log_place: Floats) -> Floats:
        """[..., N] log density of a new problem at each sighting: where there is room, or where one has gone.

        Room is a soft disc, exp(−d²/R²) of area πR², averaged over the residual's error to a wider one.
        """
        taken = self.stays * self.room / wide * np.exp((east * east + north * north) / -wide)
        free = np.log1p(-np.minimum(taken, MOST_TAKEN)).sum(axis=-1)
        return np.asarray(np.log(self.fresh * np.exp(free) + (self.refill * np.exp(log_place)).sum(axis=-1)))

    def told(self, phi: Floats) -> tuple[Floats, Floats]:
        """([..., N, M], [...]) log-odds of each match at this φ, and the log-likelihood of all sightings there, matches
        summed out one by one (no exclusion between them)."""
        east, north = self.residual(phi)
        log_place = self.log_place(east, north)
        log_new = self.log_new(east, north, self.wide, log_place)
        gains = self.odds + log_place - log_new[..., None]
        either = np.log1p(np.exp(np.minimum(gains, MOST_SURE)).sum(axis=-1))
        return gains, np.asarray((log_new + either).sum(axis=-1))


def contenders(sightings: Sequence[Sighting], known: Known, priors: Priors) -> NDArray[np.intp]:
    """The columns of the cases that a sighting may show: of its category, and no further than any φ could bring it."""
    if not sightings or not known.cases:
        return np.zeros(0, np.intp)
    reach = _reach_square(known, priors)
    places: dict[str, list[tuple[float, float]]] = {}
    for one in sightings:
        places.setdefault(one.category, []).append(one.place)
    return np.array(
        [
            column
            for column, (case, (east, north)) in enumerate(zip(known.cases, known.place.tolist(), strict=True))
            if any((east - e) ** 2 + (north - n) ** 2 <= reach for e, n in places.get(case.category, ()))
        ],
        np.intp,
    )


def _reach_square(known: Known, priors: Priors) -> float:
    """Squared distance (m²) beyond which no sighting shows a case, whatever the map's error as a whole."""
    reach_m: float = REACH_SIGMAS * math.sqrt(known.common.trace()) + priors.reach_m
    return reach_m**2


def costs_of(
    sightings: Sequence[Sighting],
    near: Known,
    known: Known,
    utc_ns: int,
    priors: Priors,
    memory: Memory,
    measures: Mapping[str, Measure],
    beside: Sequence[tuple[int, int]] = (),
) -> Costs:
    """All that can be said before φ is known. near: the contenders among the known; beside: (row, column) of pairs
    that were in one picture, so that they are never one."""
    count = len(sightings)
    place = np.array([one.place for one in sightings]).reshape(count, 2)
    error = near.error.widened(priors.object_extent_m**2)
    own = np.array([one.own for one in sightings]).reshape(count, 3)
    spread = Ellipse(own[:, :1] + error.ee, own[:, 1:2] + error.en, own[:, 2:] + error.nn)
    kinds = [case.category for case in near.cases]
    same = np.array([[one.category == kind for kind in kinds] for one in sightings], float).reshape(count, len(kinds))
    gap = ((place[:, None] - near.place) ** 2).sum(axis=2)
    pairs = (same > 0.0) & (gap <= _reach_square(near, priors))
    for row, column in beside:
        pairs[row, column] = False
    ties = _ties(sightings, near)
    pairs &= ties >= 0.0
    look = _looks(sightings, near, pairs, priors, measures) + _plates(sightings, near, pairs, priors)
    bias, hit = np.array([memory.of(kind).bias for kind in kinds]), near.hit
    refill = np.array([priors.of(kind).refill for kind in kinds]) * near.gone / (1.0 - hit)
    stays = (near.solid * (1.0 - near.hit_solid) + near.faint * (1.0 - near.hit_faint)) / (1.0 - hit)
    room = np.array([priors.of(kind).spacing_m ** 2 for kind in kinds])
    return Costs(
        place,
        sighting.arms(sightings),
        near.place,
        spread,
        spread.inverse(),
        -LOG_TAU - 0.5 * np.log(spread.det()),
        np.where(pairs, np.log(hit / (1.0 - hit)) + bias + look + ties, NEVER),
        look,
        bias,
        _fresh(sightings, place, known, utc_ns, priors),
        same * refill,
        same * stays,
        room,
        room + spread.trace(),
    )


def _looks(
    sightings: Sequence[Sighting],
    near: Known,
    pairs: NDArray[np.bool_],
    priors: Priors,
    measures: Mapping[str, Measure],
) -> Floats:
    """[N, M] how much looks speak for each pair; 0 where they say nothing."""
    look = np.zeros(pairs.shape)
    vectors = [one.vector for one in sightings]
    width = max((len(vector) for vector in vectors if vector is not None), default=0)
    told = np.array([vector is not None for vector in vectors], np.bool_)
    rows, columns = np.nonzero(pairs & told[:, None])
    if width and len(rows):
        blank = np.zeros(width)
        asked = Asked(
            np.array([blank if vector is None else vector for vector in vectors]),
            np.array([max(1.0, len(one.vectors)) for one in sightings]),
            np.array([one.approach_deg for one in sightings]),
        )
        looks = [case.looks for case in near.cases]
        rulers = [measures[case.category] for case in near.cases]
        look[rows, columns] = appearance.log_ratios(asked, rows, looks, columns, rulers, priors)
    return look


def _plates(sightings: Sequence[Sighting], near: Known, pairs: NDArray[np.bool_], priors: Priors) -> Floats:
    """[N, M] how much plates speak for each pair; 0 where they say nothing."""
    out = np.zeros(pairs.shape)
    rows = [row for row, one in enumerate(sightings) if one.plates]
    columns = [column for column, case in enumerate(near.cases) if case.plates]
    for row, column in itertools.product(rows, columns):
        if pairs[row, column]:
            out[row, column] = plate.log_ratio(sightings[row].plates, near.cases[column].plates, priors)
    return out


def _ties(sightings: Sequence[Sighting], near: Known) -> Floats:
    """[N, M] how much it speaks for each pair to what registered thing the two are tied; negative where that is two."""
    out = np.zeros((len(sightings), len(near.cases)))
    rows = [row for row, one in enumerate(sightings) if one.part]
    columns = [column for column, case in enumerate(near.cases) if case.part]
    for row, column in itertools.product(rows, columns):
        out[row, column] = part.SURE if sightings[row].part == near.cases[column].part else -part.SURE
    return out


def _fresh(sightings: Sequence[Sighting], place: Floats, known: Known, utc_ns: int, priors: Priors) -> Floats:
    """[N] density of new problems where each was seen: since the last pass there, and in company of its kind."""
    if not known.cases or not sightings:
        alone = [existence.density_of_new(priors.of(one.category), None, False, priors) for one in sightings]
        return np.array(alone)
    far = ((place[:, None] - known.place) ** 2).sum(axis=2)
    near = far <= (2.0 * priors.reach_m) ** 2
    before = np.where(near & (known.looked_ns <= utc_ns), known.looked_ns, -1).max(axis=1)
    looked, company = near.any(axis=1), far <= priors.company_radius_m**2
    out = []
    for row, one in enumerate(sightings):
        hours = (utc_ns - int(before[row])) / NS_PER_H if before[row] >= 0 else LATE_H if looked[row] else None
        beside = any(known.cases[column].category == one.category for column in np.nonzero(company[row])[0].tolist())
        out.append(existence.density_of_new(priors.of(one.category), hours, beside, priors))
    return np.array(out)
