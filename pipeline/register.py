"""The register of city parts (部件), as far as a vehicle needs it: where the city's bins stand.

Read from GeoJSON: a FeatureCollection of Points with a property `id`. A sighting is tied to the part that best explains
it, if any does within its error; the register's own error counts too.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from pipeline.geo import MOST_LAT, LocalFrame
from pipeline.observation import Covariance
from pipeline.zones import collection_of, features_of

REGISTER_SIGMA_M: Final = 0.5
GATE: Final = 3.03
"""Mahalanobis distance that a true pair exceeds once in a hundred (chi² of 2: 9.21)."""


@dataclass(frozen=True, slots=True)
class Part:
    """One registered thing."""

    id: str
    lat: float
    lon: float


@dataclass(frozen=True, slots=True)
class Tied:
    """The part that best explains a sighting. away: in sigmas. rivals: other parts within the gate."""

    part: Part
    away: float
    rivals: int


@dataclass(frozen=True, slots=True)
class Register:
    """Registered parts of one kind."""

    parts: tuple[Part, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """The parts in GeoJSON text; raises ValueError naming the feature and what is wrong with it."""
        parts, seen = [], set[str]()
        for number, row in enumerate(features_of(collection_of(text)), start=1):
            ident = (row.get("properties") or {}).get("id")
            if not isinstance(ident, str) or not ident or ident in seen:
                raise ValueError(f"feature {number}: properties.id must be a text that stands only once, not {ident!r}")
            seen.add(ident)
            parts.append(Part(ident, *_place(number, row.get("geometry"))))
        return cls(tuple(parts))

    def part(self, ident: str) -> Part | None:
        """The part with this id."""
        return next((part for part in self.parts if part.id == ident), None)

    def nearest(self, lat: float, lon: float, covariance: Covariance) -> Tied | None:
        """The part that a position with this error most likely is; None where none is within its error."""
        ranked = self.within(lat, lon, covariance)
        return Tied(ranked[0][1], ranked[0][0], len(ranked) - 1) if ranked else None

    def within(self, lat: float, lon: float, covariance: Covariance) -> Sequence[tuple[float, Part]]:
        """Parts within the gate with their distance in sigmas, nearest first."""
        own = REGISTER_SIGMA_M**2
        inverse = np.linalg.inv(
            np.array([[covariance.ee + own, covariance.en], [covariance.en, covariance.nn + own]]),
        )
        frame = LocalFrame(lat, lon)
        reach = 2.0 * GATE * math.sqrt(covariance.ee + covariance.nn + 2.0 * own) / 111_000.0
        ranked = []
        for part in self.parts:
            if abs(part.lat - lat) > reach:
                continue
            off = np.array(frame.to_en(part.lat, part.lon))
            away = math.sqrt(float(off @ inverse @ off))
            if away <= GATE:
                ranked.append((away, part))
        return sorted(ranked, key=lambda pair: (pair[0], pair[1].id))


def _place(number: int, geometry: object) -> tuple[float, float]:
    told = geometry.get("coordinates") if isinstance(geometry, dict) and geometry.get("type") == "Point" else None
    if not isinstance(told, list) or len(told) < 2 or not all(type(part) in (int, float) for part in told[:2]):
        raise ValueError(f"feature {number}: its geometry must be a Point with longitude, latitude")
    lon, lat = told[:2]
    if not (-180 <= lon <= 180 and -MOST_LAT <= lat <= MOST_LAT):
        raise ValueError(f"feature {number}: coordinates are longitude, latitude in degrees; {lon}, {lat} is outside")
    return float(lat), float(lon)
