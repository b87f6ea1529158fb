"""Healing: two cases that later looks show to be one problem.

Evidence for one: their places agree, their looks agree, one was missed whenever the other was seen, and two such
problems could not stand so close together at the same time. Two that one traverse saw are two for ever.
"""

from __future__ import annotations

import math
from collections.abc import Sequence, Set
from dataclasses import dataclass, replace
from typing import Final

from server.association import apart, appearance, ellipse, existence, plate
from server.association.ellipse import LOG_TAU, Ellipse
from server.association.looks import add_look
from server.association.memory import Memory
from server.association.plane import Plane
from server.association.priors import Priors
from server.association.state import OpenCase, Standing

REACH_SIGMAS: Final = 5.0
MOST_NATS: Final = 700.0
"""Of a chance that is still above 0 as a float: some 400 looks in vain."""


@dataclass(frozen=True, slots=True)
class Merge:
    """`gone` is the same problem as `kept` and is folded into it. log_odds: how sure that is."""

    gone: str
    kept: str
    log_odds: float


def merges(
    touched: Sequence[OpenCase],
    around: Sequence[OpenCase],
    priors: Priors,
    memory: Memory,
    parted: Set[frozenset[str]] = frozenset(),
) -> list[tuple[Merge, OpenCase]]:
    """Which of the cases just seen are the same as one that was not, with the state of the two as one; each at most
    once. parted: pairs of case ids that are two, whatever they look like."""
    seen = {case.case_id for case in touched}
    unseen = [case for case in around if case.case_id not in seen]
    if not unseen:
        return []
    found: list[tuple[Merge, OpenCase]] = []
    for one in touched:
        plane = Plane.at(one.lat, one.lon)
        for other in unseen:
            if one.category != other.category or not _may_be_one(one, other, plane):
                continue
            if parted and frozenset((one.case_id, other.case_id)) in parted:
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


def _may_be_one(one: OpenCase, other: OpenCase, plane: Plane) -> bool:
    """Whether nothing rules it out: both open, and one seen before and after the other but never beside it. plane: at
    the one."""
    together = max(one.first_seen_ns, other.first_seen_ns) < min(one.last_seen_ns, other.last_seen_ns)
    both_open = one.standing is Standing.OPEN and other.standing is Standing.OPEN
    near = together and both_open and other.case_id != one.case_id and not _far_apart(one, other, plane)
    return near and apart.may_be_one(one, other)


def _far_apart(one: OpenCase, other: OpenCase, plane: Plane) -> bool:
    """Whether the two are out of each other's reach however their errors are shared."""
    widest = one.own.ee + one.own.nn + other.own.ee + other.own.nn + 1.0
    widest += one.shared.ee + one.shared.nn + other.shared.ee + other.shared.nn
    east, north = plane.offset_m(other.lat, other.lon)
    return east * east + north * north > REACH_SIGMAS**2 * widest


def _gap(one: OpenCase, other: OpenCase) -> tuple[float, float]:
    return Plane.at(one.lat, one.lon).offset_m(other.lat, other.lon)


def log_odds(one: OpenCase, other: OpenCase, priors: Priors, memory: Memory) -> float:
    """Logarithm of p(one problem) / p(two problems), from places, looks and when each was missed."""
    prior, gap = priors.of(one.category), _gap(one, other)
    own = ellipse.of(one.own).plus(ellipse.of(other.own)).widened(priors.object_extent_m**2)
    error = own.plus(_loose(one, other))
    far: float = error.inverse().square(*gap)
    if far > REACH_SIGMAS**2:
        return -far
    place = -0.5 * far - LOG_TAU - 0.5 * math.log(error.det())
    crowd = existence.crowd(prior, True, priors)
    room = min(1.0, 0.05 + (gap[0] ** 2 + gap[1] ** 2 + error.trace()) / prior.spacing_m**2)
    looks = _looks(one, other, priors, memory) + plate.log_ratio(one.plates, other.plates, priors)
    missed = sum(_in_turns(case, priors) + _absence(case, priors) for case in (one, other))
    return math.log(priors.false_new) + place - math.log(crowd * room) + looks + missed


def _in_turns(case: OpenCase, priors: Priors) -> float:
    """How surprising (in nats) the misses between its sightings are, if it is a case of its own that stood all along.
    They are not independent: something that stays may stand before it, so no number of them says more than that."""
    return -math.log(priors.occluded + (1.0 - priors.occluded) * math.exp(-case.gaps))


def _absence(case: OpenCase, priors: Priors) -> float:
    """How surprising (in nats) it is that a case was missed ever since it was last seen, if it is one of its own: it
    had ended before the first miss, or stood and was missed each time."""
    if case.waiting <= 0.0:
        return 0.0
    lasted_h, unseen_h = (
        max(0.0, span_ns / existence.NS_PER_H)
        for span_ns in (case.last_seen_ns - case.first_seen_ns, case.missed_ns - case.last_seen_ns)
    )
    stood = existence.survival(priors.of(case.category).life_h, priors.life_spread, lasted_h, unseen_h)
    return -math.log(1.0 - stood + stood * math.exp(-min(case.waiting, MOST_NATS)))


def _loose(one: OpenCase, other: OpenCase) -> Ellipse:
    """The part of the two shared errors that is not the same: by how much they differ, or both in full where no street
    has seen the two."""
    first, second = ellipse.of(one.shared), ellipse.of(other.shared)
    if not any(appearance.along(one.looks, look.approach_deg) for look in other.looks):
        return first.plus(second)
    return first.minus(second).absolute()


def _looks(one: OpenCase, other: OpenCase, priors: Priors, memory: Memory) -> float:
    """How much the looks of the one speak for the other, direction by direction."""
    likeness, known, total = memory.of(one.category), one.looks, 0.0
    plane = Plane.at(one.lat, one.lon)
    for look in other.looks:
        mean = look.mean if len(look.mean) else None
        total += appearance.log_ratio(mean, look.count, look.approach_deg, known, likeness, priors)
        known = add_look(known, look, plane)
    return total


def folded(older: OpenCase, newer: OpenCase) -> OpenCase:
    """The state of two cases that are one; it keeps the older one's id."""
    first, second = ellipse.of(older.own), ellipse.of(newer.own)
    whole = first.plus(ellipse.of(older.shared)), second.plus(ellipse.of(newer.shared))
    plane = Plane.at(older.lat, older.lon)
    east, north, _ = ellipse.fused(*whole, *plane.offset_m(newer.lat, newer.lon))
    lat, lon = plane.to_latlon(east, north)
    shared = min((older.shared, newer.shared), key=lambda cov: cov.ee + cov.nn)
    looks = older.looks
    for look in newer.looks:
        looks = add_look(looks, look, plane)
    alive = max((older, newer), key=lambda case: case.solid + case.faint)
    return replace(
        older,
        lat=lat,
        lon=lon,
        own=ellipse.covariance(first.inverse().plus(second.inverse()).inverse()),
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
        apart=apart.union(older.apart, newer.apart),
        names=apart.union(older.known_as, newer.known_as),
        glances=apart.newest((*older.glances, *newer.glances)),
        plates=plate.together(older.plates, newer.plates),
        part=older.part or newer.part,
    )
