"""Operating scores are chosen on one half of the photos and told on the other."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from tests.training.exam import Picture, sitting
from training.evaluate import Exam, Sitting
from training.operating import Rule, choose, choosing_half
from training.recipe import PublishPart
from training.split import BLOCK

HERE, NOWHERE = [0.0, 0.0, 10.0, 10.0], [50.0, 50.0, 60.0, 60.0]


def _photos(count: int, seed: int = 0) -> list[Picture]:
    """One bin a photo; true detections score higher than false ones, with some overlap."""
    rng = np.random.default_rng(seed)
    return [
        ([HERE, NOWHERE], [float(rng.uniform(0.3, 1.0)), float(rng.uniform(0.0, 0.6))], [HERE]) for _ in range(count)
    ]


def _sat(count: int, dataset: str = "exam") -> Sitting:
    sat = sitting({"bin": _photos(count)})
    return replace(sat, exam=Exam(dataset, "people", ("bin",), sat.exam.items))


def test_half_of_the_blocks_choose_and_no_block_is_divided() -> None:
    half = choosing_half(200, seed=7)
    assert half.sum() == 100
    assert {len(set(half[at : at + BLOCK].tolist())) for at in range(0, 200, BLOCK)} == {1}
    assert (half == choosing_half(200, seed=7)).all()
    assert (half != choosing_half(200, seed=8)).any()


def test_a_target_precision_is_reached_on_the_choosing_half_and_told_on_the_other() -> None:
    point = choose(("bin",), [_sat(200)], PublishPart(target_precision={"bin": 0.9}), seed=3)["bin"]
    assert (point.rule, point.target, point.reached) == (Rule.PRECISION, 0.9, True)
    assert point.chosen_on.precision >= 0.9
    assert point.at.n_boxes == point.chosen_on.n_boxes == 100
    assert point.at.precision != point.chosen_on.precision


@pytest.mark.parametrize("seed", range(40))
def test_a_score_that_is_said_to_reach_its_target_reaches_it(seed: int) -> None:
    """Few photos, so that a hundredth up or down takes a true one away: the score as it is told counts."""
    rng = np.random.default_rng(seed)
    photos: list[Picture] = [
        ([HERE, NOWHERE], [float(rng.uniform(0.3, 1.0)), float(rng.uniform(0.0, 0.8))], [HERE]) for _ in range(60)
    ]
    for how in (PublishPart(target_precision={"bin": 0.85}), PublishPart(target_recall={"bin": 0.9})):
        point = choose(("bin",), [sitting({"bin": photos})], how, seed)["bin"]
        told = point.chosen_on.precision if point.rule is Rule.PRECISION else point.chosen_on.recall
        assert not point.reached or told >= (point.target or 2.0)


def test_a_target_recall_takes_the_highest_score_that_has_it() -> None:
    point = choose(("bin",), [_sat(200)], PublishPart(target_recall={"bin": 0.9}), seed=3)["bin"]
    assert (point.rule, point.reached) == (Rule.RECALL, True)
    assert 0.9 <= point.chosen_on.recall < 0.93


def test_a_target_that_no_score_reaches_is_said_and_the_f_measure_chooses() -> None:
    sat = sitting({"bin": [([NOWHERE, HERE], [0.9, 0.8], [HERE])] * 100})
    point = choose(("bin",), [sat], PublishPart(target_precision={"bin": 0.9}), seed=3)["bin"]
    assert (point.rule, point.reached, point.at.score) == (Rule.PRECISION, False, 0.7)


def test_without_a_target_the_f_measure_chooses() -> None:
    point = choose(("bin",), [_sat(200)], PublishPart(), seed=3)["bin"]
    assert (point.rule, point.target) == (Rule.F_MEASURE, None)
    assert 0.3 <= point.at.score <= 0.6


def test_the_first_exam_with_enough_boxes_chooses_and_without_one_the_fixed_score_is_read() -> None:
    how = PublishPart(untried_score=0.35)
    assert choose(("bin",), [_sat(5, "few"), _sat(50, "many")], how, seed=3)["bin"].by == ("many", "people")
    few = choose(("bin",), [_sat(5, "few")], how, seed=3)["bin"]
    assert (few.rule, few.by, few.at.score, few.at.n_boxes) == (Rule.UNTRIED, ("few", "people"), 0.35, 5)
    none = choose(("bin",), [], how, seed=3)["bin"]
    assert (none.by, none.at.n_boxes, math.isnan(none.at.precision)) == (None, 0, True)


def test_the_neighbours_lie_around_the_score_and_lower_scores_find_more() -> None:
    point = choose(("bin",), [_sat(200)], PublishPart(target_precision={"bin": 0.9}), seed=3)["bin"]
    recalls = [near.recall for near in sorted((*point.neighbours, point.at), key=lambda near: near.score)]
    assert len(recalls) == 5
    assert recalls == sorted(recalls, reverse=True)
