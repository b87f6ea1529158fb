"""Frames are held as they are, few of them and not for long, and redacted only for what is told of."""

from __future__ import annotations

import copy
import pickle
import weakref
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipeline.album import CLEARLY_BETTER, Album, Shelf, Wanted
from pipeline.detections import Detections
from pipeline.negative import Negative
from pipeline.redact import DidNotRun, Redacted, Regions
from pipeline.shots import Shot

BOX = (8.0, 8.0, 40.0, 40.0)


@dataclass
class Step:
    """Fills the upper left corner; says by their brightness which frames it was asked to search."""

    broken: bool = False
    asked: list[int] = field(default_factory=list)

    def __call__(self, image: NDArray[np.uint8], seen: Detections) -> Regions | DidNotRun:
        self.asked.append(int(image[-1, -1, 0]))
        if self.broken:
            return DidNotRun("the model is gone")
        return Regions(np.array([[0, 0, 4, 4]], np.float32), "corner 1", image.shape[1], image.shape[0])


def negative(index: int) -> Negative:
    return _of(index, np.full((48, 64, 3), index, np.uint8))


def wanted(key: int, worth: float, *, legible: bool = False, at_once: bool = False) -> Wanted:
    return Wanted(key, BOX, worth, legible, at_once)


def test_a_frame_is_searched_once_for_all_that_it_shows_best() -> None:
    album, step = Album(), Step()
    album.offer([wanted(1, 5.0), wanted(2, 5.0)], negative(7), step)
    assert step.asked == []
    kept = [album.take(key, step) for key in (1, 2)]
    assert step.asked == [7]
    assert all(len(one.pictures) == 2 and one.appearance for one in kept)


def test_only_the_best_frame_is_developed_and_only_for_what_is_told_of() -> None:
    album, step = Album(), Step()
    for index, worth in enumerate((1.0, 3.0, 3.1, 2.0), 1):
        album.offer([wanted(1, worth), wanted(2, worth)], negative(index), step)
    assert album.take(1, step).worth == 3.1
    album.forget_all_but(set())
    assert album.take(2, step).pictures == ()
    assert step.asked == [3]


def test_a_full_shelf_develops_the_frame_that_was_best_for_longest() -> None:
    album, step = Album(Shelf(frames=2)), Step()
    album.offer([wanted(1, 5.0), wanted(2, 5.0)], negative(1), step)
    album.offer([wanted(3, 5.0)], negative(2), step)
    assert (step.asked, album.early) == ([], 0)
    album.offer([wanted(4, 5.0)], negative(3), step)
    assert (step.asked, album.early) == ([1], 1)
    assert [len(album.take(key, step).pictures) for key in (1, 2, 3, 4)] == [2, 2, 2, 2]
    assert step.asked == [1, 2, 3]
    assert album.drain() == (0, 1)
    assert album.drain() == (0, 0)


def test_the_shelf_is_bounded_by_size_too_but_holds_one_frame_however_large() -> None:
    album, step = Album(Shelf(size_bytes=1)), Step()
    for index in (1, 2, 3):
        album.offer([wanted(index, 5.0)], negative(index), step)
    assert step.asked == [1, 2]


def test_what_was_developed_early_must_be_clearly_beaten() -> None:
    album, step = Album(Shelf(frames=1)), Step()
    album.offer([wanted(1, 4.0)], negative(1), step)
    album.offer([wanted(2, 4.0)], negative(2), step)
    album.offer([wanted(1, 4.0 * CLEARLY_BETTER)], negative(3), step)
    assert album.take(1, step).worth == 4.0
    album.offer([wanted(2, 4.01 * CLEARLY_BETTER)], negative(4), step)
    assert album.take(2, step).worth == 4.01 * CLEARLY_BETTER


def test_what_cannot_wait_is_developed_in_its_own_frame() -> None:
    album, step = Album(), Step()
    assert [one.key for one in album.offer([wanted(1, 4.0, at_once=True), wanted(2, 4.0)], negative(1), step)] == [1]
    assert step.asked == [1]
    assert album.offer([wanted(1, 4.5, at_once=True)], negative(2), step) == ()


def test_where_the_privacy_step_does_not_run_nothing_new_is_stored_and_it_is_counted() -> None:
    album, step = Album(Shelf(frames=1)), Step()
    album.offer([wanted(1, 4.0)], negative(1), step)
    album.offer([wanted(2, 4.0)], negative(2), step)
    step.broken = True
    album.offer([wanted(1, 9.0)], negative(3), step)
    assert album.take(1, step).worth == 4.0
    assert album.take(2, step).pictures == ()
    assert album.withheld == 2


def test_what_will_be_read_can_be_read_as_soon_as_it_is_developed() -> None:
    album, step = Album(), Step()
    album.offer([wanted(1, 4.0, legible=True)], negative(1), step)
    assert album.legible(1) is None
    album.develop(1, step)
    assert isinstance(album.legible(1), Redacted)


def test_a_raw_frame_is_gone_once_it_was_developed() -> None:
    image = np.zeros((48, 64, 3), np.uint8)
    one, raw = _of(1, image), weakref.ref(image)
    del image
    assert isinstance(one.develop(Step(broken=True)), DidNotRun)
    assert raw() is not None
    assert isinstance(one.develop(Step()), Redacted)
    assert raw() is None


@pytest.mark.parametrize("way", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_raw_frame_is_neither_copied_nor_pickled(way: object) -> None:
    with pytest.raises(TypeError, match="not copied or pickled"):
        way(negative(1))  # type: ignore[operator]


Offers = st.lists(st.lists(st.tuples(st.integers(0, 5), st.floats(1.0, 9.0)), max_size=4), max_size=12)


@given(Offers, st.integers(1, 4))
@settings(max_examples=60)
def test_never_more_frames_are_held_than_the_shelf_takes_and_every_thing_keeps_a_view_near_its_best(
    offers: list[list[tuple[int, float]]], frames: int
) -> None:
    album, step, best = Album(Shelf(frames=frames)), Step(), dict[int, float]()
    alive = weakref.WeakValueDictionary[int, NDArray[np.uint8]]()
    for index, row in enumerate(offers):
        image = np.full((48, 64, 3), index, np.uint8)
        alive[index] = image
        album.offer([wanted(key, worth) for key, worth in dict(row).items()], _of(index, image), step)
        del image
        best |= {key: max(worth, best.get(key, 0.0)) for key, worth in dict(row).items()}
        assert len(alive) <= frames
    assert len(step.asked) == len(set(step.asked)) == album.early
    for key, worth in best.items():
        assert worth / CLEARLY_BETTER <= album.take(key, step).worth <= worth


def _of(index: int, image: NDArray[np.uint8]) -> Negative:
    return Negative(Shot("street", index, index, partial(np.asarray, image)), image.nbytes, Detections.none())
