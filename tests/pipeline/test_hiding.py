"""A side that something nearer covers is not the thing's own, and does not place it."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.hiding import hidden_sides
from pipeline.locate import locate
from pipeline.observation import Located
from pipeline.track import Track, View
from tests.pipeline.sightings import CAMERA, ORIGIN, pose_at, track_of

FAR = (300.0, 200.0, 400.0, 260.0)
CASES = {
    "nothing near": ((600, 200, 700, 300), (0, 0, 0, 0)),
    "a car before its left": ((200, 190, 320, 320), (1, 0, 0, 0)),
    "a car before half of it": ((200, 190, 350, 320), (1, 1, 0, 1)),
    "a car beside its left, box to box": ((200, 190, 299, 320), (1, 0, 0, 0)),
    "a car before its right": ((380, 190, 520, 320), (0, 0, 1, 0)),
    "a heap before its foot": ((320, 240, 380, 300), (0, 0, 0, 1)),
    "a farther thing above it": ((200, 150, 330, 230), (0, 0, 0, 0)),
    "a pole before its middle": ((345, 100, 355, 330), (0, 0, 0, 0)),
}


@pytest.mark.parametrize("case", CASES)
def test_only_what_is_nearer_hides_and_only_the_sides_it_covers(case: str) -> None:
    other, hidden = CASES[case]
    boxes = np.array([FAR, other], np.float32)
    assert tuple(map(int, hidden_sides(boxes, boxes)[0])) == hidden


def test_a_box_does_not_hide_itself_and_no_boxes_hide_nothing() -> None:
    boxes = np.array([FAR], np.float32)
    assert not hidden_sides(boxes, boxes).any()
    assert hidden_sides(np.empty((0, 4), np.float32), boxes).shape == (0, 4)


def test_a_car_half_hidden_by_another_is_placed_where_it_stands() -> None:
    poses = [pose_at(0.0, 1.5 * n, sigma_m=0.1, angle_sigma_deg=0.5) for n in range(8)]
    whole = track_of("car", poses, -5.0, 28.0)
    half = Track(1, 0, tuple(cut(view, hidden=False) for view in whole.views))
    known = Track(1, 0, tuple(cut(view, hidden=True) for view in whole.views))
    assert off_m(known) < 0.6 * off_m(half)


def test_what_is_hidden_in_every_view_is_placed_by_what_can_be_seen() -> None:
    poses = [pose_at(0.0, 1.5 * n, sigma_m=0.1, angle_sigma_deg=0.5) for n in range(8)]
    views = (View(v.frame_index, v.media_ns, v.xyxy, v.score, v.pose, (True,) * 4)
             for v in track_of("litter", poses, 4.0, 25.0).views)  # fmt: skip
    assert isinstance(locate(Track(1, 0, tuple(views)), "litter", CAMERA), Located)


def cut(view: View, *, hidden: bool) -> View:
    """The view with the left 40 % of the box hidden, known to be so or not."""
    x1, y1, x2, y2 = view.xyxy
    box = (x1 + 0.4 * (x2 - x1), y1, x2, y2)
    return View(view.frame_index, view.media_ns, box, view.score, view.pose, (hidden, False, False, False))


def off_m(track: Track) -> float:
    found = locate(track, "car", CAMERA)
    assert isinstance(found, Located)
    east, north = ORIGIN.to_en(found.lat, found.lon)
    return float(np.hypot(east + 5.0, north - 28.0))
