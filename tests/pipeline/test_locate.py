"""Where a track's object stands: exact without noise, honest with it, and a reason where it cannot be said."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.locate import LocateOptions, Motion, Told, locate, motion, told_of, worst_sigma
from pipeline.observation import Covariance, Located
from pipeline.pose import Camera, Pose
from pipeline.reasons import Reason, Rejected
from pipeline.shapes import Hull, shape_of
from pipeline.track import Track, View
from tests.pipeline.sightings import CAMERA, ORIGIN, Noise, noisy_track_of, pose_at, track_of

GROUND = ["litter", "bin", "overflowing_bin", "car", "truck", "bus", "motorcycle", "bicycle"]
DRIVE = [pose_at(0.0, 1.5 * step) for step in range(10)]


def error_of(found: Located | Rejected, east_m: float, north_m: float) -> tuple[float, float]:
    assert isinstance(found, Located), found
    east, north = ORIGIN.to_en(found.lat, found.lon)
    return east - east_m, north - north_m


@settings(max_examples=40)
@given(st.sampled_from(GROUND), st.floats(-8, 8), st.floats(22, 45), st.floats(-8, 4), st.floats(-30, 30))
def test_without_noise_a_thing_on_the_ground_is_recovered_exactly(
    label: str, east: float, north: float, pitch: float, turn: float
) -> None:
    """Whatever the pitch, the side and the direction of travel."""
    poses = [
        pose_at(0.0, 1.5 * step, pitch_deg=pitch, heading_deg=turn if step % 2 else 0.0, course_deg=0.0)
        for step in range(8)
    ]
    track = track_of(label, poses, east, north)
    if not track.views:
        return
    other_ways_it_could_stand = 0.2 if isinstance(shape_of(label), Hull) else 0.02
    assert np.hypot(*error_of(locate(track, label, CAMERA), east, north)) < other_ways_it_could_stand


@settings(max_examples=30)
@given(st.floats(3, 8), st.floats(14, 30))
def test_without_noise_an_ad_on_a_wall_is_recovered_from_parallax(east: float, north: float) -> None:
    track = track_of("illegal_ad", DRIVE, east, north)
    assert error_of(locate(track, "illegal_ad", CAMERA), east, north) == pytest.approx((0, 0), abs=0.05)


@pytest.mark.parametrize("pitch", [-90.0, -60.0, -40.0])
def test_a_drone_that_looks_down_places_things_by_its_height(pitch: float) -> None:
    poses = [pose_at(0.0, 2.0 * step, pitch_deg=pitch, height_m=30.0) for step in range(5)]
    east, north = 2.0, 8.0 + 30.0 / np.tan(np.radians(-pitch))
    track = track_of("litter", poses, east, north)
    assert track.views
    assert error_of(locate(track, "litter", CAMERA), east, north) == pytest.approx((0, 0), abs=0.05)


@pytest.mark.parametrize("shared_m", [0.3, 3.0])
@pytest.mark.parametrize(
    ("label", "east", "north"), [("litter", 4.0, 25.0), ("car", -4.0, 30.0), ("bin", 6.0, 22.0), ("illegal_ad", 6, 24)]
)
def test_the_95_percent_ellipse_covers_92_to_97_percent(label: str, east: float, north: float, shared_m: float) -> None:
    """At the scale of the pass's own error and at that of the estimate's."""
    rng, inside, told = np.random.default_rng(2025), 0, 0
    for _ in range(250):
        found = locate(noisy_track_of(label, DRIVE, east, north, Noise(shared_m=shared_m), rng), label, CAMERA)
        if isinstance(found, Rejected):
            continue
        told += 1
        off, cov = np.array(error_of(found, east, north)), found.covariance
        inside += off @ np.linalg.solve(np.array([[cov.ee, cov.en], [cov.en, cov.nn]]), off) < 5.991
    assert told > 230
    assert 0.92 <= inside / told <= 0.97, inside / told


def test_more_views_make_a_place_surer() -> None:
    noise, rng = Noise(shared_m=0.1), np.random.default_rng(3)
    track = noisy_track_of("litter", DRIVE, 4.0, 25.0, noise, rng)
    many, one = locate(track, "litter", CAMERA), locate(Track(1, 0, track.views[-1:]), "litter", CAMERA)
    assert isinstance(many, Located)
    assert isinstance(one, Located)
    assert worst_sigma(many.covariance) < worst_sigma(one.covariance)


def test_the_error_that_all_poses_share_is_never_averaged_away() -> None:
    track = noisy_track_of("litter", DRIVE, 4.0, 25.0, Noise(shared_m=5.0), np.random.default_rng(3))
    found = locate(track, "litter", CAMERA)
    assert isinstance(found, Located)
    assert min(found.covariance.ee, found.covariance.nn) >= 25.0


@pytest.mark.parametrize("label", ["litter", "illegal_ad", "car", "motorcycle"])
def test_no_place_is_surer_than_what_the_middle_of_such_a_thing_is_off_by(label: str) -> None:
    found = locate(track_of(label, [pose_at(0, 0.5 * n, sigma_m=0.0) for n in range(30)], 4.0, 25.0), label, CAMERA)
    assert isinstance(found, Located)
    cov = found.covariance
    least = np.linalg.eigvalsh([[cov.ee, cov.en], [cov.en, cov.nn]])[0]
    assert least > shape_of(label).uneven_m ** 2


@pytest.mark.parametrize("label", ["litter", "car", "motorcycle"])
def test_what_is_seen_from_above_hides_none_of_its_ground(label: str) -> None:
    def least_m2(pitch_deg: float, ahead_m: float, height_m: float) -> float:
        poses = [pose_at(0.1 * n, 0.5 * n, pitch_deg=pitch_deg, height_m=height_m, sigma_m=0.0) for n in range(30)]
        found = locate(track_of(label, poses, 0.0, 7.0 + ahead_m), label, CAMERA)
        assert isinstance(found, Located)
        cov = found.covariance
        return float(np.linalg.eigvalsh([[cov.ee, cov.en], [cov.en, cov.nn]])[0])

    own = shape_of(label).uneven_m ** 2
    assert least_m2(-10.0, 30.0, 2.0) > 0.9 * own
    assert least_m2(-90.0, 0.0, 20.0) < 0.5 * own


def test_one_wild_view_hardly_moves_the_place() -> None:
    track = track_of("bin", [pose_at(0, 1.5 * n, sigma_m=0.1, angle_sigma_deg=0.5) for n in range(10)], 4.0, 25.0)
    wild = track.views[3]
    x1, y1, x2, y2 = wild.xyxy
    thrown = View(wild.frame_index, wild.media_ns, (x1 + 150, y1 + 60, x2 + 150, y2 + 60), wild.score, wild.pose)
    found = locate(Track(1, 0, (*track.views[:3], thrown, *track.views[4:])), "bin", CAMERA)
    assert np.hypot(*error_of(found, 4.0, 25.0)) < 0.5


def one_view(box: tuple[float, float, float, float], pose: Pose | None) -> Track:
    return Track(1, 0, (View(0, 0, box, 0.9, pose),))


def test_every_no_has_its_reason() -> None:
    level = pose_at(0, 0, pitch_deg=0.0)
    assert locate(one_view((600, 300, 640, 340), None), "litter", CAMERA) == Rejected(Reason.UNLOCATED)
    assert locate(one_view((600, 300, 640, 340), level), "litter", CAMERA) == Rejected(Reason.ABOVE_HORIZON)
    assert locate(one_view((600, 600, 640, 719.5), level), "litter", CAMERA) == Rejected(Reason.POOR_GEOMETRY)
    far = one_view((630, 380, 650, 396), level)
    assert locate(far, "litter", CAMERA, LocateOptions(max_range_m=30.0)) == Rejected(Reason.TOO_FAR)
    unsure = pose_at(0, 0, pitch_deg=0.0, angle_sigma_deg=180.0)
    assert locate(one_view((630, 380, 650, 420), unsure), "litter", CAMERA) == Rejected(Reason.POOR_GEOMETRY)
    assert motion(far, "car", CAMERA) == Rejected(Reason.FEW_HITS)


def test_one_view_of_an_ad_does_not_tell_how_far_it_is() -> None:
    track = track_of("illegal_ad", [pose_at(0, 0, angle_sigma_deg=1.0)], 5.0, 25.0)
    assert locate(track, "illegal_ad", CAMERA) == Rejected(Reason.POOR_GEOMETRY)


def test_range_bearing_and_camera_are_those_of_the_best_view() -> None:
    found = locate(track_of("litter", DRIVE[:3], 4.0, 20.0), "litter", CAMERA)
    assert isinstance(found, Located)
    east, north = ORIGIN.to_en(found.camera_lat, found.camera_lon)
    assert (east, north) == pytest.approx((0.0, 3.0), abs=1e-6)
    assert found.range_m == pytest.approx(np.hypot(4.0, 17.0), abs=0.01)
    assert found.bearing_deg == pytest.approx(np.degrees(np.arctan2(4.0, 17.0)), abs=0.1)


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(*(st.floats(-100, 1400),) * 4, st.floats(-95, 95), st.floats(-360, 720), st.floats(0.3, 120)),
        min_size=0, max_size=5,
    ),
    st.sampled_from([*GROUND, "illegal_ad", "person", "no_such_label"]),
)  # fmt: skip
def test_any_boxes_and_poses_end_in_a_place_or_a_reason(
    rows: list[tuple[float, float, float, float, float, float, float]], label: str
) -> None:
    views = tuple(
        View(n, n * 10**8, (min(a, c), min(b, d), max(a, c), max(b, d)), 0.5,
             pose_at(0.0, float(n), heading, pitch, height, 3.0, 1.0))
        for n, (a, b, c, d, pitch, heading, height) in enumerate(rows)
    )  # fmt: skip
    assert isinstance(locate(Track(1, 0, views), label, CAMERA), Located | Rejected)
    assert isinstance(motion(Track(1, 0, views), label, CAMERA), Motion | Rejected)
    assert isinstance(told_of(Track(1, 0, views), label, CAMERA), Told | Rejected)


def test_a_parked_car_stands_and_a_driving_car_moves() -> None:
    rng = np.random.default_rng(7)
    for velocity, moves in (((0.0, 0.0), False), ((0.0, 8.0), True), ((0.0, -6.0), True)):
        told = []
        for _ in range(40):
            track = noisy_track_of("car", DRIVE, -4.0, 25.0, Noise(), rng, velocity_mps=velocity)
            found = motion(track, "car", CAMERA)
            assert isinstance(found, Motion)
            told.append(found.mahalanobis > 3.0)
        assert sum(told) >= 36 if moves else sum(told) <= 2


def test_a_camera_with_an_off_centre_principal_point_is_honoured() -> None:
    camera = Camera(1280, 720, 900.0, 880.0, 600.0, 380.0)
    pose = pose_at(0.0, 0.0)
    track = track_of("litter", [pose], 3.0, 18.0, camera=camera)
    assert track.views
    assert error_of(locate(track, "litter", camera), 3.0, 18.0) == pytest.approx((0, 0), abs=0.05)


def test_worst_sigma_is_the_long_half_axis() -> None:
    assert worst_sigma(Covariance(4.0, 0.0, 9.0)) == pytest.approx(3.0)
    assert worst_sigma(Covariance(5.0, 4.0, 5.0)) == pytest.approx(3.0)


def test_a_wide_ellipse_is_told_and_true_but_not_of_a_vehicle_whose_zone_it_could_not_tell() -> None:
    rng, inside, wide = np.random.default_rng(11), 0, 0
    for _ in range(120):
        found = locate(noisy_track_of("litter", DRIVE[:4], 6.0, 42.0, Noise(shared_m=0.3), rng), "litter", CAMERA)
        if isinstance(found, Rejected) or worst_sigma(found.covariance) <= 8.0:
            continue
        wide += 1
        off, cov = np.array(error_of(found, 6.0, 42.0)), found.covariance
        inside += off @ np.linalg.solve(np.array([[cov.ee, cov.en], [cov.en, cov.nn]]), off) < 5.991
    assert wide > 40
    assert inside / wide >= 0.92
    narrow = LocateOptions(max_hull_sigma_m=0.2)
    car = noisy_track_of("car", DRIVE, -4.0, 30.0, Noise(shared_m=0.3), rng)
    assert locate(car, "car", CAMERA, narrow) == Rejected(Reason.POOR_GEOMETRY)
