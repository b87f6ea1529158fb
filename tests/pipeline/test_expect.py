"""What is expected of a thing by the poses alone is where it is seen next."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.expect import OUTSIDE, expected_box
from pipeline.pose import Pose
from pipeline.track import View
from tests.pipeline.coloured import CAMERA, FRAME, Street, sees_colours


def test_what_is_expected_of_a_thing_on_the_ground_is_where_it_is_seen_next() -> None:
    street = Street(((1.0, 14.0),), 30)
    first, second = sees_colours(street.picture(0)), sees_colours(street.picture(8))
    pose = street.pose(0, 0)
    assert isinstance(pose, Pose)
    x1, y1, x2, y2 = (float(side) for side in first.xyxy[0])
    later = street.pose(8, 0)
    assert isinstance(later, Pose)
    box = expected_box(CAMERA, View(0, 0, (x1, y1, x2, y2), 0.9, pose), later)
    assert box == pytest.approx(tuple(second.xyxy[0]), abs=3.0)
    behind = replace(later, lat=FRAME.to_latlon(0.0, 20.0)[0])
    assert expected_box(CAMERA, View(0, 0, (x1, y1, x2, y2), 0.9, pose), behind) == OUTSIDE


def test_nothing_is_expected_of_what_stands_against_the_horizon() -> None:
    pose = Street((), 1).pose(0, 0)
    assert isinstance(pose, Pose)
    assert expected_box(CAMERA, View(0, 0, (100.0, 80.0, 120.0, 121.0), 0.9, pose), pose) is None
