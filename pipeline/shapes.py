"""How big things of a label typically are, for placing their centre from the edge that a camera sees.

Sizes are of Chinese street furniture and vehicle classes (GB 7258 limits for vehicles); they are priors with their
spread, not constants of a place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Shape:
    """half_depth_m: from the near edge to the centre, with its spread. tall_m: height of the thing itself.

    base_m ± base_sigma_m: height of its foot (of its centre where on_wall) above the ground under the camera.
    on_wall: flat on a wall; its box centre is looked at, not its box bottom.
    """

    half_depth_m: float
    half_depth_sigma_m: float
    tall_m: float
    base_m: float = 0.0
    base_sigma_m: float = 0.05
    on_wall: bool = False


THING: Final = Shape(0.3, 0.3, 0.6)
SHAPES: Final = {
    "litter": Shape(0.35, 0.2, 0.3),
    "bin": Shape(0.3, 0.12, 1.0),
    "overflowing_bin": Shape(0.3, 0.15, 1.1),
    "illegal_ad": Shape(0.0, 0.02, 0.4, base_m=1.4, base_sigma_m=0.6, on_wall=True),
    "car": Shape(1.5, 0.6, 1.5),
    "truck": Shape(2.5, 1.0, 2.8),
    "bus": Shape(4.0, 2.0, 3.1),
    "motorcycle": Shape(0.6, 0.3, 1.1),
    "bicycle": Shape(0.5, 0.3, 1.1),
    "person": Shape(0.15, 0.1, 1.7),
}


def shape_of(label: str) -> Shape:
    """The shape of a label; a small thing on the ground for labels that are not listed."""
    return SHAPES.get(label, THING)
