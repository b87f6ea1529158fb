"""What a street block consists of: the ground, the houses, what stands there, and how it is lit.

Street frame: x runs along the street from 0 to `length_m`, y to the left of that direction, z up; metres. Traffic keeps
to the right, so cars drive along +x at negative y. Headings in this module are degrees counter-clockwise from +x.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

PASSES: Final = ("car_a", "car_b", "drone")
"""Names of the passes over a block, in the order in which they are driven."""


@dataclass(frozen=True, slots=True)
class Thing:
    """One object of the block that a detector may see.

    label is the detector's label, category the problem it should become (None: nothing is wrong with it). x_m, y_m is
    the centre of its footprint, z_m the height of its base, size_m its length (along its heading), width and height.
    style seeds whatever the builder draws at random, passes names the passes in which it stands there. phones are the
    numbers that a site of small ads shows; the first is sprayed on the wall, the others are on sheets.
    """

    id: str
    kind: str
    label: str
    category: str | None
    x_m: float
    y_m: float
    z_m: float
    heading_deg: float
    size_m: tuple[float, float, float]
    style: int
    passes: tuple[str, ...] = PASSES
    plate: str | None = None
    on_pavement: bool = False
    phones: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Building:
    """A house front from x0_m to x1_m; side +1 left, -1 right; bays holds what each 3.5 m of its ground floor shows."""

    side: int
    x0_m: float
    x1_m: float
    floors: int
    style: int
    bays: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Light:
    """Sun (azimuth counter-clockwise from +x) and sky of one pass. overcast 0 is clear, 1 has no sun at all."""

    sun_elevation_deg: float
    sun_azimuth_deg: float
    overcast: float
    exposure: float


@dataclass(frozen=True, slots=True)
class Block:
    """A whole street block: the ground, the houses, what stands there and how it is lit in each pass."""

    seed: int
    length_m: float
    road_half_m: float
    pavement_m: float
    kerb_m: float
    bearing_deg: float
    origin_lat: float
    origin_lon: float
    buildings: tuple[Building, ...]
    trees: tuple[tuple[float, float, int], ...]
    poles: tuple[tuple[float, float], ...]
    bays: tuple[tuple[float, float, int], ...]
    things: tuple[Thing, ...]
    lights: dict[str, Light]

    @property
    def wall_m(self) -> float:
        """Distance of the house fronts from the street's centre line."""
        return self.road_half_m + self.pavement_m

    def thing(self, thing_id: str) -> Thing:
        """The thing of that id; KeyError where there is none."""
        for each in self.things:
            if each.id == thing_id:
                return each
        raise KeyError(thing_id)
