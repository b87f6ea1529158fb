"""What is kept of how a thing was seen: a look for each direction, into which later ones from there are put."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from server.association.appearance import turn_deg
from server.association.plane import Plane
from server.association.spot import together
from server.association.state import Look, Spot

LOOKS_KEPT: Final = 8
SAME_DIRECTION_DEG: Final = 25.0
COUNT_KEPT: Final = 40
NO_VECTOR: Final = np.zeros(0)


def add_look(looks: tuple[Look, ...], seen: Look, plane: Plane) -> tuple[Look, ...]:
    """The looks with one more in them: into the mean of its direction, or as a new direction.

    A mean forgets slowly (`COUNT_KEPT`), since things change; the direction seen least makes room where all are taken.
    A look without a vector is remembered for its direction and spot alone. Looks of vectors of another width, which
    another model made, have what room these leave. plane: near the thing.
    """
    return add_looks([(looks, seen)], plane)[0]


def add_looks(things: Sequence[tuple[tuple[Look, ...], Look]], plane: Plane) -> list[tuple[Look, ...]]:
    """The same for many things at once: for each its looks and the one more."""
    near = [_comparable(looks, seen) for looks, seen in things]
    same = [_same_side(looks, seen.approach_deg) for looks, (_, seen) in zip(near, things, strict=True)]
    spots = together(
        [(None if it is None else it.spot, seen.spot) for it, (_, seen) in zip(same, things, strict=True)], plane
    )
    return [
        _beside(looks, near[row], seen) if it is None else _into(looks, near[row], it, _met(it, seen, where))
        for row, (it, (looks, seen), where) in enumerate(zip(same, things, spots, strict=True))
    ]


def _comparable(looks: tuple[Look, ...], seen: Look) -> tuple[Look, ...]:
    """Those of the looks that a look can be put into: of vectors as wide as its own, all where it has none."""
    width = len(seen.mean)
    return tuple(look for look in looks if len(look.mean) == width) if width else looks


def _same_side(looks: Sequence[Look], approach_deg: float) -> Look | None:
    """The look from a direction; None where there is none yet."""
    turns = [turn_deg(look.approach_deg, approach_deg) for look in looks]
    nearest = min(turns, default=180.0)
    return looks[turns.index(nearest)] if nearest <= SAME_DIRECTION_DEG else None


def _beside(looks: tuple[Look, ...], near: tuple[Look, ...], seen: Look) -> tuple[Look, ...]:
    """The looks with that of a new direction; near: those of vectors as wide as its own."""
    fresh = replace(seen, approach_deg=seen.approach_deg % 360.0)
    if not len(seen.mean):
        return (*looks, fresh)[-LOOKS_KEPT:]
    kept = sorted(near, key=lambda look: look.count, reverse=True)[: LOOKS_KEPT - 1]
    return (*_others(looks, seen, LOOKS_KEPT - 1 - len(kept)), *kept, fresh)


def _into(looks: tuple[Look, ...], near: tuple[Look, ...], known: Look, met: Look) -> tuple[Look, ...]:
    """The looks with one of them replaced; near: those of vectors as wide as its own."""
    others = _others(looks, met, LOOKS_KEPT - len(near)) if len(near) < len(looks) else ()
    return (*others, *(met if look is known else look for look in near))


def _others(looks: tuple[Look, ...], seen: Look, room: int) -> list[Look]:
    """So many of the looks whose vectors have another width, those seen most."""
    others = [look for look in looks if len(look.mean) not in (0, len(seen.mean))]
    return sorted(others, key=lambda look: look.count, reverse=True)[:room]


def _met(known: Look, seen: Look, where: Spot | None) -> Look:
    """Two looks from one direction, which stands there, as one."""
    if not len(seen.mean):
        return Look(known.approach_deg, known.count, known.mean, where)
    share = seen.count / (known.count + seen.count)
    mean = known.mean * (1.0 - share) + seen.mean * share
    turned = (seen.approach_deg - known.approach_deg + 180.0) % 360.0 - 180.0
    count = min(known.count + seen.count, COUNT_KEPT)
    return Look((known.approach_deg + share * turned) % 360.0, count, mean, where)
