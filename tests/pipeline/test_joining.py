"""Tracks of one thing become one, those of two things never do."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.joining import WITH_PARTS, joined
from pipeline.locate import LocateOptions
from pipeline.track import Track
from tests.pipeline.sightings import CAMERA, Noise, noisy_track_of, pose_at, track_of
from tests.pipeline.street import LABELS

DRIVE = [pose_at(0.0, 1.5 * step) for step in range(14)]
NOISE = Noise(shared_m=0.05, heading_deg=0.7, pitch_deg=0.7)


def seen(label: str, east: float, north: float, seed: int | None, key: int, frames: slice = slice(None)) -> Track:
    """A thing as seen along the drive, in some of its frames; seed None: without noise."""
    if seed is None:
        track = track_of(label, DRIVE, east, north)
    else:
        track = noisy_track_of(label, DRIVE, east, north, NOISE, np.random.default_rng(seed))
    return Track(key, LABELS.index(label), track.views[frames])


def together(*tracks: Track, matter: frozenset[str] = frozenset(LABELS)) -> tuple[Track, ...]:
    return joined(tracks, LABELS, matter, CAMERA, LocateOptions())


def test_a_heap_lost_behind_a_van_and_found_again_is_one_thing_with_the_key_of_its_best_view() -> None:
    far, near = seen("litter", 4.0, 25.0, None, 1, slice(0, 5)), seen("litter", 4.0, 25.0, None, 2, slice(7, None))
    (whole,) = together(far, near)
    assert whole.key == 2
    assert whole.views == (*far.views, *near.views)
    assert together(near, far)[0].views == whole.views
    assert together(near, far, matter=frozenset({"car"})) == (far, near)


@pytest.mark.parametrize(
    ("label", "least"), [("litter", 14), ("bin", 10), ("overflowing_bin", 10), ("car", 10), ("illegal_ad", 3)]
)
def test_under_noise_most_things_that_came_apart_are_put_together(label: str, least: int) -> None:
    """Half the views of an ad on a wall hardly tell how far it is, so most of those stay apart."""
    whole = 0
    for seed in range(20):
        track = seen(label, 4.0, 25.0, seed, 1)
        half = len(track.views) // 2
        one, two = replace(track, views=track.views[:half]), replace(track, key=2, views=track.views[half:])
        whole += len(together(one, two)) == 1
    assert whole >= least


@pytest.mark.parametrize(("label", "seeds"), [("bin", 40), ("overflowing_bin", 40), ("illegal_ad", 15)])
def test_two_real_things_four_metres_apart_stay_two_even_if_never_seen_at_once(label: str, seeds: int) -> None:
    """But for one in twenty whose noise, of 1.5 sigmas and more, puts them beside each other: a rule that joins nothing
    that so seems to be one leaves apart nearly all that came apart. Six metres apart none is joined."""
    wrong = {
        gap_m: sum(
            len(together(
                seen(label, 4.0, 24.0, seed, 1, slice(0, 6)),
                seen(label, 4.0, 24.0 + gap_m, seed + 1, 2, slice(6, None)),
            )) == 1
            for seed in range(80, 80 + seeds)
        )
        for gap_m in (4.0, 6.0)
    }  # fmt: skip
    assert wrong[4.0] <= seeds / 20
    assert wrong[6.0] == 0


@settings(max_examples=20)
@given(st.integers(0, 10_000), st.sampled_from(sorted(set(LABELS) - WITH_PARTS)))
def test_what_one_frame_saw_as_two_is_two_wherever_it_is(seed: int, label: str) -> None:
    one = seen(label, 4.0, 25.0, seed, 1, slice(0, 6))
    two = seen(label, 4.0, 25.0, seed, 2, slice(5, None))
    assert len(together(one, two)) == 2


def test_joining_goes_by_the_likeliest_pair_and_never_puts_two_of_one_frame_together_by_a_third() -> None:
    first = seen("litter", 4.0, 25.0, None, 1, slice(0, 4))
    again = seen("litter", 4.0, 25.0, None, 2, slice(5, None))
    beside = seen("litter", 4.6, 25.6, None, 3, slice(5, None))
    told = together(first, again, beside)
    assert sorted(len(track.views) for track in told) == [len(beside.views), len(first.views) + len(again.views)]
    assert told[0].key == 2


def test_other_labels_and_things_without_a_place_stay_by_themselves() -> None:
    litter, ad = seen("litter", 4.0, 25.0, None, 1, slice(0, 5)), seen("illegal_ad", 4.0, 25.0, None, 2, slice(7, None))
    blind = Track(
        3, litter.label, tuple(replace(view, pose=None, frame_index=50 + n) for n, view in enumerate(litter.views))
    )
    assert len(together(litter, ad, blind)) == 3
    assert together() == ()


@settings(max_examples=15)
@given(st.permutations(range(5)))
def test_the_order_of_the_tracks_does_not_matter(order: list[int]) -> None:
    tracks = [
        seen("litter", 3.0 + 3 * (n % 2), 24.0 + n, n, n, slice(3 * (n // 2), 3 * (n // 2) + 3)) for n in range(5)
    ]
    views = {tuple(track.views) for track in together(*tracks)}
    assert {tuple(track.views) for track in together(*(tracks[n] for n in order))} == views


def inner(track: Track, key: int, share: float, frames: slice) -> Track:
    """The right-hand part of what a track shows, down to its foot, in some of its frames."""
    views = []
    for view in track.views[frames]:
        x1, y1, x2, y2 = view.xyxy
        views.append(replace(view, xyxy=(x2 - share * (x2 - x1), y2 - share * (y2 - y1), x2, y2)))
    return Track(key, track.label, tuple(views))


@pytest.mark.parametrize("label", ["litter", "illegal_ad"])
def test_a_heap_or_wall_of_ads_and_a_part_that_one_frame_boxed_both_are_one_as_large_as_the_larger(label: str) -> None:
    heap = seen(label, 4.0, 25.0, None, 1)
    part = inner(heap, 2, 0.8, slice(0, 9))
    (whole,) = together(heap, part)
    assert whole.views == heap.views
    assert together(part, heap)[0].views == heap.views


def test_two_bins_stay_two_however_their_boxes_lie() -> None:
    one = seen("bin", 4.0, 25.0, None, 1)
    assert len(together(one, inner(one, 2, 0.8, slice(0, 3)))) == 2


def test_a_heap_beside_which_a_frame_saw_another_stays_by_itself() -> None:
    heap = seen("litter", 4.0, 25.0, None, 1)
    part, beside = inner(heap, 2, 0.8, slice(0, 3)), seen("litter", 4.6, 25.0, None, 3, slice(3, 4))
    mixed = replace(part, views=(*part.views, *beside.views))
    assert len(together(heap, mixed)) == 2
