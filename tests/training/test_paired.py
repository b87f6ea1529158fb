"""A difference over resampled pictures is the difference over those very pictures, taken so many times."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.training.exam import Picture, answers_of
from training.compare.paired import Hits, difference, median_ratio
from training.scoring import curve

OVERLAP = 0.5


def _picture(scores: list[float], true: list[bool], n_boxes: int) -> Picture:
    """True boxes in a row, and detections each on a box of its own or where none is."""
    boxes = [[20.0 * place, 0.0, 20.0 * place + 10, 10.0] for place in range(n_boxes)]
    free = iter(boxes)
    found = [next(free) if hit else [20.0 * place, 50.0, 20.0 * place + 10, 60.0] for place, hit in enumerate(true)]
    return found, scores, boxes


def _hits(shown: list[Picture]) -> Hits:
    return Hits.of(answers_of(shown), OVERLAP)


@st.composite
def pictures(draw: st.DrawFn) -> list[Picture]:
    scores = st.lists(st.integers(1, 999).map(lambda one: one / 1000), max_size=6, unique=True)
    made = []
    for _ in range(draw(st.integers(1, 6))):
        found = draw(scores)
        true = [draw(st.booleans()) for _ in found]
        made.append(_picture(found, true, sum(true) + draw(st.integers(0, 2))))
    return made


@given(pictures(), st.data())
def test_weights_are_pictures_listed_so_often(shown: list[Picture], data: st.DataObject) -> None:
    times = [data.draw(st.integers(0, 3)) for _ in shown]
    weighted = _hits(shown).curve(np.array(times, np.int64)).average_precision
    listed = [one for one, count in zip(shown, times, strict=True) for _ in range(count)]
    assert weighted == pytest.approx(curve(answers_of(listed), OVERLAP).average_precision, nan_ok=True)


@given(pictures())
def test_each_picture_once_is_the_plain_curve(shown: list[Picture]) -> None:
    plain, once = curve(answers_of(shown), OVERLAP), _hits(shown).curve()
    assert once.average_precision == pytest.approx(plain.average_precision, nan_ok=True)
    assert once.at(0.5) == plain.at(0.5)


def test_a_box_that_is_not_asked_for_is_neither_found_nor_missed() -> None:
    answers = answers_of([_picture([0.9, 0.8], [True, True], 2)])
    hits = Hits.of(answers.asking(np.array([True, False]), answers.alone), OVERLAP)
    assert (hits.score.tolist(), hits.n_boxes.tolist()) == ([pytest.approx(0.9)], [1])


@given(pictures())
def test_false_detections_below_the_last_true_one_change_nothing(shown: list[Picture]) -> None:
    hits = _hits(shown)
    assert hits.down_to_the_last_true().curve().average_precision == pytest.approx(
        hits.curve().average_precision, nan_ok=True
    )


def test_a_model_differs_from_itself_by_nothing() -> None:
    hits = _hits([_picture([0.9, 0.4], [True, False], 2), _picture([0.8], [False], 1)])
    apart = difference(hits, hits, draws=50)
    assert (apart.value, apart.low, apart.high) == (0.0, 0.0, 0.0)


def test_a_model_that_finds_more_in_every_picture_is_better_for_certain() -> None:
    blind = _hits([_picture([0.9], [True], 2)] * 30)
    seeing = _hits([_picture([0.9, 0.8], [True, True], 2)] * 30)
    apart = difference(blind, seeing, draws=200)
    assert apart.value == pytest.approx(0.5, abs=0.02)
    assert apart.low > 0.4


def test_one_lucky_picture_among_many_is_not_certain() -> None:
    hit, miss = _picture([0.9], [True], 1), _picture([0.9], [False], 1)
    apart = difference(_hits([hit] * 29 + [miss]), _hits([hit] * 30), draws=200)
    assert apart.value > 0
    assert apart.low == 0.0


def test_different_pictures_are_not_compared() -> None:
    with pytest.raises(ValueError, match="same pictures"):
        difference(_hits([_picture([], [], 1)]), _hits([_picture([], [], 2)]))


def test_one_slow_picture_does_not_move_the_ratio() -> None:
    first = np.full(41, 0.02)
    second = np.full(41, 0.021)
    second[7] = 4.0
    ratio = median_ratio(first, second, draws=200)
    assert ratio.value == pytest.approx(1.05)
    assert ratio.low == ratio.high == pytest.approx(1.05)
