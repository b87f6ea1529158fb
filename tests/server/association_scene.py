"""Small streets with truth for the association tests: a camera drives along, things stand at its side."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID, uuid5

import numpy as np

from pipeline.observation import ClockQuality, Covariance, Observation, SourceKind
from pipeline.traverse import Traverse, TraversePose
from server.association.engine import associate
from server.association.outcome import Attach, Open, Suppress
from server.association.plane import Plane
from server.association.priors import Priors, default_priors
from server.association.state import OpenCase

SPACE = UUID("0d9f1c1e-31a2-4b0a-9a53-1f5d6a1f0b77")
STREET = Plane.at(39.9, 116.4)
HALF_HOUR_NS = 1_800_000_000_000
SEEN_FOR_S = 3.0


@dataclass(frozen=True, slots=True)
class Thing:
    """A real problem: metres east of the start (along the street) and north of the middle line."""

    name: str
    category: str
    east_m: float
    north_m: float


@dataclass(frozen=True, slots=True)
class Pass:
    """One drive along the street, eastwards unless turned, with the bias of its fixes and small errors of its own."""

    number: int
    bias: tuple[float, float]
    length_m: float = 100.0
    noise_m: float = 0.0
    seed: int = 0
    westwards: bool = False
    sigma_m: float = 3.5


def drive(way: Pass, things: Sequence[Thing]) -> Traverse:
    """One located observation per thing, from 10 m before it, in the picture for the 15 m before that."""
    rng = np.random.default_rng([way.seed, way.number])
    start_ns = 1_790_000_000_000_000_000 + way.number * HALF_HOUR_NS
    sign = -1.0 if way.westwards else 1.0
    steps = np.arange(0.0, way.length_m + 1.0, 5.0)
    along = way.length_m - steps if way.westwards else steps

    def when(east_m: float) -> int:
        return start_ns + int((way.length_m - east_m if way.westwards else east_m) / 5.0 * 1e9)

    poses = []
    for step, east in zip(steps, along, strict=True):
        lat, lon = STREET.to_latlon(float(east) + way.bias[0], way.bias[1])
        poses.append(TraversePose(when(float(east)), lat, lon, 90.0 * sign % 360.0, float(step), way.sigma_m, True))
    seen = []
    for thing in things:
        error = rng.normal(0.0, way.noise_m, 2) if way.noise_m else np.zeros(2)
        lat, lon = STREET.to_latlon(
            thing.east_m + way.bias[0] + float(error[0]), thing.north_m + way.bias[1] + float(error[1])
        )
        seen.append(observation(f"{way.number}-{thing.name}", thing.category, lat, lon, when(thing.east_m - 10 * sign)))
    return Traverse(
        uuid5(SPACE, f"pass {way.number}"),
        "car",
        SourceKind.VEHICLE,
        ClockQuality.GNSS,
        tuple(poses),
        tuple(seen),
        120.0,
        30.0,
    )


def observation(name: str, category: str, lat: float, lon: float, utc_ns: int, sigma_m: float = 3.5) -> Observation:
    """An observation whose covariance is the fix's and a little of its own."""
    return Observation(
        id=uuid5(SPACE, name),
        category=category,
        utc_ns=utc_ns,
        clock=ClockQuality.GNSS,
        lat=lat,
        lon=lon,
        covariance=Covariance(sigma_m**2 + 0.5, 0.0, sigma_m**2 + 0.5),
        camera_lat=lat,
        camera_lon=lon,
        camera_heading_deg=90.0,
        range_m=10.0,
        bearing_deg=0.0,
        score=0.8,
        source_kind=SourceKind.VEHICLE,
        model_digest="",
        attributes=(("in_view_before_s", SEEN_FOR_S), ("in_view_after_s", 0.0)),
    )


class Town:
    """Keeps the cases of one test and which observation went where."""

    def __init__(self, priors: Priors | None = None) -> None:
        self.priors = priors or default_priors()
        self.cases: dict[str, OpenCase] = {}
        self.links: dict[UUID, str] = {}

    def take(self, traverse: Traverse) -> None:
        answer = associate(traverse, list(self.cases.values()), self.priors)
        names = []
        for state in answer.opened:
            names.append(f"case{len(self.cases):03d}")
            self.cases[names[-1]] = replace(state, case_id=names[-1])
        self.cases.update({state.case_id: state for state in answer.updated})
        for link in answer.links:
            match link.outcome:
                case Attach(name) | Suppress(name):
                    self.links[link.observation_id] = name
                case Open(index):
                    self.links[link.observation_id] = names[index]

    def case_of(self, way: int, thing: str) -> str:
        return self.links[uuid5(SPACE, f"{way}-{thing}")]

    def error_m(self, name: str, thing: Thing) -> float:
        case = self.cases[name]
        east, north = STREET.to_en(np.array(case.lat), np.array(case.lon))
        return math.hypot(float(east) - thing.east_m, float(north) - thing.north_m)
