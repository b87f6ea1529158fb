"""The cheapest pairs: held against every way there is, and the same from either side."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipeline.assignment import assigned

LIMIT = 4.0


@st.composite
def costs(draw: st.DrawFn, most: int) -> NDArray[np.float64]:
    """Small whole numbers, so that many assignments cost the same; some pairs are impossible."""
    rows, columns = draw(st.integers(1, most)), draw(st.integers(1, most))
    values = st.sampled_from([0.0, 1.0, 2.0, 3.0, 9.0])
    return np.array(draw(st.lists(values, min_size=rows * columns, max_size=rows * columns))).reshape(rows, columns)


def total(cost: NDArray[np.float64], columns: tuple[int, ...] | list[int]) -> float:
    """What an assignment costs, LIMIT / 2 for each row and column that is left alone."""
    pairs = [(row, column) for row, column in enumerate(columns) if column >= 0]
    return float(sum(cost[pair] for pair in pairs)) + LIMIT / 2 * (sum(cost.shape) - 2 * len(pairs))


@given(costs(4))
def test_no_other_assignment_costs_less(cost: NDArray[np.float64]) -> None:
    rows, columns = cost.shape
    places = (*range(columns), *[-1] * rows)
    assert total(cost, assigned(cost, LIMIT)) == min(total(cost, one) for one in set(permutations(places, rows)))


@given(costs(12))
def test_the_same_pairs_come_out_whichever_side_is_the_rows(cost: NDArray[np.float64]) -> None:
    if cost.shape[0] != cost.shape[1]:
        pairs = {(row, column) for row, column in enumerate(assigned(cost, LIMIT)) if column >= 0}
        turned = {(row, column) for column, row in enumerate(assigned(cost.T, LIMIT)) if row >= 0}
        assert pairs == turned


@pytest.mark.parametrize("limit", [0.0, 1.0])
def test_what_costs_more_than_the_limit_is_left_alone(limit: float) -> None:
    assert assigned(np.full((2, 3), limit + 0.5), limit) == [-1, -1]
