"""A score that means what it says has no calibration error."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.training.exam import answers_of
from training.report.calibration import BINS, calibration, expected_error, reliability

HERE, NOWHERE = [0.0, 0.0, 10.0, 10.0], [50.0, 50.0, 60.0, 60.0]


def test_scores_that_are_right_as_often_as_they_say_have_nearly_no_error() -> None:
    rng = np.random.default_rng(4)
    score = rng.random(30_000)
    assert expected_error(reliability(score, rng.random(30_000) < score)) < 0.01


def test_scores_that_are_always_half_right_are_off_by_a_quarter() -> None:
    rng = np.random.default_rng(4)
    assert expected_error(reliability(rng.random(30_000), rng.random(30_000) < 0.5)) == pytest.approx(0.25, abs=0.01)


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=60))
def test_the_error_is_never_above_one_and_bins_hold_equal_counts(found: list[tuple[float, bool]]) -> None:
    bins = reliability(np.array([score for score, _ in found]), np.array([true for _, true in found], np.bool_))
    assert sum(one.n for one in bins) == len(found)
    assert len(bins) == min(BINS, len(found))
    if found:
        assert 0.0 <= expected_error(bins) <= 1.0
        assert max(one.n for one in bins) - min(one.n for one in bins) <= 1
    else:
        assert math.isnan(expected_error(bins))


def test_detections_that_nothing_uses_are_left_out() -> None:
    of = answers_of([([HERE, NOWHERE], [0.9, 0.01], [HERE])])
    told = calibration(of, ("exam", "people"), "bin")
    assert (told.n, told.error) == (1, pytest.approx(0.1))
