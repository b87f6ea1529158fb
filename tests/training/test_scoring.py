"""Average precision on cases small enough to work out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from training.scoring import curve, match

HERE = [0.0, 0.0, 10.0, 10.0]
THERE = [50.0, 50.0, 60.0, 60.0]
NOWHERE = [90.0, 90.0, 99.0, 99.0]


def _match(found: list[list[float]], score: list[float], true: list[list[float]]):  # type: ignore[no-untyped-def]
    return match(
        np.array(found, np.float32).reshape(-1, 4),
        np.array(score, np.float32),
        np.array(true, np.float32).reshape(-1, 4),
    )


def test_a_perfect_detector_scores_one() -> None:
    assert curve([_match([HERE, THERE], [0.9, 0.8], [HERE, THERE])]).average_precision == pytest.approx(1.0, abs=0.006)


def test_finding_nothing_scores_nought_and_no_true_box_scores_nan() -> None:
    assert curve([_match([], [], [HERE])]).average_precision == pytest.approx(0.0, abs=0.006)
    assert math.isnan(curve([_match([HERE], [0.9], [])]).average_precision)


def test_half_of_the_boxes_found_without_a_false_one_scores_half() -> None:
    assert curve([_match([HERE], [0.9], [HERE, THERE])]).average_precision == pytest.approx(0.5, abs=0.01)


def test_a_false_detection_above_a_true_one_halves_the_precision() -> None:
    assert curve([_match([NOWHERE, HERE], [0.9, 0.8], [HERE])]).average_precision == pytest.approx(0.5, abs=0.01)


def test_a_false_detection_below_the_true_ones_costs_nothing() -> None:
    pictures = [_match([HERE], [0.9], [HERE]), _match([NOWHERE], [0.1], [])]
    assert curve(pictures).average_precision == pytest.approx(1.0, abs=0.006)


def test_a_box_is_found_once_and_its_second_detection_is_false() -> None:
    found = _match([HERE, HERE], [0.9, 0.8], [HERE])
    assert found.true.tolist() == [True, False]


def test_the_better_detection_takes_the_box_it_overlaps_most() -> None:
    shifted = [2.0, 0.0, 12.0, 10.0]
    found = _match([shifted, HERE], [0.9, 0.8], [HERE, shifted])
    assert found.true.tolist() == [True, True]


def test_an_overlap_below_a_half_is_not_a_hit() -> None:
    assert not _match([[0.0, 0.0, 10.0, 4.9]], [0.9], [HERE]).true.any()


def test_precision_and_recall_at_a_score() -> None:
    of = curve([_match([HERE, NOWHERE, THERE], [0.9, 0.6, 0.3], [HERE, THERE])])
    assert of.at(0.95) == (1.0, 0.0)
    assert of.at(0.89) == (1.0, 0.5)
    assert of.at(0.59) == (0.5, 0.5)
    assert of.at(0.0) == (pytest.approx(2 / 3), 1.0)


def test_weighing_recall_more_lowers_the_operating_score() -> None:
    rng = np.random.default_rng(0)
    pictures = []
    for _ in range(200):
        true = rng.random() < 0.5
        pictures.append(_match([HERE], [float(rng.normal(0.6 if true else 0.4, 0.12))], [HERE] if true else []))
    of = curve(pictures)
    assert of.best_f(3.0) < of.best_f(1.0) < of.best_f(0.33)
