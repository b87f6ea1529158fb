"""Who belongs to whom, one to one, at the least total cost."""

from __future__ import annotations

from typing import Any

import lap
import numpy as np
from numpy.typing import NDArray


def assigned(cost: NDArray[np.floating[Any]], limit: float) -> list[int]:
    """For each row of cost [N, M] its column, or −1; N and M are at least 1.

    A row left alone costs half of `limit`, and so does a column, so that no pair is taken that costs more than `limit`
    (Jonker & Volgenant, Computing 38, 1987). Where N and M differ, the same pairs come out whichever side is the rows',
    also where several assignments cost the same: records that are made again must come out as they were.
    """
    wide = cost.shape[0] <= cost.shape[1]
    of_each = lap.lapjv(cost if wide else cost.T, extend_cost=True, cost_limit=limit, return_cost=False)
    columns: list[int] = of_each[0 if wide else 1].tolist()
    return columns
