"""A figure comes with the interval that its pictures deserve."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.training.exam import answers_of, random_answers
from training.report.averages import averages
from training.scoring import curve

HERE, NOWHERE = [0.0, 0.0, 10.0, 10.0], [50.0, 50.0, 60.0, 60.0]


def test_perfect_detections_are_certain() -> None:
    told = averages(answers_of([([HERE], [0.9], [HERE])] * 8), 0.5, seed=1, draws=50)
    assert (told.ap50.value, told.ap50.low, told.ap50.high) == (1.0, 1.0, 1.0)
    assert told.ap50_95.value == 1.0


@settings(max_examples=25)
@given(st.integers(0, 2**32 - 1))
def test_the_ten_overlaps_together_never_score_higher_than_the_loosest(seed: int) -> None:
    of = random_answers(seed)
    told = averages(of, 0.5, seed=1, draws=20)
    if of.n_boxes:
        assert told.ap50.value == pytest.approx(curve(of).average_precision)
        assert told.ap50_95.value <= told.ap50.value + 1e-12


def test_few_pictures_give_a_wide_interval_and_many_a_narrow_one() -> None:
    some = [([HERE], [0.9], [HERE]), ([NOWHERE], [0.8], [HERE])]
    few, many = (averages(answers_of(some * times), 0.5, seed=1) for times in (4, 100))
    assert few.ap50.low <= few.ap50.value <= few.ap50.high
    assert few.ap50.high - few.ap50.low > 3 * (many.ap50.high - many.ap50.low)


def test_with_too_few_pictures_there_is_no_interval_and_without_a_box_no_figure() -> None:
    told = averages(answers_of([([HERE], [0.9], [HERE])] * 3), 0.5, seed=1, draws=20).ap50
    assert told.value == 1.0
    assert math.isnan(told.low)
    assert math.isnan(averages(answers_of([([HERE], [0.9], [])] * 9), 0.5, seed=1, draws=20).ap50.value)


def test_the_same_seed_gives_the_same_interval() -> None:
    of = random_answers(5)
    assert averages(of, 0.5, seed=1, draws=30) == averages(of, 0.5, seed=1, draws=30)
