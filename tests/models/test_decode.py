"""From a detection head to boxes: which anchors speak, for which labels, and where in the picture."""

from __future__ import annotations

import numpy as np
import pytest

from models.decode import CANDIDATES, decode
from models.head import Whole
from pipeline.letterbox import Letterbox

FIT = Letterbox.fit(200, 100, 100, 100)  # half the size, 25 px of padding above and below
THRESHOLDS = np.array([0.3, 0.4], np.float32)


def head(*anchors: tuple[float, float, float, float, float, float]) -> Whole:
    """Centre x, centre y, width, height and two scores, an anchor each."""
    return Whole(np.array(anchors, np.float32).T)


def test_an_anchor_speaks_for_every_label_that_it_scores_enough_for() -> None:
    found = decode(head((50, 50, 20, 10, 0.6, 0.5), (20, 50, 10, 10, 0.31, 0.39)), FIT, THRESHOLDS, 0.6)
    assert [(int(label), round(float(score), 2)) for label, score in zip(found.label, found.score, strict=True)] == [
        (0, 0.6),
        (1, 0.5),
        (0, 0.31),
    ]
    assert found.xyxy[0].tolist() == found.xyxy[1].tolist() == [80.0, 40.0, 120.0, 60.0]


def test_boxes_of_one_label_suppress_one_another_and_those_of_two_do_not() -> None:
    alike = (50, 50, 20, 10, 0.9, 0.0), (50, 51, 20, 10, 0.8, 0.0), (50, 50, 20, 10, 0.0, 0.7)
    found = decode(head(*alike), FIT, THRESHOLDS, 0.6)
    assert found.label.tolist() == [0, 1]


def test_what_lies_in_the_padding_alone_is_no_box() -> None:
    assert len(decode(head((50, 10, 20, 10, 0.9, 0.0)), FIT, THRESHOLDS, 0.6)) == 0


def test_of_more_than_can_be_weighed_the_best_stay() -> None:
    n = CANDIDATES + 50
    rng = np.random.default_rng(3)
    scores = rng.permutation(np.linspace(0.3, 0.9, n))
    crowd = head(*((50.0, 50.0, 20.0, 10.0, float(score), 0.0) for score in scores))
    found = decode(crowd, FIT, THRESHOLDS, 0.6)
    assert found.score.tolist() == pytest.approx([0.9])


def test_a_head_of_other_labels_is_refused() -> None:
    with pytest.raises(ValueError, match="a head of 2 labels"):
        decode(Whole(np.zeros((7, 3), np.float32)), FIT, THRESHOLDS, 0.6)
