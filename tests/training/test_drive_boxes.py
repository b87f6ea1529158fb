"""From part pictures to boxes and label files."""

from __future__ import annotations

import numpy as np
import pytest

from training.drive.boxes import PRIVACY_LABELS, Seen, seen_private, seen_things, yolo_lines
from training.drive.layout import lay_out
from training.drive.poses import Lens, View, outline
from training.sources import LABELS

BLOCK = lay_out(12)
LENS = Lens(960, 540, 80.0)
LITTER = BLOCK.thing("litter-1")
BEFORE_IT = View(LITTER.x_m - 10.0, -1.6, 1.9, -15.0, -4.0, 0.0)
PARTS = {1: (LITTER, "body"), 2: (BLOCK.thing("car-1"), "body"), 3: (BLOCK.thing("car-1"), "plate")}


def _blank() -> np.ndarray:
    return np.zeros((540, 960), dtype=np.int32)


def test_a_box_is_the_smallest_rectangle_around_the_visible_pixels() -> None:
    whole = outline(BEFORE_IT, LENS, LITTER)
    assert whole is not None
    x0, y0, x1, y1 = (round(v) for v in whole)
    index = _blank()
    index[y0:y1, x0:x1] = 1
    (seen,) = seen_things(index, PARTS, BEFORE_IT, LENS)
    assert seen == Seen("litter-1", "litter", (x0, y0, x1, y1), (x1 - x0) * (y1 - y0))


def test_a_thing_of_which_a_sliver_shows_has_no_box() -> None:
    whole = outline(BEFORE_IT, LENS, LITTER)
    assert whole is not None
    index = _blank()
    index[int(whole[1]) : int(whole[3]), int(whole[0]) : int(whole[0]) + 9] = 1
    assert seen_things(index, PARTS, BEFORE_IT, LENS) == ()


def test_a_speck_has_no_box() -> None:
    index = _blank()
    index[300:305, 400:405] = 1
    assert seen_things(index, PARTS, BEFORE_IT, LENS) == ()


def test_a_plate_belongs_to_the_cars_box_and_is_private_by_itself() -> None:
    index = _blank()
    index[200:300, 400:600] = 2
    index[290:310, 480:520] = 3
    view = View(BLOCK.thing("car-1").x_m - 12.0, -1.6, 1.9, -10.0, -4.0, 0.0)
    (car,) = seen_things(index, PARTS, view, LENS)
    (plate,) = seen_private(index, PARTS)
    assert car.xyxy == (400, 200, 600, 310)
    assert (plate.thing_id, plate.label, plate.xyxy) == ("car-1", "plate", (480, 290, 520, 310))


def test_label_lines_read_back_as_the_same_boxes() -> None:
    seen = (Seen("a", "litter", (10, 20, 110, 220), 500), Seen("b", "person", (0, 0, 960, 540), 9))
    rows = [line.split() for line in yolo_lines(seen, LABELS, 960, 540).splitlines()]
    assert [int(row[0]) for row in rows] == [0, 9]
    for row, each in zip(rows, seen, strict=True):
        cx, cy, w, h = (float(v) for v in row[1:])
        back = ((cx - w / 2) * 960, (cy - h / 2) * 540, (cx + w / 2) * 960, (cy + h / 2) * 540)
        assert back == pytest.approx(each.xyxy, abs=0.01)


def test_the_labels_are_the_detectors_and_the_privacy_labels_apart() -> None:
    assert len(LABELS) == 10
    assert not set(LABELS) & set(PRIVACY_LABELS)
    assert {thing.label for thing in BLOCK.things} <= set(LABELS)
