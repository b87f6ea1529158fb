"""What teachers add to a photo's own boxes, and how a mix lies on disk."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from training.mix import Filled, Item, Tally, fill_in, iou, item_of, large_enough, one_of_each, write_mix
from training.recipe import Bar, UsePart
from training.sources import Box, Photo

BARS = {"car": Bar(0.4, 0.2), "person": Bar(0.4, 0.4)}
HEAP = Box("litter", 0.1, 0.5, 0.5, 0.9)


def _car(x1: float, y1: float, x2: float, y2: float, score: float = 0.8) -> Box:
    return Box("car", x1, y1, x2, y2, score, "teacher")


@pytest.mark.parametrize(
    ("said", "complete", "reason"),
    [
        (_car(0.6, 0.1, 0.9, 0.3, 0.1), (), "below_threshold"),
        (_car(0.6, 0.1, 0.9, 0.3), ("car",), "source_labels_it"),
        (_car(0.1, 0.5, 0.5, 0.85), (), "same_thing"),
        (_car(0.2, 0.6, 0.3, 0.7), (), "part_of_a_labelled_thing"),
        (Box("boat", 0.6, 0.1, 0.9, 0.3, 0.99, "teacher"), (), "below_threshold"),
    ],
)
def test_every_taught_box_left_out_is_counted_with_its_reason(
    said: Box, complete: tuple[str, ...], reason: str
) -> None:
    tally = Tally()
    assert fill_in([HEAP], [said], BARS, complete, tally) == Filled((HEAP,), ())
    assert dict(tally.left_out) == {reason: 1}


def test_a_taught_box_where_nothing_is_labelled_is_added() -> None:
    tally, said = Tally(), _car(0.6, 0.1, 0.9, 0.3)
    assert fill_in([HEAP], [said], BARS, (), tally) == Filled((HEAP, said), ())
    assert tally.taught["car"] == 1


def test_a_person_in_front_of_a_heap_is_kept() -> None:
    person = Box("person", 0.2, 0.55, 0.3, 0.85, 0.7, "teacher")
    assert person in fill_in([HEAP], [person], BARS, (), Tally()).boxes


def test_of_two_taught_boxes_on_one_thing_the_surer_stays() -> None:
    sure, unsure = _car(0.6, 0.1, 0.9, 0.3, 0.9), _car(0.61, 0.1, 0.9, 0.3, 0.5)
    assert fill_in([], [unsure, sure], BARS, (), Tally()) == Filled((sure,), ())


def test_a_taught_box_that_is_not_sure_is_ignored_and_counted() -> None:
    tally, unsure = Tally(), _car(0.6, 0.1, 0.9, 0.3, 0.3)
    assert fill_in([HEAP], [unsure], BARS, (), tally) == Filled((HEAP,), (unsure,))
    assert tally.ignored["car"] == 1
    assert not tally.left_out


def test_an_unsure_box_on_a_sure_one_is_no_place_to_ignore() -> None:
    sure, unsure = _car(0.6, 0.1, 0.9, 0.3, 0.9), _car(0.61, 0.1, 0.9, 0.3, 0.3)
    assert fill_in([], [unsure, sure], BARS, (), Tally()) == Filled((sure,), ())


def test_iou_of_a_box_with_itself_is_one_and_of_boxes_apart_nought() -> None:
    assert iou(HEAP, HEAP) == pytest.approx(1.0)
    assert iou(HEAP, _car(0.6, 0.1, 0.9, 0.3)) == 0.0


def test_an_exporters_copies_of_a_photo_count_once() -> None:
    shown = [Photo("s", Path(f"{name}.webp"), Path("x.txt")) for name in ("a_jpg.rf.1", "a_jpg.rf.2", "b_jpg.rf.3")]
    assert [photo.name for photo in one_of_each(shown)] == ["a_jpg.rf.1", "b_jpg.rf.3"]


def test_small_items_are_dropped_by_their_longer_side() -> None:
    small, long = Box("litter", 0.1, 0.1, 0.15, 0.15), Box("litter", 0.1, 0.1, 0.4, 0.12)
    assert large_enough([small, long], 0.1) == [long]


def test_a_mix_lists_repeats_links_pictures_and_writes_boxes_and_places_to_ignore(tmp_path: Path) -> None:
    picture = tmp_path / "p.png"
    cv2.imwrite(str(picture), np.zeros((40, 40, 3), np.uint8))
    tally = Tally()
    items = [
        Item("s__p", picture, (Box("bin", 0.2, 0.2, 0.4, 0.6),), 3, ignored=(Box("litter", 0.0, 0.0, 0.5, 0.5),)),
        Item("s__wide", picture, (), reshape=(1.0, 0.75)),
    ]
    listed = write_mix(items, ("litter", "bin"), tmp_path / "mix", "train", tally)
    lines = listed.read_text("utf-8").splitlines()
    assert len(lines) == 4
    assert len(set(lines)) == 2
    assert (tmp_path / "mix/labels/s__p.txt").read_text("utf-8") == (
        "1 0.300000 0.400000 0.200000 0.400000\n"  # a bin
        "2 0.250000 0.250000 0.500000 0.500000\n"  # a place where litter is ignored
    )
    assert cv2.imread(str(tmp_path / "mix/images/s__wide.jpg")).shape == (30, 40, 3)
    assert tally.pictures["s"] == 2


def test_two_in_five_of_a_squeezed_sources_photos_are_reshaped() -> None:
    use = UsePart(source="s", stretched=True)
    items = [item_of(Photo("s", Path(f"{n}.webp"), Path("x.txt")), Filled((), ()), use) for n in range(1000)]
    assert 0.35 < sum(item.reshape != (1.0, 1.0) for item in items) / 1000 < 0.45
