"""Healing: two cases that later looks show to be one problem.

Evidence for one: their places agree, their looks agree, one was missed whenever the other was seen, and two such
problems could not stand so close together at the same time. Two that one traverse saw are two for ever.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Final

import numpy as np

from server.association import appearance
from server.association.known import covariance, matrix, positive_part
from server.association.memory import Memory
from server.association.plane import Floats, Plane
from server.association.priors import Priors
from server.association.state import OpenCase, Standing

APART_KEPT: Final = 16
REACH_SIGMAS: Final = 5.0


@dataclass(frozen=True, slots=True)
class Merge:
    """`gone` is the same problem as `kept` and is folded into it. log_odds: how sure that is."""

    gone: str
    kept: str
    log_odds: float


def apart(cases: Iterable[OpenCase], priors: Priors) -> dict[str, OpenCase]:
    """The cases that one traverse saw side by side, each told never to become the other."""
    told = {case.case_id: case for case in cases}
    for one, other in combinations(list(told.values()), 2):
        near = math.hypot(*_gap(one, other)) <= 2.0 * priors.company_radius_m
        if one.category == other.category and near:
            for this, that in ((one, other), (other, one)):
                state = told[this.case_id]
                names = dict.fromkeys((*state.apart, that.case_id))
                told[this.case_id] = replace(state, apart=tuple(names)[-APART_KEPT:])
    return told


def merges(
    touched: Sequence[OpenCase], around: Sequence[OpenCase], priors: Priors, memory: Memory
) -> list[tuple[Merge, OpenCase]]:
    """Which of the cases just seen are the same as another one, with the state of the two as one; each at most once."""
    found: list[tuple[Merge, OpenCase]] = []
    for one in touched:
        for other in around:
            if other.case_id == one.case_id or not _may_be_one(one, other):
                continue
            score = log_odds(one, other, priors, memory)
            if score > priors.merge_log_odds:
                older, newer = sorted((one, other), key=lambda case: (case.first_seen_ns, case.case_id))
                found.append((Merge(newer.case_id, older.case_id, score), folded(older, newer)))
    taken: set[str] = set()
    best = []
    for merge, state in sorted(found, key=lambda pair: -pair[0].log_odds):
        if not taken & {merge.gone, merge.kept}:
            taken |= {merge.gone, merge.kept}
            best.append((merge, state))
    return best


def _may_be_one(one: OpenCase, other: OpenCase) -> bool:
    both_open = one.standing is Standing.OPEN and other.standing is Standing.OPEN
    told = other.case_id in one.apart or one.case_id in other.apart
    return both_open and not told and one.category == other.category


def _gap(one: OpenCase, other: OpenCase) -> Floats:
    return Plane.at(one.lat, one.lon).to_en(np.array(other.lat), np.array(other.lon))


def log_odds(one: OpenCase, other: OpenCase, priors: Priors, memory: Memory) -> float:
    """Logarithm of p(one problem) / p(two problems), from places, looks and when each was missed."""
    prior = priors.of(one.category)
    shared = np.array([matrix(one.shared), matrix(other.shared)])
    if any(appearance.along(one.looks, look.approach_deg) for look in other.looks):
        loose = positive_part(np.array([shared[0] - shared[1], shared[1] - shared[0]])).sum(axis=0)
    else:
        loose = shared.sum(axis=0)
    spread = matrix(one.own) + matrix(other.own) + loose + np.eye(2) * priors.object_extent_m**2
    gap = _gap(one, other)
    far = float(gap @ np.linalg.solve(spread, gap))
    if far > REACH_SIGMAS**2:
        return -far
    place = -0.5 * far - math.log(2.0 * math.pi) - 0.5 * math.log(float(np.linalg.det(spread)))
    crowd = prior.stock_per_km / 1000.0 / priors.street_width_m + prior.company / (math.pi * priors.company_radius_m**2)
    together = max(one.first_seen_ns, other.first_seen_ns) < min(one.last_seen_ns, other.last_seen_ns)
    if not together:
        return -math.inf
    room = min(1.0, 0.05 + float(gap @ gap + np.trace(spread)) / prior.spacing_m**2)
    looks = _looks(one, other, priors, memory)
    return math.log(priors.false_new) + place - math.log(crowd * room) + looks + one.gaps + other.gaps


def _looks(one: OpenCase, other: OpenCase, priors: Priors, memory: Memory) -> float:
    """How much the looks of the one speak for the other, direction by direction."""
    likeness, known, total = memory.of(one.category), one.looks, 0.0
    for look in other.looks:
        mean = np.array(look.mean) if look.mean else None
        total += appearance.log_ratio(mean, look.count, look.approach_deg, known, likeness, priors)
        known = appearance.add_look(known, look.approach_deg, look.count, mean)
    return total


def folded(older: OpenCase, newer: OpenCase) -> OpenCase:
    """The state of two cases that are one; it keeps the older one's id."""
    first, second = matrix(older.own) + matrix(older.shared), matrix(newer.own) + matrix(newer.shared)
    gain = first @ np.linalg.inv(first + second)
    plane = Plane.at(older.lat, older.lon)
    step = gain @ _gap(older, newer)
    lat, lon = plane.to_latlon(float(step[0]), float(step[1]))
    own = np.linalg.inv(np.linalg.inv(matrix(older.own)) + np.linalg.inv(matrix(newer.own)))
    shared = min((older.shared, newer.shared), key=lambda cov: cov.ee + cov.nn)
    looks = older.looks
    for look in newer.looks:
        looks = appearance.add_look(looks, look.approach_deg, look.count, np.array(look.mean) if look.mean else None)
    alive = max((older, newer), key=lambda case: case.solid + case.faint)
    return replace(
        older,
        lat=lat,
        lon=lon,
        own=covariance(own),
        shared=shared,
        looks=looks,
        solid=alive.solid,
        faint=alive.faint,
        worth=older.worth + newer.worth,
        first_seen_ns=min(older.first_seen_ns, newer.first_seen_ns),
        last_seen_ns=max(older.last_seen_ns, newer.last_seen_ns),
        as_of_ns=max(older.as_of_ns, newer.as_of_ns),
        traverses=older.traverses + newer.traverses,
        observations=older.observations + newer.observations,
        waiting=min(older.waiting, newer.waiting),
        missed_ns=max(older.missed_ns, newer.missed_ns),
        gaps=0.0,
        apart=tuple(dict.fromkeys((*older.apart, *newer.apart)))[-APART_KEPT:],
    )
