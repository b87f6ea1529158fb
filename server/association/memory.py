"""What the engine learned about appearance, per category: a plain value that a server keeps as one JSON column."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Self

import numpy as np

from server.association.plane import Floats

MEMORY_VERSION: Final = 2
OLD_PAIRS: Final = 10.0
"""Pairs after which a measured share of the energy outweighs the first belief."""
LEAST_ENERGY: Final = 1e-6
"""Squared distance below which vectors of length 1 that are kept with four digits say nothing."""
WIDTHS_KEPT: Final = 4
"""So many widths of vectors a category is known by: those that were taught last."""


@dataclass(frozen=True, slots=True, eq=False)
class Likeness:
    """Running sums over the appearance vectors of one category, as wide as those that were taught last.

    count, total: vectors and their sum; square: of the squared distances from the mean. within_n, within: pairs of
    views of one thing in one traverse, and their half squared distances. across_n, across: matches from another
    approach direction, and the inner products of the two after the mean is taken off. strange_n, strange: pairs of
    distinct things, and their squared cosines, whose mean is one over the number of effective dimensions.
    asked, bias: how much clear looks have told of whether place and time alone would have been right (an information,
    bounded), and the log-odds by which those underrate that a thing is still the same. others: the sums over vectors of
    other widths, which other models made, those taught last first; asked and bias are of all.
    """

    count: float = 0.0
    total: Floats = field(default_factory=lambda: np.zeros(0))
    square: float = 0.0
    within_n: float = 0.0
    within: float = 0.0
    across_n: float = 0.0
    across: float = 0.0
    strange_n: float = 0.0
    strange: float = 0.0
    asked: float = 0.0
    bias: float = 0.0
    others: tuple[Likeness, ...] = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Likeness) and self.to_state() == other.to_state()

    __hash__ = None  # type: ignore[assignment]

    def to_state(self) -> dict[str, Any]:
        """The JSON form."""
        state = {
            "count": self.count,
            "total": self.total.tolist(),
            "square": self.square,
            "within": [self.within_n, self.within],
            "across": [self.across_n, self.across],
            "strange": [self.strange_n, self.strange],
            "bias": [self.asked, self.bias],
        }
        return state | {"others": [row.to_state() for row in self.others]} if self.others else state

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """The likeness that a JSON form says."""
        likeness = cls(
            state["count"],
            np.array(state["total"], float),
            state["square"],
            *state["within"],
            *state["across"],
            *state["strange"],
            *state["bias"],
        )
        return replace(likeness, others=tuple(cls.from_state(row) for row in state.get("others", ())))

    def of_width(self, width: int) -> Likeness:
        """The same with the sums over vectors of this width first; empty ones where none were taught."""
        if len(self.total) == width:
            return self
        known = {len(row.total): row for row in self.others}
        row = known.pop(width, None) or Likeness(total=np.zeros(width))
        mine = (replace(self, asked=0.0, bias=0.0, others=()),) if self.count else ()
        others = (*mine, *known.values())[: WIDTHS_KEPT - 1]
        return replace(row, asked=self.asked, bias=self.bias, others=others)

    @property
    def mean(self) -> Floats:
        """The category's mean vector."""
        return self.total / max(self.count, 1.0)

    @property
    def energy(self) -> float:
        """Mean squared length of a vector without the category's mean, as it was measured: vectors that hardly differ
        from thing to thing are no sign that two are one."""
        return max(self.square / max(self.count, 1.0), LEAST_ENERGY)

    @property
    def noise(self) -> float:
        """The part of the energy that differs between two views of one thing in one traverse."""
        share = (self.within + OLD_PAIRS * 0.5 * self.energy) / (self.within_n + OLD_PAIRS)
        return min(max(share, 0.02 * self.energy, LEAST_ENERGY), 0.98 * self.energy)

    @property
    def lasting(self) -> float:
        """The part of the energy that is the thing's own from whatever direction."""
        signal = self.energy - self.noise
        share = (self.across + OLD_PAIRS * 0.4 * signal) / (self.across_n + OLD_PAIRS)
        return min(max(share, 0.05 * signal), 0.95 * signal)

    @property
    def dimensions(self) -> float:
        """Effective number of dimensions in which things of this category differ."""
        width = float(len(self.total) or 1)
        squared = (self.strange + OLD_PAIRS * 2.0 / width) / (self.strange_n + OLD_PAIRS)
        return min(width, 1.0 / max(squared, 1.0 / width))


UNKNOWN: Final = Likeness()


@dataclass(frozen=True, slots=True)
class Memory:
    """Likeness by category; empty at first, which makes the engine rely on places alone."""

    likeness: Mapping[str, Likeness] = field(default_factory=dict)

    def of(self, category: str) -> Likeness:
        """What is known of a category."""
        return self.likeness.get(category, UNKNOWN)

    def to_state(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "version": MEMORY_VERSION,
            "likeness": {name: row.to_state() for name, row in self.likeness.items()},
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """The memory that a JSON form says; raises ValueError for another version."""
        if state["version"] != MEMORY_VERSION:
            raise ValueError(f"association memory of version {state['version']}; this engine reads {MEMORY_VERSION}")
        return cls({name: Likeness.from_state(row) for name, row in state["likeness"].items()})
