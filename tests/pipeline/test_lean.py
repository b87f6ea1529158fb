"""How a camera looks aside of its poses is told by all that it saw; places are surer for it and still true."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipeline.geo import wrap_180
from pipeline.lean import Lean, lean_of
from pipeline.locate import EVERY_FRAME, LocateOptions, Told, locate, told_of, worst_sigma
from pipeline.observation import Located
from pipeline.sight import Noise as Assumed
from pipeline.track import Track
from tests.pipeline.sightings import CAMERA, ORIGIN, Noise, noisy_track_of, pose_at, track_of
from tests.pipeline.street import LABELS

DRIVE = [pose_at(0.0, 1.5 * step) for step in range(14)]
ROW = (
    ("bin", 4.0, 14.0), ("litter", 5.0, 18.0), ("car", -4.0, 22.0), ("bin", 4.5, 24.0), ("litter", -6.0, 27.0),
    ("bin", -5.0, 30.0), ("litter", 4.0, 33.0),
)  # fmt: skip
GLANCE = 3
"""Views of the last thing of the row."""
ASSUMED = Assumed()


def mounted_wrong(track: Track, turn_deg: float, tilt_deg: float, told_deg: float = 1.5) -> Track:
    """The track as told by an installer whose angles are that much too small."""
    views = []
    for view in track.views:
        assert view.pose is not None
        pose = replace(
            view.pose, heading_deg=view.pose.heading_deg - turn_deg, pitch_deg=view.pose.pitch_deg - tilt_deg,
            heading_sigma_deg=told_deg, pitch_sigma_deg=told_deg,
        )  # fmt: skip
        views.append(replace(view, pose=pose))
    return replace(track, views=tuple(views))


def numbered(label: str, track: Track, key: int) -> Track:
    return replace(track, key=key, label=LABELS.index(label))


def street(turn_deg: float, tilt_deg: float) -> list[Track]:
    """Things along a drive, seen without any other error."""
    seen = [numbered(label, track_of(label, DRIVE, *place), key) for key, (label, *place) in enumerate(ROW)]
    return [mounted_wrong(track, turn_deg, tilt_deg) for track in seen]


def lean(tracks: Sequence[Track]) -> Lean:
    told = lean_of(tracks, LABELS, CAMERA)
    assert told is not None
    return told


@settings(max_examples=8)
@given(st.floats(-2.0, 2.0), st.floats(-1.5, 1.5))
def test_a_mount_that_is_told_wrong_is_learned_from_what_was_seen(turn_deg: float, tilt_deg: float) -> None:
    told = lean(street(turn_deg, tilt_deg))
    assert np.degrees(told.mean[:2]) == pytest.approx(
        (turn_deg, tilt_deg), abs=0.1 + 0.25 * max(abs(turn_deg), abs(tilt_deg))
    )


def test_poses_that_are_put_right_look_where_the_camera_looked_and_are_surer_of_it() -> None:
    tracks = street(1.5, -1.0)
    told = lean(tracks)
    for track in tracks:
        for before, after in zip(track.views, told.put_right(track).views, strict=True):
            assert before.pose is not None
            assert after.pose is not None
            assert abs(wrap_180(after.pose.heading_deg)) < 0.6
            assert after.pose.pitch_deg == pytest.approx(-3.0, abs=0.5)
            assert after.pose.heading_sigma_deg < before.pose.heading_sigma_deg
            assert after.pose.pitch_sigma_deg < before.pose.pitch_sigma_deg
            assert replace(before, pose=None) != after
    blind = replace(tracks[0], views=tuple(replace(view, pose=None) for view in tracks[0].views))
    assert [view.pose for view in told.put_right(blind).views] == [None] * len(blind.views)


def test_what_one_thing_says_does_not_come_back_to_it() -> None:
    """It is estimated with the thing's place anyhow, and would count twice."""
    word = Told(
        np.array([*np.radians([1.0, -0.5]), 0.8]),
        np.diag([math.radians(0.1) ** -2.0, math.radians(0.1) ** -2.0, 0.1**-2.0]),
    )
    pose = replace(pose_at(0.0, 0.0), heading_sigma_deg=1.5, pitch_sigma_deg=1.0, height_sigma_m=1.0)
    alone = Lean.of({7: word}, [pose], ASSUMED)
    mean, covariance = alone.beside(7)
    variance = np.diag(covariance)
    assert mean == pytest.approx(0.0, abs=1e-9)
    changing = ASSUMED.changing(pose)
    assert (variance > (1.0 - changing) * np.array([*np.radians([1.5, 1.0]), 1.0]) ** 2).all()
    others, surer = alone.beside(8)
    assert np.degrees(others[:2]) == pytest.approx((1.0, -0.5), abs=0.3)
    assert others[2] == pytest.approx(0.8, abs=0.3)
    assert (np.diag(surer) < variance).all()


def worded(words: NDArray[np.float64], alike: float) -> Lean:
    """The lean of things that all know 0.4°, of which so much is how the one picture lies aside that shows them all."""
    sigma = math.radians(0.4)
    shown = {0: np.hstack((alike * sigma * np.eye(3), np.zeros((3, 1))))}
    told = {key: Told(word, np.eye(3) / sigma**2, shown) for key, word in enumerate(words)}
    return Lean.of(told, [replace(pose_at(0.0, 0.0), heading_sigma_deg=1.5, pitch_sigma_deg=1.0)], ASSUMED)


@settings(max_examples=30)
@given(st.integers(2, 12), st.floats(0.1, 3.0), st.integers(0, 2**32 - 1))
def test_things_in_one_picture_count_as_one_and_a_lean_is_never_surer_for_showing_them_together(
    count: int, alike: float, seed: int
) -> None:
    words = np.random.default_rng(seed).normal(0, 0.02, (count, 3))
    apart, together = worded(words, 0.0), worded(words, alike)
    assert (np.diag(np.linalg.inv(together.precision)) >= 0.999 * np.diag(np.linalg.inv(apart.precision))).all()
    assert (together.slow > 0.0).all()
    for key in range(count):
        assert (np.linalg.eigvalsh(together.beside(key)[1]) > 0.0).all()


def test_eight_things_in_the_same_pictures_tell_less_of_a_camera_than_eight_in_others() -> None:
    apart, together = (worded(np.zeros((8, 3)), alike) for alike in (0.0, 0.9))
    sigmas = [np.sqrt(np.diag(np.linalg.inv(one.precision))) for one in (apart, together)]
    assert (sigmas[1][:2] > 1.4 * sigmas[0][:2]).all()


def test_what_one_thing_says_does_not_come_back_to_it_by_others_in_its_pictures() -> None:
    words = np.random.default_rng(5).normal(0.0, 0.004, (6, 3))
    moved = words.copy()
    moved[2] += 0.002
    before, after = worded(words, 0.8), worded(moved, 0.8)
    own, others = (np.abs(after.beside(key)[0] - before.beside(key)[0])[:2] for key in (2, 3))
    assert (own < 0.1 * others).all()


@pytest.mark.parametrize("label", ["bin", "litter", "car", "illegal_ad"])
@pytest.mark.parametrize("row", [0, 3, 5])
def test_how_a_word_is_moved_by_a_picture_that_lies_aside_is_told(label: str, row: int) -> None:
    track = mounted_wrong(track_of(label, DRIVE[:9], 4.0, 20.0), 0.3, -0.2)
    told = told_of(track, label, CAMERA)
    assert isinstance(told, Told)
    view = track.views[row]
    assert view.pose is not None
    sway_px = np.radians(ASSUMED.angles_deg(view.pose)[1]) * (CAMERA.fx_px, CAMERA.fy_px)
    for axis, aside_px in enumerate(np.diag(0.1 * sway_px)):
        shifted = replace(view, xyxy=tuple(view.xyxy + np.tile(aside_px, 2)))
        views = (*track.views[:row], shifted, *track.views[row + 1 :])
        word = told_of(replace(track, views=views), label, CAMERA)
        assert isinstance(word, Told)
        expected = 0.1 * told.aside[view.frame_index][:, axis]
        assert word.word - told.word == pytest.approx(expected, abs=0.15 * float(np.abs(expected).max()) + 2e-5)


@pytest.mark.parametrize("label", ["bin", "car"])
def test_how_a_word_is_moved_by_a_roll_and_a_lens_that_all_pictures_share_is_told(label: str) -> None:
    lens = replace(CAMERA, focal_sigma=0.02)
    track = mounted_wrong(track_of(label, DRIVE[:9], 4.0, 20.0), 0.3, -0.2)
    rolled, level = (track_with(track, roll_deg=roll_deg, roll_sigma_deg=1.0) for roll_deg in (0.1, 0.0))
    longer = replace(lens, fx_px=1.002 * lens.fx_px, fy_px=1.002 * lens.fy_px)
    told = told_of(level, label, lens)
    assert isinstance(told, Told)
    for at, (wrong, camera) in enumerate(((rolled, lens), (level, longer))):
        word = told_of(wrong, label, camera)
        assert isinstance(word, Told)
        expected = 0.1 * told.aside[EVERY_FRAME][:, at]
        assert word.word - told.word == pytest.approx(expected, abs=0.2 * float(np.abs(expected).max()) + 2e-5)


def track_with(track: Track, roll_deg: float, roll_sigma_deg: float) -> Track:
    poses = [view.pose for view in track.views if view.pose is not None]
    told = [replace(pose, roll_deg=roll_deg, roll_sigma_deg=roll_sigma_deg) for pose in poses]
    return replace(track, views=tuple(replace(view, pose=pose) for view, pose in zip(track.views, told, strict=True)))


def test_one_thing_that_moves_hardly_turns_the_camera() -> None:
    still = street(0.5, 0.5)
    driving = mounted_wrong(track_of("car", DRIVE, -3.0, 20.0, velocity_mps=(0.0, 6.0)), 0.5, 0.5)
    alone, joined = lean(still), lean([*still, numbered("car", driving, 9)])
    assert np.degrees(joined.mean - alone.mean)[:2] == pytest.approx((0.0, 0.0), abs=0.3)


def test_a_mount_that_is_told_as_exact_is_believed() -> None:
    tracks = [mounted_wrong(track, 0.0, 0.0, 0.0) for track in street(0.0, 0.0)]
    told = lean(tracks)
    assert np.degrees(told.mean[:2]) == pytest.approx((0.0, 0.0), abs=1e-3)
    assert told.mean[2] == pytest.approx(0.0, abs=1e-3)
    assert isinstance(locate(told.put_right(tracks[0]), "bin", CAMERA), Located)


def flown(high_m: float) -> list[Track]:
    """What a drone 15 m up sees that is told to be so much higher, and knows its height to 1 m."""
    flight = [pose_at(0.0, 1.5 * step, pitch_deg=-55.0, height_m=15.0) for step in range(14)]
    places = [(label, east / 2.0, north) for label, east, north in ROW]
    seen = [numbered(label, track_of(label, flight, *place), key) for key, (label, *place) in enumerate(places)]
    return [mounted_wrong(higher(track, high_m), 0.0, 0.0, 1.0) for track in seen if len(track.views) > 2]


def higher(track: Track, high_m: float) -> Track:
    poses = [view.pose for view in track.views if view.pose is not None]
    told = [replace(pose, height_m=pose.height_m + high_m, height_sigma_m=1.0) for pose in poses]
    return replace(track, views=tuple(replace(view, pose=pose) for view, pose in zip(track.views, told, strict=True)))


@pytest.mark.parametrize("high_m", [-1.5, 1.0])
def test_a_drone_that_is_told_too_high_is_put_where_it_was_and_its_things_where_they_are(high_m: float) -> None:
    tracks = flown(high_m)
    told = lean(tracks)
    for track in tracks:
        label, *place = ROW[track.key]
        right = told.put_right(track)
        for view in right.views:
            assert view.pose is not None
            assert view.pose.height_m == pytest.approx(15.0, abs=0.35)
            assert view.pose.height_sigma_m < 0.6
            assert view.pose.pitch_height != 0.0
        after = locate(right, label, CAMERA)
        assert isinstance(after, Located)
        assert ORIGIN.to_en(after.lat, after.lon) == pytest.approx((place[0] / 2.0, place[1]), abs=0.4)


def test_people_and_glimpses_tell_nothing_of_a_camera() -> None:
    person = numbered("person", mounted_wrong(track_of("person", DRIVE, 4.0, 20.0), 1.0, 1.0), 1)
    glimpse = numbered("bin", replace(track_of("bin", DRIVE, 4.0, 20.0), views=person.views[:2]), 2)
    assert lean_of([person, glimpse], LABELS, CAMERA) is None
    assert lean_of([], LABELS, CAMERA, LocateOptions()) is None


def test_places_are_no_less_true_with_what_all_things_say_and_what_was_seen_at_a_glance_is_surer() -> None:
    """Of passes whose mounts err as they say."""
    rng, noise = np.random.default_rng(5), Noise(shared_m=0.01, heading_deg=0.5, pitch_deg=0.5)
    inside, sizes = [], []
    for _ in range(16):
        turn, tilt = rng.normal(0, 0.9, 2)
        drawn = [
            numbered(label, noisy_track_of(label, DRIVE, *place, noise, rng), key)
            for key, (label, *place) in enumerate(ROW)
        ]
        drawn[-1] = replace(drawn[-1], views=drawn[-1].views[-GLANCE:])
        tracks = [mounted_wrong(track, turn, tilt, math.hypot(0.9, 0.5)) for track in drawn]
        told = lean(tracks)
        for (label, *place), track in zip(ROW, tracks, strict=True):
            before, after = (locate(one, label, CAMERA) for one in (track, told.put_right(track)))
            assert isinstance(before, Located)
            assert isinstance(after, Located)
            cov = after.covariance
            off = np.array(ORIGIN.to_en(after.lat, after.lon)) - place
            inside.append(off @ np.linalg.solve([[cov.ee, cov.en], [cov.en, cov.nn]], off) < 5.991)
        sizes.append(worst_sigma(after.covariance) / worst_sigma(before.covariance))
    assert 0.9 <= np.mean(inside) <= 0.99
    assert np.median(sizes) < 0.75
