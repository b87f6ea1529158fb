"""Every true box is in one slice of each kind, and a slice answers for its own boxes alone."""

from __future__ import annotations

import math

import pytest

from tests.training.exam import random_pictures, sitting
from training.report.slices import By, light_of, slices

SMALL, LARGE = [0.0, 0.0, 5.0, 5.0], [10.0, 10.0, 90.0, 90.0]


@pytest.mark.parametrize("by", list(By))
def test_the_slices_of_one_kind_share_out_the_boxes(by: By) -> None:
    sat = sitting({"bin": random_pictures(3)}, [(40.0 + 20 * place, 25.0 + 5 * (place % 4)) for place in range(12)])
    parts = [part for part in slices(sat, "bin", 0.5) if part.by is by]
    assert sum(part.n_boxes for part in parts) == sat.answers["bin"].n_boxes


def test_a_small_box_that_is_missed_is_missed_in_its_slice_alone() -> None:
    sat = sitting({"bin": [([LARGE], [0.9], [SMALL, LARGE])]})
    told = {part.name: part for part in slices(sat, "bin", 0.5) if part.by is By.SHARE}
    assert (told["small"].recall, told["large"].recall) == (0.0, 1.0)
    assert told["large"].average_precision == 1.0
    assert math.isnan(told["medium"].recall)


def test_a_detection_of_nothing_is_held_against_the_slice_of_its_own_size() -> None:
    sat = sitting({"bin": [([SMALL, LARGE], [0.95, 0.9], [LARGE])]})
    told = {part.name: part for part in slices(sat, "bin", 0.5) if part.by is By.SHARE}
    assert told["large"].precision == 1.0


@pytest.mark.parametrize(
    ("mean", "spread", "light"),
    [(30.0, 20.0, "dark"), (120.0, 60.0, "normal"), (200.0, 60.0, "bright"), (150.0, 20.0, "flat")],
)
def test_light_is_told_from_mean_and_spread(mean: float, spread: float, light: str) -> None:
    assert light_of(sitting({"bin": [([], [], [])]}, [(mean, spread)]).seen[0]) == light
