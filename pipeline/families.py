"""Which labels one physical thing may carry from frame to frame: a bin fills, a van is a car or a truck."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

FAMILIES: tuple[frozenset[str], ...] = (
    frozenset({"bin", "overflowing_bin"}),
    frozenset({"car", "truck", "bus"}),
    frozenset({"motorcycle", "bicycle"}),
)


def families(labels: Sequence[str]) -> NDArray[np.int16]:
    """int16 [labels]: the family of each label, the index of its first member; a label of no family is its own."""
    first: dict[frozenset[str], int] = {}
    found: list[int] = []
    for index, label in enumerate(labels):
        family = next((family for family in FAMILIES if label in family), frozenset({label}))
        found.append(first.setdefault(family, index))
    return np.array(found, np.int16)
