"""One-to-one assignment of the largest total gain, where leaving a row alone gains nothing and costs nothing."""

from __future__ import annotations

from typing import Final

from pipeline.assignment import assigned
from server.association.plane import Floats

IMPOSSIBLE: Final = 1e6


def one_to_one(gains: Floats) -> list[int]:
    """For each row of gains [N, M] its column, or −1, so that the sum of the gains taken is largest and each column is
    taken once.

    Where the rows' best columns are distinct, as they nearly always are, taking each row's best is that sum; only
    where two rows want one column is the assignment problem solved.
    """
    if not gains.size:
        return [-1] * len(gains)
    best = gains.argmax(axis=1)
    best[gains.max(axis=1) <= 0.0] = -1
    columns: list[int] = best.tolist()
    wanted = [column for column in columns if column >= 0]
    return columns if len(set(wanted)) == len(wanted) else _solved(gains)


def _solved(gains: Floats) -> list[int]:
    columns = assigned(-gains, 0.0)
    return [column if column >= 0 and gains[row, column] > 0.0 else -1 for row, column in enumerate(columns)]
