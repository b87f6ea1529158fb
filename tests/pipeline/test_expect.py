"""What is expected of a thing by the poses alone is where it is seen next."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.expect import OUTSIDE, Passage
from pipeline.pose import Pose
from tests.pipeline.coloured import CAMERA, FRAME, Street, sees_colours


def test_what_is_expected_of_a_thing_on_the_ground_is_where_it_is_seen_next() -> None:
    street = Street(((1.0, 14.0),), 30)
    first, second = sees_colours(street.picture(0)), sees_colours(street.picture(8))
    pose = street.pose(0, 0)
    assert isinstance(pose, Pose)
    x1, y1, x2, y2 = (float(side) for side in first.xyxy[0])
    later = street.pose(8, 0)
    assert isinstance(later, Pose)
    box = Passage.between(CAMERA, pose, later).expected((x1, y1, x2, y2))
    assert box == pytest.approx(tuple(second.xyxy[0]), abs=3.0)
    behind = replace(later, lat=FRAME.to_latlon(0.0, 20.0)[0])
    assert Passage.between(CAMERA, pose, behind).expected((x1, y1, x2, y2)) == OUTSIDE


def test_nothing_is_expected_of_what_stands_against_the_horizon() -> None:
    pose = Street((), 1).pose(0, 0)
    assert isinstance(pose, Pose)
    assert Passage.between(CAMERA, pose, pose).expected((100.0, 80.0, 120.0, 121.0)) is None
