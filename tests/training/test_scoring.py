"""Average precision on cases small enough to work out by hand, and properties that no answer may break."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.training.exam import answers_of, random_answers
from training.scoring import COCO_IOUS, Answers, curve

HERE = [0.0, 0.0, 10.0, 10.0]
THERE = [50.0, 50.0, 60.0, 60.0]
NOWHERE = [90.0, 90.0, 99.0, 99.0]


Boxes = list[list[float]]


def _match(found: Boxes, score: list[float], true: Boxes) -> Answers:
    return answers_of([(found, score, true)])


def test_a_perfect_detector_scores_one() -> None:
    of = _match([HERE, THERE], [0.9, 0.8], [HERE, THERE])
    assert [curve(of, overlap).average_precision for overlap in COCO_IOUS] == [1.0] * 10


def test_finding_nothing_scores_nought_and_no_true_box_scores_nan() -> None:
    assert curve(_match([], [], [HERE])).average_precision == 0.0
    assert math.isnan(curve(_match([HERE], [0.9], [])).average_precision)


def test_half_of_the_boxes_found_without_a_false_one_scores_half() -> None:
    assert curve(_match([HERE], [0.9], [HERE, THERE])).average_precision == pytest.approx(0.5, abs=0.01)


def test_a_false_detection_above_a_true_one_halves_the_precision() -> None:
    assert curve(_match([NOWHERE, HERE], [0.9, 0.8], [HERE])).average_precision == pytest.approx(0.5, abs=0.01)


def test_a_false_detection_below_the_true_ones_costs_nothing() -> None:
    of = answers_of([([HERE], [0.9], [HERE]), ([NOWHERE], [0.1], [])])
    assert curve(of).average_precision == 1.0


def test_a_box_is_found_once_and_its_second_detection_is_false() -> None:
    found = _match([HERE, HERE], [0.9, 0.8], [HERE])
    assert found.hits(0.5).tolist() == [True, False]


def test_the_better_detection_takes_the_box_it_overlaps_most() -> None:
    shifted = [2.0, 0.0, 12.0, 10.0]
    found = _match([shifted, HERE], [0.9, 0.8], [HERE, shifted])
    assert found.hits(0.5).tolist() == [True, True]


def test_an_overlap_below_a_half_is_not_a_hit() -> None:
    assert not _match([[0.0, 0.0, 10.0, 4.9]], [0.9], [HERE]).hits(0.5).any()


def test_precision_and_recall_at_a_score() -> None:
    of = curve(_match([HERE, NOWHERE, THERE], [0.9, 0.6, 0.3], [HERE, THERE]))
    assert of.at(0.95) == (1.0, 0.0)
    assert of.at(0.89) == (1.0, 0.5)
    assert of.at(0.59) == (0.5, 0.5)
    assert of.at(0.0) == (pytest.approx(2 / 3), 1.0)


def test_weighing_recall_more_lowers_the_operating_score() -> None:
    rng = np.random.default_rng(0)
    pictures = []
    for _ in range(200):
        true = rng.random() < 0.5
        pictures.append(([HERE], [float(rng.normal(0.6 if true else 0.4, 0.12))], [HERE] if true else []))
    of = curve(answers_of(pictures))
    assert of.best_f(3.0) < of.best_f(1.0) < of.best_f(0.33)


def test_the_score_for_a_precision_is_the_lowest_that_keeps_it_and_a_lucky_few_do_not_choose() -> None:
    found = [[HERE] if place < 8 else [NOWHERE] for place in range(12)]
    of = curve(answers_of([(boxes, [1.0 - place / 20], [HERE]) for place, boxes in enumerate(found)]))
    assert of.for_precision(0.8, [0.5, 0.55, 0.6]) == 0.55  # down to it 8 of 10 are right, one further 8 of 11
    assert of.for_precision(0.8, [0.4, 0.5]) is None
    assert curve(_match([HERE], [0.9], [HERE])).for_precision(0.8, [0.5]) is None


def test_the_score_for_a_recall_is_the_highest_that_has_it() -> None:
    of = curve(_match([HERE, NOWHERE, THERE], [0.9, 0.6, 0.3], [HERE, THERE]))
    assert of.for_recall(0.5, [0.2, 0.8, 0.95]) == 0.8
    assert of.for_recall(0.6, [0.2, 0.3, 0.8, 0.95]) == 0.3
    assert curve(_match([HERE], [0.9], [HERE, THERE])).for_recall(0.6, [0.2]) is None


def test_a_box_that_is_not_asked_for_is_neither_found_nor_missed_and_its_detection_is_neither_true_nor_false() -> None:
    of = _match([HERE, THERE, NOWHERE], [0.9, 0.8, 0.7], [HERE, THERE])
    asked = of.asking(np.array([True, False]), np.array([True, True, False]))
    assert asked.n_boxes == 1
    assert curve(asked).average_precision == 1.0
    assert asked.counted(0.5).tolist() == [True, False, False]


@given(st.integers(0, 2**32 - 1))
def test_a_tighter_overlap_never_scores_higher(seed: int) -> None:
    of = random_answers(seed)
    scores = [curve(of, overlap).average_precision for overlap in COCO_IOUS]
    assert scores == sorted(scores, reverse=True)


@given(st.integers(0, 2**32 - 1))
def test_the_order_of_pictures_and_of_detections_does_not_matter(seed: int) -> None:
    assert curve(random_answers(seed, shuffled=True)).average_precision == pytest.approx(
        curve(random_answers(seed)).average_precision
    )
