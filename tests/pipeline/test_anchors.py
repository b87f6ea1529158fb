"""A stretch's shared position error, told by bins that the city has on its register."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipeline.anchors import Shift, shift_of
from pipeline.locate import locate
from pipeline.observation import Located
from pipeline.register import Part, Register
from pipeline.track import Track, View
from tests.pipeline.sightings import CAMERA, ORIGIN, Noise, noisy_track_of, pose_at

LABELS = ("bin", "overflowing_bin", "car")
DRIVE = [pose_at(0.0, 1.5 * step) for step in range(12)]
BINS = ((5.0, 24.0), (5.0, 25.2), (5.0, 28.8))


def register_of(*places: tuple[float, float]) -> Register:
    return Register(tuple(Part(f"B{n}", *ORIGIN.to_latlon(*place)) for n, place in enumerate(places)))


def seen_with(
    bias: tuple[float, float], rng: np.random.Generator, bins: tuple[tuple[float, float], ...]
) -> list[Track]:
    """Tracks of bins, seen by a receiver that is off by a bias and knows its sigma to be 3 m."""
    shifted = Shift(*bias, 3.0, 0)
    noise = Noise(shared_m=0.0, jitter_m=0.1, heading_deg=0.8, pitch_deg=0.5)
    tracks = []
    for key, (east, north) in enumerate(bins):
        track = shifted.moved(noisy_track_of("bin", DRIVE, east, north, noise, rng))
        views = [replace_pose(view, 3.0) for view in track.views]
        tracks.append(Track(key, 0, tuple(views)))
    return tracks


def replace_pose(view: View, sigma_m: float) -> View:
    assert view.pose is not None
    return View(view.frame_index, view.media_ns, view.xyxy, view.score, replace(view.pose, sigma_m=sigma_m))


def test_three_bins_tell_a_shift_of_metres_to_half_a_metre_and_say_so() -> None:
    rng = np.random.default_rng(2)
    off, inside = [], 0
    for _ in range(40):
        bias = tuple(rng.normal(0, 2.5, 2))
        shift = shift_of(seen_with(bias, rng, BINS), LABELS, CAMERA, register_of(*BINS))
        assert shift is not None
        error = np.hypot(shift.east_m + bias[0], shift.north_m + bias[1])
        off.append(error)
        inside += error < 2.45 * shift.sigma_m
    assert np.median(off) < 0.6
    assert inside >= 37


def test_moved_poses_bring_the_bins_where_the_register_has_them() -> None:
    tracks = seen_with((2.0, -2.5), np.random.default_rng(1), BINS)
    shift = shift_of(tracks, LABELS, CAMERA, register_of(*BINS))
    assert shift is not None
    assert shift.ties == 3
    found = locate(shift.moved(tracks[0]), "bin", CAMERA)
    assert isinstance(found, Located)
    assert ORIGIN.to_en(found.lat, found.lon) == pytest.approx(BINS[0], abs=1.0)
    assert found.covariance.ee < 2.0


def test_a_row_of_equal_bins_leaves_the_shift_uncertain_along_the_row() -> None:
    """Sightings of two bins of a long even row fit at many shifts."""
    row = tuple((5.0, 18.0 + 3.0 * n) for n in range(10))
    tracks = seen_with((0.0, 0.0), np.random.default_rng(3), row[3:5])
    shift = shift_of(tracks, LABELS, CAMERA, register_of(*row))
    assert shift is not None
    assert shift.sigma_m > 1.2


def test_bins_that_are_not_registered_do_not_pull() -> None:
    strangers = ((5.0, 24.0), (5.0, 25.2), (5.0, 28.8), (5.0, 33.0), (5.0, 21.0))
    shift = shift_of(seen_with((2.0, 1.0), np.random.default_rng(5), strangers), LABELS, CAMERA, register_of(*BINS))
    assert shift is not None
    error = np.hypot(shift.east_m + 2.0, shift.north_m + 1.0)
    assert error < min(1.5, 2.45 * shift.sigma_m)


def test_without_a_registered_bin_in_reach_there_is_no_shift() -> None:
    tracks = seen_with((1.0, 1.0), np.random.default_rng(5), BINS)
    assert shift_of(tracks, LABELS, CAMERA, Register()) is None
    assert shift_of(tracks, LABELS, CAMERA, register_of((500.0, 500.0))) is None
    assert shift_of([replace(track, label=2) for track in tracks], LABELS, CAMERA, register_of(*BINS)) is None
    assert (
        shift_of([replace(track, views=track.views[:2]) for track in tracks], LABELS, CAMERA, register_of(*BINS))
        is None
    )
    assert shift_of([], LABELS, CAMERA, register_of(*BINS)) is None


def test_a_shift_never_makes_a_pose_less_certain_and_keeps_what_has_no_pose() -> None:
    shift = Shift(1.0, 2.0, 5.0, 0)
    moved = shift.applied(pose_at(0, 0, sigma_m=3.0))
    assert moved.sigma_m == 3.0
    assert ORIGIN.to_en(moved.lat, moved.lon) == pytest.approx((1.0, 2.0), abs=1e-6)
