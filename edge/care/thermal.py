"""When the computer is too warm to work as usual: bands of temperature, with hysteresis, and what is left out in each.

Less heat comes from looking at fewer frames; uploading is cheap and goes on in every band.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

COLDEST_C: Final = -60.0
HOTTEST_C: Final = 150.0
"""Readings beyond these come from a sensor that is not there."""


class Band(StrEnum):
    """From cool to hot, in this order."""

    NORMAL = "normal"
    WARM = "warm"
    HOT = "hot"
    CRITICAL = "critical"


PACES: Final[Mapping[Band, float]] = {Band.NORMAL: 1.0, Band.WARM: 2.0, Band.HOT: 4.0, Band.CRITICAL: math.inf}
"""How many times farther apart the analysed frames are; infinite: none is analysed."""
BANDS: Final = tuple(Band)


@dataclass(frozen=True, slots=True)
class Limits:
    """From which temperature a band begins, and by how much it must fall below that to be left again."""

    warm_c: float
    hot_c: float
    critical_c: float
    hysteresis_c: float

    def begins_c(self, band: Band) -> float:
        edges = {Band.WARM: self.warm_c, Band.HOT: self.hot_c, Band.CRITICAL: self.critical_c}
        return edges.get(band, -math.inf)


def next_band(was: Band, celsius: float | None, limits: Limits) -> Band:
    """The band after a reading; without one, the computer is not held back."""
    if celsius is None:
        return Band.NORMAL
    reached = Band.NORMAL
    for band in BANDS:
        edge_c = limits.begins_c(band)
        stays = BANDS.index(was) >= BANDS.index(band) and celsius > edge_c - limits.hysteresis_c
        if celsius >= edge_c or stays:
            reached = band
    return reached


def warmest(sensors: Path) -> float | None:
    """The highest reading in °C of a folder laid out as /sys/class/thermal, None where none can be read."""
    found = []
    for zone in sensors.glob("thermal_zone*/temp"):
        try:
            celsius = int(zone.read_text("ascii")) / 1000.0
        except (OSError, ValueError):
            continue
        if COLDEST_C <= celsius <= HOTTEST_C:
            found.append(celsius)
    return max(found, default=None)
