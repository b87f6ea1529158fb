"""The story of a pass, told with a detector that sees red: each thing once, every frame counted, cuts, closer looks."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.events import Finished, Looked
from pipeline.geo import distance_m
from pipeline.reasons import Reason
from pipeline.stretch import Cuts
from tests.pipeline.coloured import FPS, FRAME, FRAME_NS, HEAPS, SPEED_MPS, Street, finished, told


def test_each_thing_becomes_one_observation_where_it_lies() -> None:
    (one,) = finished(told(Street(HEAPS, 130)))
    found = one.traverse.observations
    assert len(found) == len(HEAPS)
    for east, north in HEAPS:
        # A heap lies a little behind the near edge that the camera sees.
        lat, lon = FRAME.to_latlon(east, north + 0.35)
        nearest = min(distance_m(lat, lon, seen.lat or 0.0, seen.lon or 0.0) for seen in found)
        assert nearest < 0.8
    assert {seen.category for seen in found} == {"litter"}


@given(
    frames=st.integers(0, 60),
    lost=st.frozensets(st.integers(0, 59)),
    distance_m=st.sampled_from([0.0, 1.0, 3.0]),
    longest_s=st.sampled_from([0.5, 2.0, 60.0]),
)
@settings(max_examples=25)
def test_frames_in_are_analysed_plus_skipped_plus_quarantined(
    frames: int, lost: frozenset[int], distance_m: float, longest_s: float
) -> None:
    story = told(Street(((2.0, 10.0),), frames, lost), distance_m=distance_m, cuts=Cuts(longest_s=longest_s))
    counts = [one.traverse.frames for one in finished(story)]
    assert sum(count.seen for count in counts) == frames
    assert sum(isinstance(one, Looked) for one in story) == frames
    assert sum(n for count in counts for _, n in count.quarantined) == len([index for index in lost if index < frames])
    assert [one.number for one in finished(story)] == list(range(len(counts)))


def test_a_traverse_ends_after_its_time_or_its_distance() -> None:
    by_time = finished(told(Street((), 100), cuts=Cuts(longest_s=4.0)))
    by_way = finished(told(Street((), 100), cuts=Cuts(farthest_m=20.0)))
    assert [one.traverse.frames.seen for one in by_time] == [40, 40, 20]
    by_poses = finished(told(Street((), 100), cuts=Cuts(most_poses=40)))
    assert [one.traverse.frames.seen for one in by_way] == [40, 40, 20]
    assert [one.traverse.frames.seen for one in by_poses] == [40, 40, 20]
    assert [one.done_ns for one in by_time[:2]] == [40 * FRAME_NS, 80 * FRAME_NS]


def test_frames_in_which_nothing_was_found_are_poses_too() -> None:
    (one,) = finished(told(Street((), 50), distance_m=3.0))
    assert len(one.traverse.poses) == one.traverse.frames.analysed == 9
    assert all(pose.usable for pose in one.traverse.poses)


def looked_at(story: list[Looked | Finished]) -> list[float]:
    """Where the frames that were analysed were taken, in metres along the street."""
    return [one.index * SPEED_MPS / FPS for one in story if isinstance(one, Looked) and one.reason is None]


def test_what_was_seen_is_looked_at_closer_until_it_is_believed() -> None:
    """And what was found by the look before counts, though that is still under way when the next frame comes."""
    plain = looked_at(told(Street((), 60), distance_m=3.0))
    closer = looked_at(told(Street(((2.0, 30.0),), 60), distance_m=3.0))
    gaps = np.diff(closer)
    assert set(np.diff(plain)) == {3.0}
    assert (gaps == 1.5).sum() == 2
    assert (gaps == 3.0).sum() == len(gaps) - 2


def test_what_cannot_be_a_problem_is_not_looked_at_closer() -> None:
    """A bin in order may be in sight on every street."""
    assert set(np.diff(looked_at(told(Street((), 60, bins=((2.0, 30.0),)), distance_m=3.0)))) == {3.0}


def test_a_frame_that_shows_nothing_is_a_pose_that_was_no_use() -> None:
    (one,) = finished(told(Street((), 20), dark=200.0))
    assert one.traverse.frames.skipped == ((Reason.DARK, 20),)
    assert len(one.traverse.poses) == 20
    assert not any(pose.usable for pose in one.traverse.poses)


def test_a_thing_at_the_cut_is_told_once() -> None:
    for longest_s in (1.0, 2.0, 3.3):
        story = finished(told(Street(HEAPS, 130), cuts=Cuts(longest_s=longest_s)))
        assert sum(len(one.traverse.observations) for one in story) == len(HEAPS)
