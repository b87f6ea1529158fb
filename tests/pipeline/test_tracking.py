"""One physical thing in one pass becomes one track."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.detections import Detections
from pipeline.ego import Motion
from pipeline.families import families
from pipeline.pose import Camera
from pipeline.reasons import Reason
from pipeline.track import Track
from pipeline.tracking import Tracker, TrackingRules
from tests.pipeline.sightings import pose_at
from tests.pipeline.street import CAMERA, HEIGHT, LABELS, WIDTH, Faults, Thing, drive

START = np.full(len(LABELS), 0.25, np.float32)


def tracker(camera: Camera | None = None, rules: TrackingRules | None = None) -> Tracker:
    return Tracker(START, families(LABELS), WIDTH, HEIGHT, rules, camera)


def found(*rows: tuple[str, float, float, float, float, float]) -> Detections:
    """Rows of label, score, x1, y1, x2, y2; best first."""
    return Detections.of(
        np.array([row[2:] for row in rows], np.float32).reshape(-1, 4),
        np.array([row[1] for row in rows], np.float32),
        np.array([LABELS.index(row[0]) for row in rows], np.int16),
    )


@dataclass(frozen=True)
class Outcome:
    tracks: tuple[Track, ...]
    things: dict[int, Counter[int]]  # track key → which things its views really were
    rejected: Counter[Reason]

    def tracks_of(self, number: int) -> list[Track]:
        return [track for track in self.tracks if self.things[track.key].most_common(1)[0][0] == number]


def follow(
    things: list[Thing],
    *,
    fps: float,
    speed: float,
    metres: float = 60,
    seed: int = 0,
    use: str = "motion",
    faults: Faults | None = None,
) -> Outcome:
    one = tracker(CAMERA if use == "ground" else None)
    truth: dict[int, Counter[int]] = defaultdict(Counter)
    for shot in drive(things, fps, speed, metres, seed, faults or Faults()):
        motion = shot.motion if use == "motion" else None
        done = one.step(shot.index, shot.media_ns, shot.detections, motion, shot.pose)
        for key, number in zip(done.track, shot.truth, strict=True):
            if key >= 0:
                truth[int(key)][int(number)] += 1
    return Outcome(one.finish(), truth, one.rejected)


PACES = [(4, 4.5), (10, 8), (30, 10)]


@pytest.mark.parametrize("use", ["motion", "ground"])
@pytest.mark.parametrize(("fps", "speed"), PACES)
def test_three_bins_four_metres_apart_are_three_tracks(fps: float, speed: float, use: str) -> None:
    bins = [Thing("overflowing_bin" if n == 1 else "bin", 4.0, 20.0 + 4 * n, 0.7, 1.1, 0.7) for n in range(3)]
    for seed in range(2):
        outcome = follow(bins, fps=fps, speed=speed, metres=32, seed=seed, use=use)
        assert [len(outcome.tracks_of(number)) for number in range(3)] == [1, 1, 1]
        assert len(outcome.tracks) == 3


@pytest.mark.parametrize("use", ["motion", "ground"])
@pytest.mark.parametrize(("fps", "speed"), PACES)
def test_a_row_of_parked_cars_is_neither_chained_nor_broken(fps: float, speed: float, use: str) -> None:
    cars = [Thing("car", -4.0, 10.0 + 6 * n, 1.8, 1.5, 4.4) for n in range(8)]
    broken = mixed = missed = 0
    for seed in range(2):
        outcome = follow(cars, fps=fps, speed=speed, seed=seed, use=use)
        for number in range(8):
            broken += max(len(outcome.tracks_of(number)) - 1, 0)
            missed += not outcome.tracks_of(number)
        for track in outcome.tracks:
            views = outcome.things[track.key]
            mixed += views.total() - views.most_common(1)[0][1] > 0.15 * views.total()
    assert (missed, broken, mixed) == (0, 0, 0)


def test_a_bin_that_the_detector_calls_full_and_not_full_is_one_track_with_the_voted_label() -> None:
    right = 0
    for seed in range(10):
        label = "overflowing_bin" if seed % 2 else "bin"
        outcome = follow([Thing(label, 4.0, 25.0, 0.7, 1.1, 0.7)], fps=4, speed=4.5, seed=seed, faults=Faults(flip=0.3))
        assert len(outcome.tracks_of(0)) == 1
        right += LABELS[outcome.tracks_of(0)[0].label] == label
    assert right >= 9


def test_both_names_for_one_bin_in_one_frame_are_one_thing_and_both_vote() -> None:
    one = tracker(rules=TrackingRules(hits=1))
    done = one.step(0, 0, found(("bin", 0.5, 100, 100, 200, 250), ("overflowing_bin", 0.45, 102, 101, 201, 252)))
    assert done.track.tolist() == [1, -1]
    for frame in (1, 2):
        one.step(frame, frame * 10**8, found(("overflowing_bin", 0.6, 100, 100, 200, 250)))
    (track,) = one.finish()
    assert LABELS[track.label] == "overflowing_bin"
    assert len(track.views) == 3


def test_a_person_before_a_bin_does_not_become_the_bin() -> None:
    one = tracker(rules=TrackingRules(hits=1))
    for frame in range(4):
        one.step(frame, frame * 10**8, found(("bin", 0.9, 100, 100, 200, 250), ("person", 0.8, 100, 100, 200, 250)))
    assert sorted(LABELS[track.label] for track in one.finish()) == ["bin", "person"]


def test_a_thing_missed_for_a_few_frames_keeps_its_track() -> None:
    one = tracker()
    for frame in range(12):
        x = 100 + 12 * frame
        rows = [] if frame in (5, 6, 7) else [("car", 0.8, x, 200.0, x + 120, 290.0)]
        one.step(frame, frame * 250_000_000, found(*rows))
    (track,) = one.finish()
    assert len(track.views) == 9


def test_a_weak_detection_carries_a_track_on_but_never_begins_one() -> None:
    one = tracker()
    for frame in range(8):
        score = 0.8 if frame < 3 else 0.12
        one.step(
            frame, frame * 10**8, found(("litter", score, 100, 300, 180, 340), ("litter", 0.12, 500, 300, 580, 340))
        )
    (track,) = one.finish()
    assert len(track.views) == 8
    assert one.rejected == Counter()


def test_a_flash_is_given_up_and_counted() -> None:
    one = tracker()
    one.step(0, 0, found(("litter", 0.9, 100, 300, 180, 340)))
    for frame in range(1, 10):
        one.step(frame, frame * 10**8, Detections.none())
    assert one.alive() == frozenset()
    assert one.finish() == ()
    assert one.rejected == Counter({Reason.FEW_HITS: 1})


def test_ended_tracks_are_drained_once_while_the_drive_goes_on() -> None:
    one = tracker(rules=TrackingRules(hits=2))
    for frame in range(3):
        one.step(frame, frame * 10**8, found(("bin", 0.9, 100, 100, 200, 250)))
    assert one.confirmed() == {1}
    for frame in range(3, 30):
        one.step(frame, frame * 10**8, Detections.none())
    assert [track.key for track in one.drain()] == [1]
    assert one.drain() == one.finish() == ()


def test_a_long_stay_keeps_its_first_its_best_and_its_latest_views_in_bounds() -> None:
    one = tracker()
    for frame in range(2000):
        score = 0.99 if frame == 777 else 0.6
        one.step(frame, frame * 33_000_000, found(("car", score, 100, 200, 300, 330)))
    (track,) = one.finish()
    assert len(track.views) <= 241
    assert (track.views[0].frame_index, track.best.frame_index, track.views[-1].frame_index) == (0, 777, 1999)
    assert [view.media_ns for view in track.views] == sorted(view.media_ns for view in track.views)


def test_motion_is_asked_for_only_where_it_helps() -> None:
    one = tracker()
    assert not one.wants_motion(0)
    one.step(0, 0, found(("car", 0.9, 100, 200, 300, 330)))
    assert not one.wants_motion(33_000_000)
    assert one.wants_motion(250_000_000)


@pytest.mark.parametrize(
    ("label", "heading_sigma_deg", "wanted"), [("bin", 1.0, False), ("bin", 15.0, True), ("car", 1.0, True)]
)
def test_of_what_stands_the_picture_is_not_asked_where_the_poses_tell(
    label: str, heading_sigma_deg: float, wanted: bool
) -> None:
    before, after = (replace(pose_at(0.0, north), heading_sigma_deg=heading_sigma_deg) for north in (0.0, 2.0))
    one = Tracker(START, families(LABELS), WIDTH, HEIGHT, camera=CAMERA, standing=frozenset({LABELS.index("bin")}))
    one.step(0, 0, found((label, 0.9, 400, 300, 440, 380)), pose=before)
    assert (one.wants_motion(250_000_000, after), len(one.boxes(after))) == (wanted, int(wanted))
    assert one.wants_motion(250_000_000, None)


def test_what_stands_is_awaited_where_the_poses_say_whatever_the_corners_on_it_do() -> None:
    box, carried = (400.0, 300.0, 440.0, 380.0), np.float32(60.0)
    corners = np.random.default_rng(3).uniform((400, 300), (440, 380), (12, 2)).astype(np.float32)
    motion = Motion(corners, corners + carried, np.array([[1.0, 0.0, 60.0], [0.0, 1.0, 60.0]]))
    one = Tracker(START, families(LABELS), WIDTH, HEIGHT, camera=CAMERA, standing=frozenset({LABELS.index("bin")}))
    for frame in range(2):
        seen = one.step(frame, 250_000_000 * frame, found(("bin", 0.9, *box)), motion, pose_at(0.0, 0.0))
    assert seen.track.tolist() == [1]


@settings(max_examples=30)
@given(st.integers(0, 10_000), st.integers(1, 12))
def test_every_sure_detection_belongs_to_one_track_and_no_track_has_two_in_a_frame(seed: int, frames: int) -> None:
    rng = np.random.default_rng(seed)
    one, begun, views = tracker(rules=TrackingRules(hits=1)), set(), 0
    for frame in range(frames):
        count = int(rng.integers(0, 15))
        low = rng.uniform(0, 400, (count, 2))
        boxes = np.concatenate([low, low + rng.uniform(5, 140, (count, 2))], axis=1).astype(np.float32)
        scores = np.sort(rng.uniform(0.1, 1, count).astype(np.float32))[::-1].copy()
        done = one.step(frame, frame * 10**8, Detections.of(boxes, scores, rng.integers(0, 10, count).astype(np.int16)))
        keys = done.track[done.track >= 0].tolist()
        assert len(keys) == len(set(keys))
        views += len(keys)
        begun |= set(keys)
        np.testing.assert_array_equal(done.xyxy, boxes)
    tracks = one.finish()
    assert {track.key for track in tracks} == begun
    assert sum(len(track.views) for track in tracks) == views
