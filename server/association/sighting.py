"""Things seen in one traverse: observations of the same thing from its several frames put together.

Two observations that one frame shows are two things, whatever their distance. Fragments of one thing (a track that
broke, or single frames that were never tracked) join where place and appearance agree.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

import numpy as np
from lap import lapjv
from numpy.typing import NDArray

from pipeline.types import AttributeValue, Observation
from server.association import appearance, existence
from server.association.drive import Drive
from server.association.existence import View
from server.association.memory import Memory
from server.association.plane import Floats, Plane
from server.association.priors import Priors
from server.association.state import Look

IMPOSSIBLE: Final = 1e6
SURE_SCORE: Final = 0.95
LONGEST_S: Final = 600.0


@dataclass(frozen=True, slots=True, eq=False)
class Sighting:
    """One thing seen in one traverse, as far as is known; grows by `joined`.

    members: indices into the traverse's observations; own [2, 2]: covariance without what the traverse shares, and
    information its inverse; place: metres on the plane; arm [2, 4]: Jacobian of the place by φ; vectors: appearance of
    its views; spans: from when to when (ns) each member was in the picture; worth: log-odds of being real, by scores.
    """

    category: str
    members: tuple[int, ...]
    information: Floats
    own: Floats
    place: Floats
    arm: Floats
    vectors: tuple[Floats, ...]
    approach_deg: float
    spans: tuple[tuple[int, int], ...]
    worth: float

    @property
    def first_ns(self) -> int:
        """When it came into the picture."""
        return min(first for first, _ in self.spans)

    @property
    def last_ns(self) -> int:
        """When it was last in the picture."""
        return max(last for _, last in self.spans)

    @property
    def vector(self) -> Floats | None:
        """Mean appearance."""
        return np.mean(self.vectors, axis=0) if self.vectors else None

    def joined(self, other: Sighting) -> Sighting:
        """Both as one thing: places fused by information."""
        information = self.information + other.information
        own = np.linalg.inv(information)
        return Sighting(
            self.category,
            self.members + other.members,
            information,
            own,
            own @ (self.information @ self.place + other.information @ other.place),
            own @ (self.information @ self.arm + other.information @ other.arm),
            self.vectors + other.vectors,
            other.approach_deg,
            self.spans + other.spans,
            self.worth + other.worth,
        )


def located(observations: Sequence[Observation]) -> list[int]:
    """Indices of the observations that have a place."""
    return [
        index
        for index, seen in enumerate(observations)
        if seen.lat is not None and seen.lon is not None and seen.covariance is not None
    ]


def sightings_of(
    observations: Sequence[Observation], drive: Drive, plane: Plane, view: View, priors: Priors, memory: Memory
) -> list[Sighting]:
    """The located observations of a traverse as things, in the order in which they came into the picture."""
    singles = _singles(observations, drive, plane, priors)
    things: list[Sighting] = []
    for category in sorted({single.category for single in singles}):
        mine = sorted((one for one in singles if one.category == category), key=lambda one: one.first_ns)
        grown: list[Sighting] = []
        for _, together in groupby(mine, key=lambda one: one.first_ns):
            grown = _absorb(grown, list(together), drive, view, priors, memory)
        things.extend(grown)
    return sorted(things, key=lambda one: (one.first_ns, one.members))


def _singles(observations: Sequence[Observation], drive: Drive, plane: Plane, priors: Priors) -> list[Sighting]:
    picked = located(observations)
    if not picked:
        return []
    rows = [observations[index] for index in picked]
    times = np.array([row.utc_ns for row in rows], np.int64)
    place = plane.to_en(np.array([row.lat for row in rows], float), np.array([row.lon for row in rows], float))
    place = place + drive.correction(times)
    arms, sigma = drive.jacobian(place, drive.stand(times)), drive.sigma_at(times)
    return [
        _single(index, row, place[k], arms[k], float(sigma[k]), drive, priors)
        for k, (index, row) in enumerate(zip(picked, rows, strict=True))
    ]


def _single(
    index: int, row: Observation, place: Floats, arm: Floats, sigma_m: float, drive: Drive, priors: Priors
) -> Sighting:
    score = min(max(row.score, 1.0 - SURE_SCORE), SURE_SCORE)
    own = _own(row, sigma_m, drive, priors)
    return Sighting(
        row.category,
        (index,),
        np.linalg.inv(own),
        own,
        place,
        arm,
        (np.array(row.appearance),) if row.appearance else (),
        row.camera_heading_deg or 0.0,
        (_in_picture(row),),
        math.log(score / (1.0 - score)),
    )


def _own(row: Observation, sigma_m: float, drive: Drive, priors: Priors) -> Floats:
    """The observation's covariance without the error of the pose, which all of the traverse share."""
    assert row.covariance is not None  # noqa: S101 - only located rows come here
    cov = row.covariance
    total = np.array([[cov.ee, cov.en], [cov.en, cov.nn]])
    values, vectors = np.linalg.eigh(total - sigma_m**2 * np.eye(2))
    floor = (priors.own_floor_m if len(drive.utc_ns) else 0.0) ** 2
    noise = drive.noise_m**2 + 1e-4
    own: Floats = (vectors * (np.maximum(values, floor) + noise)) @ vectors.T
    return own


def _in_picture(row: Observation) -> tuple[int, int]:
    """When the track of this observation was in the picture, from its attributes; else only its own moment."""
    told = dict(row.attributes)
    before, after = (_seconds(told.get(name)) for name in ("in_view_before_s", "in_view_after_s"))
    return row.utc_ns - round(before * 1e9), row.utc_ns + round(after * 1e9)


def _seconds(told: AttributeValue | None) -> float:
    """A length of time as a device told it; 0 where it told none, or none that can be."""
    return min(float(told), LONGEST_S) if isinstance(told, int | float) and told > 0 else 0.0


def _absorb(
    grown: list[Sighting], together: list[Sighting], drive: Drive, view: View, priors: Priors, memory: Memory
) -> list[Sighting]:
    """Join what one frame shows to the things so far, one to one, where that is likelier than a new thing."""
    if not grown:
        return together
    again = _log_odds_again(np.array([thing.place for thing in grown]), together[0].first_ns, drive, view, priors)
    gain = np.array([[_join_gain(thing, one, priors, memory) for thing in grown] for one in together]) + again
    pick = one_to_one(gain)
    out, fresh = list(grown), []
    for row, column in enumerate(pick):
        if column >= 0:
            out[column] = out[column].joined(together[row])
        else:
            fresh.append(together[row])
    return out + fresh


def _log_odds_again(place: Floats, utc_ns: int, drive: Drive, view: View, priors: Priors) -> Floats:
    """[K] log-odds that things at these places are detected (again) at this time; 0 where they are not in view."""
    if not len(drive.utc_ns):
        return np.zeros(len(place))
    at = int(np.abs(drive.utc_ns - utc_ns).argmin())
    rate = existence.detection_rate(place - drive.path[at], drive.heading_deg[at], view, priors)
    return np.where(rate > 0.0, np.log(np.maximum(rate, 0.01)) - np.log1p(-np.minimum(rate, 0.99)), 0.0)


def _join_gain(thing: Sighting, one: Sighting, priors: Priors, memory: Memory) -> float:
    """Log-odds of one thing against two; impossible where both were in the picture at once."""
    if one.first_ns <= thing.last_ns:
        return -IMPOSSIBLE
    spread = thing.own + one.own + np.eye(2) * priors.object_extent_m**2
    gap = thing.place - one.place
    far = float(gap @ np.linalg.solve(spread, gap))
    if far > 25.0:
        return -IMPOSSIBLE
    prior = priors.of(one.category)
    crowd = prior.stock_per_km / 1000.0 / priors.street_width_m
    crowd += prior.company / (math.pi * priors.company_radius_m**2)
    place = -0.5 * far - math.log(2.0 * math.pi) - 0.5 * math.log(float(np.linalg.det(spread)))
    vector, other = thing.vector, one.vector
    look = 0.0
    if vector is not None and other is not None:
        known = [Look(thing.approach_deg, len(thing.vectors), tuple(vector.tolist()))]
        look = appearance.log_ratio(other, 1, one.approach_deg, known, memory.of(one.category), priors)
    return place + look - math.log(crowd)


def one_to_one(gain: Floats) -> NDArray[np.intp]:
    """For each row its column, or −1, so that the sum of the gains taken is largest and each column is taken once."""
    if gain.size == 0:
        return np.full(gain.shape[0], -1)
    _, rows, _ = lapjv(np.ascontiguousarray(-gain), extend_cost=True, cost_limit=0.0)
    taken = np.asarray(rows, dtype=np.intp)
    worth = np.where(taken >= 0, gain[np.arange(len(taken)), np.maximum(taken, 0)], -1.0)
    return np.where(worth > 0.0, taken, -1)
