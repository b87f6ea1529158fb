"""Heads of standing persons, by the proportions of a body."""

from __future__ import annotations

import pytest

from training.heads import heads
from training.sources import Box


def _person(x1: float, y1: float, x2: float, y2: float, score: float = 0.8, label: str = "person") -> Box:
    return Box(label, x1, y1, x2, y2, score, "teacher")


def test_a_standing_persons_head_is_at_the_top_of_the_box_and_inside_it() -> None:
    person = _person(0.4, 0.2, 0.5, 0.6)
    (head,) = heads([person], 1000, 800, "heads")
    assert head.label == "face"
    assert head.y1 == person.y1
    assert head.height == pytest.approx(0.15 * person.height)
    assert person.x1 <= head.x1 < head.x2 <= person.x2
    assert (head.x1 + head.x2) / 2 == pytest.approx(0.45)


@pytest.mark.parametrize(
    "said",
    [
        _person(0.4, 0.2, 0.5, 0.6, label="car"),
        _person(0.4, 0.2, 0.5, 0.6, score=0.2),
        _person(0.4, 0.2, 0.41, 0.24),
        _person(0.4, 0.0, 0.5, 0.6),
        _person(0.1, 0.4, 0.9, 0.6),
    ],
    ids=["not a person", "unsure", "tiny", "cut off above", "lying or half hidden"],
)
def test_no_head_is_placed_where_it_cannot_be_known(said: Box) -> None:
    assert heads([said], 1000, 800, "heads") == []
