"""Sums and tables over the pairs that matter, against the same over all of N × M."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.association.pairs import Pairs

masks = st.integers(1, 5).flatmap(
    lambda width: st.lists(st.lists(st.booleans(), min_size=width, max_size=width), min_size=1, max_size=5)
)


@given(masks, st.integers(0, 999))
def test_a_row_sums_up_its_own_pairs_and_one_without_any_nothing(chosen: list[list[bool]], seed: int) -> None:
    mask = np.array(chosen)
    every = np.random.default_rng(seed).normal(size=(3, *mask.shape))
    pairs = Pairs.of(mask)
    terms = every[:, pairs.rows, pairs.columns]
    assert pairs.summed(terms) == pytest.approx(np.where(mask, every, 0.0).sum(axis=2))
    assert pairs.summed(terms[0]) == pytest.approx(np.where(mask, every[0], 0.0).sum(axis=1))


@given(masks)
def test_each_pair_stands_where_its_slot_says_and_the_others_are_blank(chosen: list[list[bool]]) -> None:
    mask = np.array(chosen)
    pairs = Pairs.of(mask)
    table = pairs.table(np.arange(len(pairs.rows), dtype=float), -1.0)
    assert table.tolist() == pairs.slot.tolist()
    assert ((table >= 0.0) == mask).all()


def test_no_case_at_all_is_no_pair() -> None:
    pairs = Pairs.of(np.zeros((2, 0), np.bool_))
    assert pairs.summed(np.zeros(0)).tolist() == [0.0, 0.0]
    assert pairs.table(np.zeros(0), 1.0).shape == (2, 0)
