"""The seam to the association engine: what the intake gives it and gets back, and a plain engine behind it.

The plain engine takes the nearest case of the same category within a Mahalanobis gate, one to one, and fuses positions
by their covariances. Pure: values in, values out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from pipeline.types import Covariance, Observation, Reason, Traverse

GATE_CHI2 = 9.21  # 99 % of a 2-D Gaussian
SHARED_SIGMA_M = 3.0  # what two passes' GNSS biases differ by, per axis, on top of each one's covariance
M_PER_DEG_LAT = 111_195.0


@dataclass(frozen=True, slots=True)
class OpenCase:
    """What the engine needs of a case: where it is, how sure, when last seen, and its own memory of it."""

    id: UUID
    category: str
    lat: float
    lon: float
    covariance: Covariance
    last_seen_ns: int
    memory: bytes | None


@dataclass(frozen=True, slots=True)
class Prior:
    """Of a category: distance under which two problems are hardly ever distinct, and how long one lasts."""

    spacing_m: float
    life_h: float


@dataclass(frozen=True, slots=True)
class Attach:
    case_id: UUID


@dataclass(frozen=True, slots=True)
class Open:
    """The index-th new case of this traverse."""

    index: int


@dataclass(frozen=True, slots=True)
class Reject:
    reason: Reason


Link = Attach | Open | Reject


@dataclass(frozen=True, slots=True)
class Belief:
    """Where a case is now thought to be, and what the engine wants to remember of it."""

    lat: float
    lon: float
    covariance: Covariance
    memory: bytes | None


@dataclass(frozen=True, slots=True)
class Association:
    """links: one per observation, in their order; beliefs: by case id, or by index for new cases."""

    offset_east_m: float
    offset_north_m: float
    links: tuple[Link, ...]
    beliefs: Mapping[UUID | int, Belief]


def associate(traverse: Traverse, cases: Sequence[OpenCase], priors: Mapping[str, Prior]) -> Association:
    """Which case each observation shows. Observations without a position are rejected as unlocated."""
    pairs = sorted(
        (distance, index, case.id)
        for index, seen in enumerate(traverse.observations)
        for case in cases
        if (distance := _mahalanobis2(seen, case, priors)) is not None
    )
    taken: dict[int, UUID] = {}
    for _, index, case_id in pairs:
        if index not in taken and case_id not in taken.values():
            taken[index] = case_id
    by_id = {case.id: case for case in cases}
    links: list[Link] = []
    beliefs: dict[UUID | int, Belief] = {}
    opened = 0
    for index, seen in enumerate(traverse.observations):
        if seen.lat is None or seen.lon is None or seen.covariance is None:
            links.append(Reject(Reason.UNLOCATED))
        elif index in taken:
            links.append(Attach(taken[index]))
            beliefs[taken[index]] = _fused(by_id[taken[index]], seen.lat, seen.lon, seen.covariance)
        else:
            links.append(Open(opened))
            beliefs[opened] = Belief(seen.lat, seen.lon, seen.covariance, None)
            opened += 1
    return Association(0.0, 0.0, tuple(links), beliefs)


def _mahalanobis2(seen: Observation, case: OpenCase, priors: Mapping[str, Prior]) -> float | None:
    if seen.category != case.category or seen.lat is None or seen.lon is None or seen.covariance is None:
        return None
    north = (seen.lat - case.lat) * M_PER_DEG_LAT
    east = (seen.lon - case.lon) * M_PER_DEG_LAT * math.cos(math.radians(case.lat))
    shared = SHARED_SIGMA_M**2
    ee = seen.covariance.ee + case.covariance.ee + shared
    nn = seen.covariance.nn + case.covariance.nn + shared
    en = seen.covariance.en + case.covariance.en
    squared = (nn * east**2 - 2 * en * east * north + ee * north**2) / (ee * nn - en**2)
    near = math.hypot(east, north) <= priors[seen.category].spacing_m
    return squared if near or squared <= GATE_CHI2 else None


def _fused(case: OpenCase, lat: float, lon: float, cov: Covariance) -> Belief:
    """Information fusion of two independent positions (Bar-Shalom, Estimation with Applications, §5.2)."""
    old, new = _inverse(case.covariance), _inverse(cov)
    total = Covariance(*_inverse((old[0] + new[0], old[1] + new[1], old[2] + new[2])))
    north = (lat - case.lat) * M_PER_DEG_LAT
    scale = M_PER_DEG_LAT * math.cos(math.radians(case.lat))
    east = (lon - case.lon) * scale
    pull_e, pull_n = new[0] * east + new[1] * north, new[1] * east + new[2] * north
    return Belief(
        lat=case.lat + (total.en * pull_e + total.nn * pull_n) / M_PER_DEG_LAT,
        lon=case.lon + (total.ee * pull_e + total.en * pull_n) / scale,
        covariance=total,
        memory=case.memory,
    )


def _inverse(matrix: Covariance | tuple[float, float, float]) -> tuple[float, float, float]:
    ee, en, nn = (matrix.ee, matrix.en, matrix.nn) if isinstance(matrix, Covariance) else matrix
    det = ee * nn - en * en
    return nn / det, -en / det, ee / det
