"""How much likelier two looks are of one thing than of two: a Gaussian model with a part that lasts from every side.

A vector is category mean + lasting part of the thing + part of the face seen from one approach direction + noise,
each isotropic, with the energies that `Likeness` has measured; the face parts of two directions are correlated by
exp(−½ (turn / appearance_turn_deg)²). All is linear and Gaussian, so the expected vector of a new look is a weighted
sum of the known looks (kriging), and the ratio of the two densities has a closed form.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from server.association.memory import Likeness
from server.association.plane import Floats
from server.association.priors import Priors
from server.association.state import Look

LOOKS_KEPT: Final = 8
SAME_DIRECTION_DEG: Final = 25.0
ALONG_DEG: Final = 30.0
COUNT_KEPT: Final = 40
TOO_FEW: Final = 5.0
BIAS_STEP: Final = 4.0
BIAS_INERTIA: Final = 40.0
BIAS_MOST: Final = 2.0


def turn_deg(one_deg: float, other_deg: float) -> float:
    """The angle between two directions, 0..180."""
    return abs((one_deg - other_deg + 180.0) % 360.0 - 180.0)


def along(looks: Sequence[Look], heading_deg: float) -> bool:
    """Whether a thing was seen before by passes along this street, in either direction; True where nothing tells."""
    turns = [turn_deg(look.approach_deg, heading_deg) for look in looks]
    return not turns or min(min(turn, 180.0 - turn) for turn in turns) <= ALONG_DEG


def log_ratio(
    vector: Floats | None, views: int, approach_deg: float, looks: Sequence[Look], likeness: Likeness, priors: Priors
) -> float:
    """Logarithm of p(vector | the thing of these looks) / p(vector | another thing); 0 where nothing can be said.

    vector: mean of `views` unit vectors. Bounded below by the share of outliers; weak until the memory has seen
    enough of the category, and spread over the effective dimensions only.
    """
    known = [look for look in looks if vector is not None and len(look.mean) == len(vector) > 0]
    if vector is None or not known or len(likeness.total) != len(vector):
        return 0.0
    width = len(vector)
    mean, noise, lasting = likeness.mean, likeness.noise, likeness.lasting
    face = likeness.energy - noise - lasting
    turns = np.array([turn_deg(approach_deg, look.approach_deg) for look in known])
    between = np.array([[turn_deg(one.approach_deg, two.approach_deg) for two in known] for one in known])
    kernel = lasting + face * np.exp(-0.5 * (between / priors.appearance_turn_deg) ** 2)
    kernel += np.diag([noise / look.count for look in known])
    reach = lasting + face * np.exp(-0.5 * (turns / priors.appearance_turn_deg) ** 2)
    weights = np.linalg.solve(kernel, reach)
    fresh = lasting + face + noise / views
    left = max(fresh - float(reach @ weights), 0.02 * fresh)
    expected = weights @ (np.array([look.mean for look in known]) - mean)
    gap = float(((vector - mean - expected) ** 2).sum())
    alone = float(((vector - mean) ** 2).sum())
    raw = 0.5 * width * (math.log(fresh / left) + alone / fresh - gap / left)
    told = max(0.0, likeness.count - TOO_FEW)
    trust = told / (told + priors.appearance_min)
    scaled = raw * min(1.0, likeness.dimensions / width) * trust
    return float(np.logaddexp(math.log1p(-priors.appearance_outlier) + scaled, math.log(priors.appearance_outlier)))


def add_look(looks: tuple[Look, ...], approach_deg: float, views: int, vector: Floats | None) -> tuple[Look, ...]:
    """The looks with one more vector in them: into the mean of its direction, or as a new direction.

    A mean forgets slowly (`COUNT_KEPT`), since things change; the direction seen least makes room where all are taken.
    A look without a vector is remembered for its direction alone.
    """
    if vector is None:
        if any(turn_deg(look.approach_deg, approach_deg) <= SAME_DIRECTION_DEG for look in looks):
            return looks
        return (*looks, Look(approach_deg % 360.0, views, ()))[-LOOKS_KEPT:]
    near = [look for look in looks if len(look.mean) == len(vector)]
    best = min(near, key=lambda look: turn_deg(look.approach_deg, approach_deg), default=None)
    if best is None or turn_deg(best.approach_deg, approach_deg) > SAME_DIRECTION_DEG:
        kept = sorted(near, key=lambda look: look.count, reverse=True)[: LOOKS_KEPT - 1]
        return (*kept, Look(approach_deg % 360.0, views, tuple(vector.tolist())))
    share = views / (best.count + views)
    mean = np.array(best.mean) * (1.0 - share) + vector * share
    turned = (approach_deg - best.approach_deg + 180.0) % 360.0 - 180.0
    merged = Look(
        (best.approach_deg + share * turned) % 360.0, min(best.count + views, COUNT_KEPT), tuple(mean.tolist())
    )
    return tuple(merged if look is best else look for look in near)


def learn(likeness: Likeness, vectors: Sequence[Floats], within: Sequence[float]) -> Likeness:
    """The likeness after more vectors of a category; `within`: half squared distances of two views of one thing."""
    if not vectors:
        return likeness
    width = len(vectors[0])
    row = likeness if len(likeness.total) == width else Likeness(total=(0.0,) * width)
    total = np.array(row.total) + np.sum(vectors, axis=0)
    count = row.count + len(vectors)
    mean = total / count
    square = row.square + float(((np.array(vectors) - mean) ** 2).sum())
    return replace(
        row,
        count=count,
        total=tuple(total.tolist()),
        square=square,
        within_n=row.within_n + len(within),
        within=row.within + float(sum(within)),
    )


def learn_across(likeness: Likeness, one: Floats, other: Floats) -> Likeness:
    """The likeness after a match from another approach direction."""
    inner = float((one - likeness.mean) @ (other - likeness.mean))
    return replace(likeness, across_n=likeness.across_n + 1.0, across=likeness.across + inner)


def learn_bias(likeness: Likeness, log_odds: float, same: bool) -> Likeness:
    """The likeness after looks told whether a thing was the same, of which place and time alone gave these log-odds.

    Logistic regression of one constant, a step at a time; it starts slow, since it starts from the priors.
    """
    expected = 1.0 / (1.0 + math.exp(-(log_odds + likeness.bias)))
    step = BIAS_STEP / (BIAS_INERTIA + likeness.asked)
    bias = likeness.bias + step * ((1.0 if same else 0.0) - expected)
    return replace(likeness, asked=likeness.asked + 1.0, bias=min(max(bias, -BIAS_MOST), BIAS_MOST))


def learn_strange(likeness: Likeness, one: Floats, other: Floats) -> Likeness:
    """The likeness after two things that are certainly distinct."""
    first, second = one - likeness.mean, other - likeness.mean
    length = float(np.linalg.norm(first) * np.linalg.norm(second))
    if length < 1e-9:
        return likeness
    cosine = float(first @ second) / length
    return replace(likeness, strange_n=likeness.strange_n + 1.0, strange=likeness.strange + cosine**2)
