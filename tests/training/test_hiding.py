"""What the privacy step hides, told by size: on generated pictures and a real step over tiny models."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.hiding import Hidden, is_hidden, mask_of, size_of


@pytest.mark.parametrize(
    ("height_px", "size"), [(1.0, "small"), (15.9, "small"), (16.0, "medium"), (47.9, "medium"), (48.0, "large")]
)
def test_a_face_belongs_to_one_size_class(height_px: float, size: str) -> None:
    assert size_of(height_px) == size


def test_a_box_under_a_region_is_hidden_and_one_beside_it_is_not() -> None:
    mask = mask_of(np.array([[10, 10, 30, 30]], np.float32), 60, 40)
    assert is_hidden((12, 12, 28, 28), mask)
    assert not is_hidden((32, 12, 48, 28), mask)


def test_seven_tenths_hidden_is_enough_and_less_is_not() -> None:
    mask = mask_of(np.array([[0, 0, 7, 10]], np.float32), 60, 40)
    assert is_hidden((0, 0, 10, 10), mask)
    assert not is_hidden((0, 0, 11, 10), mask)


def test_regions_of_two_models_hide_together() -> None:
    mask = mask_of(np.array([[0, 0, 4, 10], [4, 0, 8, 10]], np.float32), 60, 40)
    assert is_hidden((0, 0, 10, 10), mask)


def test_a_box_outside_the_picture_shows_nothing() -> None:
    assert is_hidden((70, 0, 80, 10), np.zeros((40, 60), np.bool_))


sides = st.floats(-20, 80, allow_nan=False)


@given(st.lists(st.tuples(sides, sides, sides, sides), max_size=5))
def test_a_mask_stays_inside_its_picture_whatever_the_regions(rows: list[tuple[float, ...]]) -> None:
    assert mask_of(np.array(rows, np.float32).reshape(-1, 4), 60, 40).shape == (40, 60)


def test_recall_without_a_box_is_no_number() -> None:
    assert np.isnan(Hidden("face", "large", 0, 0).recall)
    assert Hidden("face", "large", 4, 3).recall == 0.75
