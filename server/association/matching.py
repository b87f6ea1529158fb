"""One-to-one assignment of the largest total gain, where leaving a row alone gains nothing and costs nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from lap import lapjv

IMPOSSIBLE: Final = 1e6


def one_to_one(gains: Sequence[Sequence[float]]) -> list[int]:
    """For each row its column, or −1, so that the sum of the gains taken is largest and each column is taken once.

    Where the rows' best columns are distinct, as they nearly always are, taking each row's best is that sum; only
    where two rows want one column is the assignment problem solved.
    """
    best = [_best(row) for row in gains]
    wanted = [column for column in best if column >= 0]
    return best if len(set(wanted)) == len(wanted) else _solved(gains)


def _best(row: Sequence[float]) -> int:
    top = max(row, default=0.0)
    return row.index(top) if top > 0.0 else -1


def _solved(gains: Sequence[Sequence[float]]) -> list[int]:
    table = np.array(gains)
    _, rows, _ = lapjv(-table, extend_cost=True, cost_limit=0.0)
    return [int(column) if column >= 0 and gains[row][column] > 0.0 else -1 for row, column in enumerate(rows)]
