"""Salted plate hashes: how much likelier two readings are of one vehicle than of two.

A vehicle may tell, with an observation, the attribute `plate_hash`: "SALT:HASH", where SALT names the salt and HASH is
what the salted plate hashes to; the plate itself never leaves it. Readings under two salts say nothing of each other.

A reading is right with probability 1 − e, else it is some other plate. Vehicles that use one place are taken to be one
of V, since residents come back: another problem there is the same vehicle's with probability 1/V. Summed over which of
them the readings show, with n_h of N readings alike, their likelihood is

    f(n) = (1/V) Σ_h r^n_h e^(N−n_h) + (1 − K/V) e^N,   r = (1 − e) V,

relative to readings that tell nothing (K different hashes). Two groups of readings are of one vehicle rather than of
two by log f(n + m) − log f(n) − log f(m): about log V(1 − e)² for one reading each that agree, and
log(1 − (1 − e)²) for two that differ.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

from pipeline.observation import Observation
from pipeline.plates import PLATE_HASH
from server.association.priors import Priors

LONGEST: Final = 160
HASHES_KEPT: Final = 4
COUNT_KEPT: Final = 5
"""A plate that is misread one way is misread so again: readings beyond these say nothing new."""

Plates = tuple[tuple[str, int], ...]
"""(hash with its salt, how often it was read), the most read first."""


def read(seen: Observation) -> Plates:
    """What an observation tells; nothing where it tells none, or none that can be."""
    told = dict(seen.attributes).get(PLATE_HASH) if seen.attributes else None
    if not isinstance(told, str) or len(told) > LONGEST:
        return ()
    salt, _, plate = told.partition(":")
    return ((told, 1),) if salt and plate else ()


def together(*groups: Plates) -> Plates:
    """All readings as one group; the hash read most comes first, and those read least make room."""
    counts: Counter[str] = Counter()
    for group in groups:
        counts.update(dict(group))
    ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return tuple((plate, min(count, COUNT_KEPT)) for plate, count in ranked[:HASHES_KEPT])


def log_ratio(one: Plates, other: Plates, priors: Priors) -> float:
    """Logarithm of p(both groups of readings | one vehicle) / p(… | two); 0 where nothing can be said."""
    if not one or not other:
        return 0.0
    return sum(
        _log_likelihood(_under(salt, one, other), priors)
        - _log_likelihood(_under(salt, one), priors)
        - _log_likelihood(_under(salt, other), priors)
        for salt in sorted(_salts(one) & _salts(other))
    )


def _salts(plates: Plates) -> set[str]:
    return {name.partition(":")[0] for name, _ in plates}


def _under(salt: str, *groups: Plates) -> list[int]:
    """How often each hash of this salt was read."""
    counts: Counter[str] = Counter()
    for name, count in _all(groups):
        if name.partition(":")[0] == salt:
            counts[name] += count
    return list(counts.values())


def _all(groups: Sequence[Plates]) -> Iterable[tuple[str, int]]:
    return (pair for group in groups for pair in group)


def _log_likelihood(counts: Sequence[int], priors: Priors) -> float:
    """log f of the module's docstring; stable for any counts."""
    wrong, vehicles, total = math.log(priors.plate_misread), priors.plate_vehicles, sum(counts)
    right = math.log1p(-priors.plate_misread) + math.log(vehicles)
    terms = [-math.log(vehicles) + right * count + wrong * (total - count) for count in counts]
    terms.append(math.log(max(1.0 - len(counts) / vehicles, 1e-9)) + wrong * total)
    top = max(terms)
    return top + math.log(sum(math.exp(term - top) for term in terms))
