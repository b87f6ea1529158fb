"""A picture that lies beside where its pose puts it, told by what is followed in it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.families import families
from pipeline.pairing import Pairs
from pipeline.pose import Camera, FixQuality, Pose
from pipeline.sway import SWAY, sway
from pipeline.tracking import Tracker
from tests.pipeline.street import LABELS
from tests.pipeline.test_tracking import found

WIDTH = 960
ROW = np.array([[300 + 40.0 * n + 6.0 * n**2, 240, 324 + 40.0 * n + 6.0 * n**2, 280] for n in range(4)])


def told(expected: np.ndarray, seen: np.ndarray) -> np.ndarray:
    same = np.ones((len(expected), len(seen)), np.bool_)
    return sway(Pairs.between(expected, seen), same, np.full(len(expected), 0.2), WIDTH)


@settings(max_examples=40)
@given(st.floats(-25, 25), st.floats(-15, 15), st.sets(st.integers(0, 3), max_size=2))
def test_a_row_tells_the_sway_even_where_it_is_more_than_half_way_to_the_next_thing(
    right: float, down: float, lost: set[int]
) -> None:
    seen = np.delete(ROW, list(lost), axis=0) + np.array([right, down, right, down])
    np.testing.assert_allclose(told(ROW, seen), [right, down], atol=3.5)


def test_nothing_followed_or_nothing_near_tells_no_sway() -> None:
    far = ROW + 4 * SWAY * WIDTH * np.array([0, 1, 0, 1])
    for expected, seen in ((ROW, far), (ROW, ROW[:0]), (ROW[:0], ROW)):
        assert told(expected, seen).tolist() == [0.0, 0.0]


def test_what_moves_by_itself_does_not_carry_along_what_stands() -> None:
    seen = ROW.copy()
    seen[1] += [12, 0, 12, 0]
    assert abs(told(ROW, seen)[0]) < 3.0


@pytest.mark.parametrize("heading_deg", [-2.0, 2.0])
def test_a_row_of_bins_is_not_shifted_by_one_when_the_vehicle_sways(heading_deg: float) -> None:
    """Two bins 1.2 m apart and one 3.6 m on, 20 m ahead: 2° are half of the way from the first to the second."""
    camera = Camera.from_hfov(WIDTH, 540, 80.0)
    pose = Pose(0, 0.0, 0.0, 1.9, 0.0, 0.0, 0.0, 0.0, 4.0, 0.0, 1.0, 1.0, 1.0, FixQuality.GNSS)
    start = np.full(len(LABELS), 0.25, np.float32)
    one = Tracker(start, families(LABELS), WIDTH, 540, camera=camera)
    x = np.array([400.0, 434.0, 536.0])
    boxes = [("bin", 0.9 - n / 10, left, 270.0, left + 20.0, 324.0) for n, left in enumerate(x)]
    first = one.step(0, 0, found(*boxes), None, pose)
    beside = camera.fx_px * np.tan(np.radians(heading_deg))
    swayed = [(label, score, left + beside, top, right + beside, low) for label, score, left, top, right, low in boxes]
    second = one.step(1, 400_000_000, found(*swayed), None, pose)
    assert second.track.tolist() == first.track.tolist() == [1, 2, 3]
