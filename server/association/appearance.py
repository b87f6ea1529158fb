"""How much likelier two looks are of one thing than of two: a Gaussian model with a part that lasts from every side.

A vector is category mean + lasting part of the thing + part of the face seen from one approach direction + noise,
each isotropic, with the energies that `Likeness` has measured; the face parts of two directions are correlated by
exp(−½ (turn / appearance_turn_deg)²). All is linear and Gaussian, so the expected vector of a new look is a weighted
sum of the known looks (kriging), and the ratio of the two densities has a closed form.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from server.association.memory import Likeness
from server.association.plane import Floats
from server.association.priors import Priors
from server.association.state import Look

ALONG_DEG: Final = 30.0
TOO_FEW: Final = 5.0
ASKED_KEPT: Final = 30.0
BIAS_MOST: Final = 3.0
LEAST_LEFT: Final = 0.02


def turn_deg(one_deg: float, other_deg: float) -> float:
    """The angle between two directions, 0..180."""
    return abs((one_deg - other_deg + 180.0) % 360.0 - 180.0)


def along(looks: Sequence[Look], heading_deg: float) -> bool:
    """Whether a thing was seen before by passes along this street, in either direction; True where nothing tells."""
    for look in looks:
        turn = turn_deg(look.approach_deg, heading_deg)
        if min(turn, 180.0 - turn) <= ALONG_DEG:
            return True
    return not looks


@dataclass(frozen=True, slots=True, eq=False)
class Measure:
    """How looks of one category are compared, from what is known of their likeness.

    mean [D]; lasting, face, noise: the energies of the parts of a vector; trust: weight of what looks say, less than 1
    while little is known and where things differ in few dimensions, 0 for vectors of a width that nothing taught.
    """

    mean: Floats
    lasting: float
    face: float
    noise: float
    trust: float

    @classmethod
    def of(cls, likeness: Likeness, width: int, priors: Priors) -> Measure:
        """For vectors of this width."""
        likeness = likeness.of_width(width)
        if not width or not likeness.count:
            return cls(np.zeros(width), 1.0, 1.0, 1.0, 0.0)
        noise, lasting = likeness.noise, likeness.lasting
        told = max(0.0, likeness.count - TOO_FEW)
        trust = min(1.0, likeness.dimensions / width) * told / (told + priors.appearance_min)
        return cls(likeness.mean, lasting, likeness.energy - noise - lasting, noise, trust)

    def against_one(self, views: int, alone: float, count: int, known: float, inner: float, closeness: float) -> float:
        """The unbounded log ratio of a mean of `views` vectors against one look of `count`, from their squared lengths
        and inner product (category mean taken off) and from how far one direction tells of the other, 0..1."""
        reach = self.lasting + self.face * closeness
        weight = reach / (self.lasting + self.face + self.noise / count)
        return self._ratio(views, reach * weight, alone, alone - 2.0 * weight * inner + weight * weight * known)

    def against(self, vector: Floats, views: int, approach_deg: float, looks: Sequence[Look], priors: Priors) -> float:
        """The bounded log ratio of a mean of `views` vectors from a direction against all looks at a thing; 0 where
        nothing can be said."""
        told = [look for look in looks if len(look.mean) == len(self.mean)]
        if not told or not self.trust:
            return 0.0
        turns = [look.approach_deg for look in told]
        reach = np.array([self._shared(approach_deg, turn, priors) for turn in turns])
        kernel = np.array([[self._shared(one, other, priors) for other in turns] for one in turns])
        kernel.reshape(-1)[:: len(told) + 1] += [self.noise / look.count for look in told]
        weight = np.linalg.solve(kernel, reach) if len(told) > 1 else reach / kernel[0]
        asked = vector - self.mean
        rest = asked - weight @ (np.array([look.mean for look in told]) - self.mean)
        return bounded(self._ratio(views, float(reach @ weight), float(asked @ asked), float(rest @ rest)), priors)

    def _shared(self, one_deg: float, other_deg: float, priors: Priors) -> float:
        """Covariance of two looks of a thing from these directions."""
        return self.lasting + self.face * closeness(turn_deg(one_deg, other_deg), priors)

    def _ratio(self, views: int, explained: float, alone: float, gap: float) -> float:
        """The unbounded log ratio of a mean of `views` vectors of which the looks explain this much energy, from its
        squared distances from the category's mean and from what was expected."""
        fresh = self.lasting + self.face + self.noise / views
        left = max(fresh - explained, LEAST_LEFT * fresh)
        return 0.5 * len(self.mean) * (math.log(fresh / left) + alone / fresh - gap / left) * self.trust


def bounded(log_ratio: float, priors: Priors) -> float:
    """A log ratio with the chance that a look is foreign although the thing is the same."""
    plain = math.log1p(-priors.appearance_outlier) + log_ratio
    foreign = math.log(priors.appearance_outlier)
    high, low = (plain, foreign) if plain > foreign else (foreign, plain)
    return high + math.log1p(math.exp(low - high))


def closeness(turn_deg: float, priors: Priors) -> float:
    """How much of what is seen from one direction is seen from another."""
    return math.exp(-0.5 * (turn_deg / priors.appearance_turn_deg) ** 2)


def log_ratio(
    vector: Floats | None, views: int, approach_deg: float, looks: Sequence[Look], likeness: Likeness, priors: Priors
) -> float:
    """Logarithm of p(vector | the thing of these looks) / p(vector | another thing); 0 where nothing can be said.

    vector: mean of `views` unit vectors. Bounded below by the share of outliers; weak until the memory has seen
    enough of the category, and spread over the effective dimensions only.
    """
    if vector is None:
        return 0.0
    return Measure.of(likeness, len(vector), priors).against(vector, views, approach_deg, looks, priors)


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """N looks that are to be recognised: mean vectors [N, D], of so many views [N], from these directions [N]."""

    vectors: Floats
    views: Floats
    approach_deg: Floats


@dataclass(frozen=True, slots=True, eq=False)
class _Album:
    """The looks of M things as columns, filled up to the longest list with ones that say nothing (real is False).

    mean [M, K, D] without the category's, approach_deg and count [M, K], real [M, K].
    """

    mean: Floats
    approach_deg: Floats
    count: Floats
    real: NDArray[np.bool_]

    @classmethod
    def of(cls, known: Sequence[Sequence[Look]], middle: Floats) -> _Album:
        """Those looks whose vectors are as wide as the categories' means [M, D]."""
        width = middle.shape[1]
        told = [[look for look in looks if len(look.mean) == width] for looks in known]
        flat = [look for looks in told for look in looks]
        shape = (len(told), max((len(looks) for looks in told), default=0))
        mean, approach, count, real = np.zeros((*shape, width)), np.zeros(shape), np.ones(shape), np.zeros(shape, bool)
        thing = np.repeat(np.arange(len(told)), [len(looks) for looks in told])
        slot = np.array([slot for looks in told for slot in range(len(looks))], np.intp)
        if flat:
            mean[thing, slot] = np.array([look.mean for look in flat]) - middle[thing]
            approach[thing, slot] = [look.approach_deg for look in flat]
            count[thing, slot] = [look.count for look in flat]
            real[thing, slot] = True
        return cls(mean, approach, count, real)


def log_ratios(
    asked: Asked,
    rows: Sequence[int] | NDArray[np.intp],
    known: Sequence[Sequence[Look]],
    columns: Sequence[int] | NDArray[np.intp],
    measures: Sequence[Measure],
    priors: Priors,
) -> Floats:
    """[P] the `log_ratio` of many pairs at once: of asked[rows[p]] and the thing of the looks known[columns[p]], whose
    category is measured by measures[columns[p]]."""
    middle = np.array([measure.mean for measure in measures])
    album = _Album.of(known, middle)
    if not album.real.any() or not any(measure.trust for measure in measures):
        return np.zeros(len(rows))
    lasting, face, noise, trust = np.array([(m.lasting, m.face, m.noise, m.trust) for m in measures]).T
    turns = album.approach_deg[:, :, None] - album.approach_deg[:, None, :]
    kernel = _reach(turns, lasting, face, priors) * (album.real[:, :, None] & album.real[:, None, :])
    slot = np.arange(album.real.shape[1])
    kernel[:, slot, slot] += np.where(album.real, noise[:, None] / album.count, 1.0)

    row, column = np.asarray(rows), np.asarray(columns)
    vector = asked.vectors[row] - middle[column]
    turn = asked.approach_deg[row, None] - album.approach_deg[column]
    reach = _reach(turn, lasting[column], face[column], priors) * album.real[column]
    weight = np.linalg.solve(kernel[column], reach[:, :, None])
    fresh = (lasting + face)[column] + noise[column] / asked.views[row]
    left = np.maximum(fresh - (reach * weight[:, :, 0]).sum(axis=1), LEAST_LEFT * fresh)
    expected = (weight * album.mean[column]).sum(axis=1)
    alone, gap = (vector * vector).sum(axis=1), ((vector - expected) ** 2).sum(axis=1)
    scaled = 0.5 * middle.shape[1] * (np.log(fresh / left) + alone / fresh - gap / left) * trust[column]
    bound = np.logaddexp(math.log1p(-priors.appearance_outlier) + scaled, math.log(priors.appearance_outlier))
    return np.asarray(np.where(album.real[column, 0], bound, 0.0))


def _reach(turn_deg: Floats, lasting: Floats, face: Floats, priors: Priors) -> Floats:
    """[C, ...] covariance of two looks of a thing whose directions differ by these turns."""
    turn = (turn_deg + 180.0) % 360.0 - 180.0
    shape = (-1,) + (1,) * (turn.ndim - 1)
    near = np.exp((-0.5 / priors.appearance_turn_deg**2) * turn * turn)
    return np.asarray(lasting.reshape(shape) + face.reshape(shape) * near)


def learn(likeness: Likeness, vectors: Sequence[Floats], within: Sequence[float]) -> Likeness:
    """The likeness after more vectors of a category, of one width; `within`: half squared distances of two views of one
    thing."""
    if not vectors:
        return likeness
    told, row = np.array(vectors), likeness.of_width(len(vectors[0]))
    total, count = told.sum(axis=0) + row.total, row.count + len(vectors)
    away = (told - total / count).ravel()
    return replace(
        row,
        count=count,
        total=total,
        square=row.square + float(away @ away),
        within_n=row.within_n + len(within),
        within=row.within + sum(within),
    )


def learn_across(likeness: Likeness, pairs: Sequence[tuple[Floats, Floats]]) -> Likeness:
    """The likeness after matches of a vector [D] with looks [K, D] from other approach directions."""
    mean, count, across = likeness.mean, likeness.across_n, likeness.across
    for one, others in pairs:
        count += len(others)
        across += float(((others - mean) @ (one - mean)).sum())
    return replace(likeness, across_n=count, across=across)


def learn_bias(likeness: Likeness, log_odds: float, same: bool) -> Likeness:
    """The likeness after looks told whether a thing was the same, of which place and time alone gave these log-odds.

    Logistic regression of one constant, a Newton step at a time from a prior of one nat. What can be known of it is
    bounded, so that old answers fade: how often places are used again changes while a city is driven.
    """
    expected = 1.0 / (1.0 + math.exp(-(log_odds + likeness.bias)))
    asked = min(likeness.asked + expected * (1.0 - expected), ASKED_KEPT)
    bias = likeness.bias + ((1.0 if same else 0.0) - expected) / (1.0 + asked)
    return replace(likeness, asked=asked, bias=min(max(bias, -BIAS_MOST), BIAS_MOST))


def learn_strange(likeness: Likeness, one: Floats, other: Floats) -> Likeness:
    """The likeness after two things that are certainly distinct."""
    mean = likeness.mean
    first, second = one - mean, other - mean
    square = float(first @ first) * float(second @ second)
    if square < 1e-18:
        return likeness
    cosine_square = float(first @ second) ** 2 / square
    return replace(likeness, strange_n=likeness.strange_n + 1.0, strange=likeness.strange + cosine_square)
