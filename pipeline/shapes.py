"""How big things of a label typically are: what places their centre, given the box that a camera sees.

Sizes are of Chinese street furniture and of vehicle classes; they are priors with their spread, not constants of a
place. Bins and cycles stand on pavements, a kerb (0.10 to 0.15 m) above the road; heaps and people are on either. A
`Lump` (heap, bin) is known by how far its centre is behind the edge that a camera sees, a `Sheet` hangs on a wall, a
`Hull` (vehicle) is a set of points that stretches with its length, width and height. Of each, `uneven_m` says by how
much (1-sigma, level, per axis) the middle of what is seen from the side lies beside the middle of the ground that it
covers: bags beside a bin, a turned handlebar, whatever makes up a heap. From above less of that ground is hidden.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

Point = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Sized:
    """A size with its 1-sigma spread (metres)."""

    m: float
    sigma_m: float


@dataclass(frozen=True, slots=True)
class Lump:
    """Stands on the ground. half_depth: from the near edge to the centre. tall_m: its height. base: of its foot."""

    half_depth: Sized
    tall_m: float
    base: Sized = Sized(0.0, 0.05)
    uneven_m: float = 0.1


@dataclass(frozen=True, slots=True)
class Sheet:
    """Flat on a wall. base: height of its middle above the ground."""

    base: Sized
    uneven_m: float = 0.1


@dataclass(frozen=True, slots=True)
class Hull:
    """Stands on the ground, longer than wide. points: along, across (shares of length and width, 0 in the middle) and
    up (share of the height). turns_deg: how it may stand to the street, each within turn_sigma_deg."""

    long: Sized
    wide: Sized
    tall: Sized
    points: tuple[Point, ...]
    turns_deg: tuple[float, ...] = (0.0, 90.0)
    turn_sigma_deg: float = 8.0
    base: Sized = Sized(0.0, 0.05)
    uneven_m: float = 0.1


Shape = Lump | Sheet | Hull


def _four(along: float, across: float, up: float) -> tuple[Point, ...]:
    return tuple((u * along, v * across, up) for u in (-1.0, 1.0) for v in (-1.0, 1.0))


CAR: Final = (*_four(0.30, 0.48, 0.0), *_four(0.50, 0.40, 0.2), *_four(0.50, 0.40, 0.5), *_four(0.35, 0.5, 0.5),
              *_four(0.22, 0.35, 1.0))  # fmt: skip
BOX: Final = (*_four(0.30, 0.48, 0.0), *_four(0.50, 0.50, 0.15), *_four(0.50, 0.50, 1.0))
CYCLE: Final = (*_four(0.42, 0.0, 0.0), *_four(0.50, 0.0, 0.3), *_four(0.25, 0.5, 1.0))

PAVEMENT: Final = Sized(0.1, 0.06)
EITHER: Final = Sized(0.06, 0.07)
"""Of what is on the road as often as on the pavement."""
THING: Final = Lump(Sized(0.3, 0.3), 0.6)
SHAPES: Final[dict[str, Shape]] = {
    "litter": Lump(Sized(0.45, 0.2), 0.3, EITHER, 0.2),
    "bin": Lump(Sized(0.3, 0.12), 1.0, PAVEMENT, 0.07),
    "overflowing_bin": Lump(Sized(0.3, 0.15), 1.1, PAVEMENT),
    "illegal_ad": Sheet(Sized(1.4, 0.6)),
    "car": Hull(Sized(4.45, 0.35), Sized(1.8, 0.1), Sized(1.55, 0.15), CAR),
    "truck": Hull(Sized(6.0, 1.2), Sized(2.15, 0.2), Sized(2.7, 0.4), BOX),
    "bus": Hull(Sized(10.5, 1.5), Sized(2.5, 0.1), Sized(3.1, 0.2), BOX),
    "motorcycle": Hull(
        Sized(1.75, 0.2), Sized(0.65, 0.1), Sized(1.1, 0.12), CYCLE, (0.0, 45.0, 90.0, 135.0), 15.0, PAVEMENT, 0.15
    ),
    "bicycle": Hull(
        Sized(1.7, 0.15), Sized(0.55, 0.1), Sized(1.05, 0.08), CYCLE, (0.0, 45.0, 90.0, 135.0), 15.0, PAVEMENT, 0.15
    ),
    "person": Lump(Sized(0.15, 0.1), 1.7, EITHER, 0.05),
}


WALKERS: Final = frozenset({"person"})
"""Labels of what mostly moves."""


def stands(label: str) -> bool:
    """Whether a thing of this label stays where it is, on the ground."""
    return isinstance(shape_of(label), Lump) and label not in WALKERS


def shape_of(label: str) -> Shape:
    """The shape of a label; a small thing on the ground for labels that are not listed."""
    return SHAPES.get(label, THING)
