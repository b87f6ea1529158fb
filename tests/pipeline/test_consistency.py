"""What is common to all views of a track adds once to a place's covariance, and the statistics that say so."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pipeline.geo import LocalFrame
from pipeline.locate import locate
from pipeline.observation import Covariance, Located
from pipeline.pose import Pose
from pipeline.track import Track, View
from tests.bench.consistency import Errors, Measured, Miss, Receiver, chi2_quantile
from tests.pipeline.sightings import CAMERA, Noise, noisy_track_of, pose_at
from tests.pipeline.sightings import track_of as track_of_exactly

DRIVE = [pose_at(0.0, 1.0 * step) for step in range(12)]
LABELS = ["litter", "bin", "car", "illegal_ad"]
numbers = st.integers(0, 2**32 - 1)


def track_of(label: str, views: int, seed: int) -> Track:
    return noisy_track_of(label, DRIVE[:views], 4.0, 20.0, Noise(shared_m=0.1), np.random.default_rng(seed))


def with_poses(track: Track, **changes: float) -> Track:
    def changed(view: View) -> View:
        assert view.pose is not None
        return replace(view, pose=replace(view.pose, **changes))

    return replace(track, views=tuple(changed(view) for view in track.views))


def placed(track: Track, label: str) -> Located:
    """Few views of a wall may leave no place at all."""
    found = locate(track, label, CAMERA)
    assume(isinstance(found, Located))
    assert isinstance(found, Located)
    return found


def matrix(cov: Covariance) -> np.ndarray:
    return np.array([[cov.ee, cov.en], [cov.en, cov.nn]])


@settings(max_examples=25)
@given(st.sampled_from(LABELS), st.integers(4, 12), st.floats(0.5, 30.0), numbers)
def test_a_receivers_bias_adds_once_however_many_views_there_are(
    label: str, views: int, sigma_m: float, seed: int
) -> None:
    track = track_of(label, views, seed)
    exact, biased = (matrix(placed(with_poses(track, sigma_m=s), label).covariance) for s in (0.0, sigma_m))
    assert biased - exact == pytest.approx(sigma_m**2 * np.eye(2), rel=1e-6, abs=1e-9)


@settings(max_examples=25)
@given(st.sampled_from(LABELS), st.floats(-30, 30), st.floats(-30, 30), numbers)
def test_a_bias_of_all_poses_moves_the_place_by_as_much_and_leaves_its_covariance(
    label: str, east_m: float, north_m: float, seed: int
) -> None:
    """So biases may be drawn after the estimate, as the bench does."""

    def moved(pose: Pose) -> Pose:
        lat, lon = LocalFrame(pose.lat, pose.lon).to_latlon(east_m, north_m)
        return replace(pose, lat=lat, lon=lon)

    track = track_of(label, 8, seed)
    away = replace(
        track, views=tuple(replace(view, pose=moved(view.pose)) for view in track.views if view.pose is not None)
    )
    here, there = placed(track, label), placed(away, label)
    off = LocalFrame(here.lat, here.lon).to_en(there.lat, there.lon)
    assert off == pytest.approx((east_m, north_m), abs=0.01)
    assert matrix(there.covariance) == pytest.approx(matrix(here.covariance), rel=0.01, abs=1e-4)


@settings(max_examples=25)
@given(st.sampled_from(LABELS), st.integers(8, 12), st.floats(0.0, 4.0))
def test_a_less_certain_heading_never_makes_a_place_surer(label: str, views: int, more_deg: float) -> None:
    """Of views that agree: those that do not are less certain anyhow."""
    track = track_of_exactly(label, DRIVE[:views], 4.0, 20.0)
    sizes = [
        float(np.trace(matrix(placed(with_poses(track, heading_sigma_deg=one), label).covariance)))
        for one in (0.5, 0.5 + more_deg)
    ]
    assert sizes[1] >= 0.999 * sizes[0]


@settings(max_examples=20)
@given(st.sampled_from(["litter", "bin", "car"]), st.integers(8, 12), st.floats(0.0, 1.5), st.floats(-0.9, 0.9))
def test_a_less_certain_height_never_makes_a_place_surer(label: str, views: int, more_m: float, rho: float) -> None:
    track = track_of_exactly(label, DRIVE[:views], 4.0, 20.0)
    one = with_poses(track, height_sigma_m=0.05, pitch_sigma_deg=1.0)
    other = with_poses(one, height_sigma_m=0.05 + more_m)
    sizes = [float(np.trace(matrix(placed(each, label).covariance))) for each in (one, other)]
    assert sizes[1] >= 0.999 * sizes[0]
    bound = placed(with_poses(other, pitch_height=rho), label).covariance
    assert np.linalg.eigvalsh(matrix(bound))[0] > 0.0


@pytest.mark.parametrize(("label", "most"), [("litter", 0.9), ("bin", 0.9), ("car", 0.95)])
def test_a_place_beside_the_street_is_less_certain_for_a_camera_that_may_be_rolled(label: str, most: float) -> None:
    track = track_of_exactly(label, DRIVE[:10], 7.0, 24.0)
    rolled = (with_poses(track, pitch_sigma_deg=0.2, roll_sigma_deg=one) for one in (0.0, 1.5))
    found = [locate(one, label, CAMERA) for one in rolled]
    sizes = [math.sqrt(np.trace(matrix(one.covariance))) for one in found if isinstance(one, Located)]
    assert sizes[0] < most * sizes[1]


@pytest.mark.parametrize("label", ["litter", "bin", "car", "illegal_ad"])
def test_a_place_is_less_certain_for_a_lens_that_may_be_longer(label: str) -> None:
    track = track_of_exactly(label, DRIVE[:10], 7.0, 24.0)
    found = [locate(track, label, replace(CAMERA, focal_sigma=one)) for one in (0.0, 0.2)]
    sizes = [float(np.trace(matrix(one.covariance))) for one in found if isinstance(one, Located)]
    assert sizes[0] < 0.9 * sizes[1]


@settings(max_examples=50)
@given(st.sampled_from(LABELS), st.integers(3, 12), st.floats(0.0, 30.0), numbers)
def test_a_covariance_is_one(label: str, views: int, along_m: float, seed: int) -> None:
    found = locate(with_poses(track_of(label, views, seed), along_sigma_m=along_m), label, CAMERA)
    if isinstance(found, Located):
        assert np.linalg.eigvalsh(matrix(found.covariance))[0] > 0.0


@pytest.mark.parametrize(("freedom", "z", "true"), [(2, 1.96, 7.38), (20, -1.96, 9.59), (200, 1.96, 241.06)])
def test_quantiles_of_chi2_are_right_to_two_per_cent(freedom: float, z: float, true: float) -> None:
    assert chi2_quantile(freedom, z) == pytest.approx(true, rel=0.02)


@settings(max_examples=10)
@given(numbers)
def test_true_covariances_give_shares_and_nees_within_their_intervals(seed: int) -> None:
    rng = np.random.default_rng(seed)
    own = np.diag([4.0, 0.25])
    misses = [
        Miss("street", draw, "litter", 9.0, 0.0, 5, 1.0, rng.multivariate_normal(np.zeros(2), own), own)
        for draw in range(400)
    ]
    errors = Errors.under(misses, Receiver(2.75, 2.75), 20)
    inside, nees = errors.inside, errors.mean_nees
    low, high = nees.nees_band
    assert abs(inside.mean - 0.95) < 3.0 * inside.half
    assert 2.0 - 2.0 * (2.0 - low) < nees.mean < 2.0 + 2.0 * (high - 2.0)


def test_what_a_pass_shares_widens_the_interval() -> None:
    values = np.repeat(np.random.default_rng(1).normal(0.0, 1.0, 50), 20)
    apart, together = Measured.over(values, np.arange(1000)), Measured.over(values, np.repeat(np.arange(50), 20))
    assert together.half > 4.0 * apart.half
