"""Fixes become poses: between fixes, beyond them, at standstill, from photos."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.geo import LocalFrame, distance_m, turn_deg
from pipeline.pose import Attitude, Fix, FixQuality, Mount, Pose
from pipeline.reasons import Reason, Rejected
from pipeline.timeline import GIMBAL_LEVEL_SIGMA_DEG, HEIGHT_SIGMA_M, PhotoPoses, Timeline
from tests.pipeline.filmed import START_NS as FILMED_NS
from tests.pipeline.filmed import fixes_of, stop_and_go

FRAME = LocalFrame(31.2304, 121.4737)
START_NS = 1_700_000_000_000_000_000
MOUNT = Mount(height_m=1.8, pitch_deg=-4.0, yaw_deg=0.0)


def fix_at(second: float, east: float, north: float, **said: object) -> Fix:
    lat, lon = FRAME.to_latlon(east, north)
    return replace(Fix(START_NS + round(second * 1e9), lat, lon, 2.0), **said)  # type: ignore[arg-type]


def line(course: float, speed: float, seconds: int = 10) -> list[Fix]:
    turn = math.radians(course)
    return [fix_at(s, s * speed * math.sin(turn), s * speed * math.cos(turn)) for s in range(seconds)]


def posed(timeline: Timeline | PhotoPoses, second: float = 0.0, index: int = 0) -> Pose:
    pose = timeline.pose(index, round(second * 1e9))
    assert isinstance(pose, Pose), pose
    return pose


def place_of(pose: Pose) -> tuple[float, float]:
    return FRAME.to_en(pose.lat, pose.lon)


@given(st.floats(0, 359.9), st.floats(2, 30), st.floats(0, 9))
def test_on_a_straight_drive_place_course_speed_and_odometer_are_exact(course: float, speed: float, at: float) -> None:
    pose = posed(Timeline(line(course, speed), MOUNT, start_utc_ns=START_NS), at)
    turn = math.radians(course)
    assert place_of(pose) == pytest.approx((at * speed * math.sin(turn), at * speed * math.cos(turn)), abs=1e-3)
    assert abs(turn_deg(pose.course_deg, course)) < 0.05
    assert abs(turn_deg(pose.heading_deg, course)) < 0.05
    assert pose.speed_mps == pytest.approx(speed, rel=1e-3)
    assert pose.odometer_m == pytest.approx(at * speed, abs=0.01)
    assert pose.utc_ns == START_NS + round(at * 1e9)
    assert (pose.height_m, pose.pitch_deg) == pytest.approx((1.8, -4.0))
    assert pose.height_sigma_m == MOUNT.height_sigma_m
    assert pose.roll_sigma_deg == MOUNT.angle_sigma_deg


def test_between_fixes_is_interpolated_and_beyond_them_is_dead_reckoned_up_to_the_budget() -> None:
    timeline = Timeline(line(90.0, 10.0), MOUNT, start_utc_ns=START_NS)
    assert posed(timeline, 3.0).quality is FixQuality.GNSS
    assert posed(timeline, 3.5).quality is FixQuality.INTERPOLATED
    carried = posed(timeline, 12.0)
    assert carried.quality is FixQuality.DEAD_RECKONED
    assert place_of(carried)[0] == pytest.approx(120.0, abs=0.1)
    assert carried.sigma_m > posed(timeline, 10.0).sigma_m > posed(timeline, 9.0).sigma_m
    assert timeline.pose(0, int(14.5e9)) == Rejected(Reason.NO_FIX)
    assert timeline.pose(0, int(-5.5e9)) == Rejected(Reason.NO_FIX)


def test_a_long_gap_is_flagged_and_its_middle_has_no_position() -> None:
    fixes = line(0.0, 5.0, 30)
    timeline = Timeline([*fixes[:5], *fixes[20:]], MOUNT, start_utc_ns=START_NS)
    assert posed(timeline, 6.0).quality is FixQuality.DEAD_RECKONED
    assert timeline.pose(0, int(12e9)) == Rejected(Reason.NO_FIX)
    assert place_of(posed(timeline, 18.0))[1] == pytest.approx(90.0, abs=0.1)


@settings(max_examples=40)
@given(st.integers(0, 1000), st.floats(0.2, 20.0), st.floats(5.0, 35.0), st.booleans())
@example(164, 6.0, 5.0, False)  # silent in a corner
def test_a_gap_is_interpolated_to_2_s_then_dead_reckoned_to_5_s_from_a_fix_then_without_position(
    seed: int, gap_s: float, from_s: float, told: bool
) -> None:
    """And what is dead reckoned is as uncertain as it says: within five sigmas, whatever the vehicle did meanwhile."""
    way = stop_and_go(45, seed)
    every = fixes_of(way, seed, told=told)
    kept = [fix for fix in every if not from_s < ((fix.utc_ns or 0) - FILMED_NS) / 1e9 < from_s + gap_s]
    line, whole = (Timeline(fixes, MOUNT, start_utc_ns=FILMED_NS) for fixes in (kept, every))
    at_fix = np.array([((fix.utc_ns or 0) - FILMED_NS) / 1e9 for fix in kept])
    for at_s in np.arange(max(0.0, from_s - 2.0), from_s + gap_s + 2.0, 0.25):
        pose, after = line.pose(0, round(at_s * 1e9)), int(np.searchsorted(at_fix, at_s))
        gap, away = at_fix[after] - at_fix[after - 1], float(np.abs(at_fix - at_s).min())
        if math.isclose(away, 5.0):
            continue  # on which side of the budget that is, roundings decide
        if away > 5.0:
            assert pose == Rejected(Reason.NO_FIX)
            continue
        assert isinstance(pose, Pose)
        if away <= 0.15:
            assert pose.quality is FixQuality.GNSS
        else:
            assert pose.quality is (FixQuality.INTERPOLATED if gap <= 2.0 else FixQuality.DEAD_RECKONED)
        truth = whole.pose(0, round(at_s * 1e9))
        assert isinstance(truth, Pose)
        off_m = distance_m(pose.lat, pose.lon, truth.lat, truth.lon)
        assert off_m < 5.0 * max(0.3, math.sqrt(max(0.0, pose.sigma_m**2 - truth.sigma_m**2)))


def test_dead_reckoned_places_are_inside_their_95_percent_ellipse() -> None:
    inside = []
    for seed in range(40):
        way, rng = stop_and_go(45, seed), np.random.default_rng(seed)
        from_s, gap_s = rng.uniform(8, 30), rng.uniform(3, 12)
        every = fixes_of(way, seed)
        kept = [fix for fix in every if not from_s < ((fix.utc_ns or 0) - FILMED_NS) / 1e9 < from_s + gap_s]
        line, whole = (Timeline(fixes, MOUNT, start_utc_ns=FILMED_NS) for fixes in (kept, every))
        for at_s in np.arange(from_s, from_s + gap_s, 0.5):
            pose, truth = line.pose(0, round(at_s * 1e9)), whole.pose(0, round(at_s * 1e9))
            if isinstance(pose, Pose) and isinstance(truth, Pose) and pose.quality is FixQuality.DEAD_RECKONED:
                off_m = distance_m(pose.lat, pose.lon, truth.lat, truth.lon)
                inside.append(off_m < 2.45 * max(0.3, math.sqrt(max(0.0, pose.sigma_m**2 - truth.sigma_m**2))))
    assert np.mean(inside) > 0.95


@given(st.integers(-(10**10), 10**10))
def test_a_clock_offset_shifts_the_footage_against_the_fixes(offset_ns: int) -> None:
    fixes = line(0.0, 10.0, 40)
    ahead = Timeline(fixes, MOUNT, start_utc_ns=START_NS, clock_offset_ns=offset_ns)
    right = Timeline(fixes, MOUNT, start_utc_ns=START_NS)
    at_ns = 20 * 10**9
    one, two = ahead.pose(0, at_ns + offset_ns), right.pose(0, at_ns)
    assert isinstance(one, Pose)
    assert isinstance(two, Pose)
    assert one.utc_ns == two.utc_ns
    assert place_of(one) == pytest.approx(place_of(two), abs=1e-4)


def test_fixes_tied_to_the_footage_need_no_start_and_tell_its_utc() -> None:
    fixes = [replace(fix, media_ns=n * 10**9) for n, fix in enumerate(line(0.0, 5.0))]
    assert posed(Timeline(fixes, MOUNT), 4.0).utc_ns == START_NS + 4 * 10**9
    silent = [replace(fix, utc_ns=None) for fix in fixes]
    assert posed(Timeline(silent, MOUNT, start_utc_ns=7), 4.0).utc_ns == 7 + 4 * 10**9


def test_fixes_that_cannot_be_tied_to_the_footage_are_refused_in_words() -> None:
    with pytest.raises(ValueError, match="no fixes"):
        Timeline([], MOUNT)
    with pytest.raises(ValueError, match="UTC at which the footage starts is unknown"):
        Timeline(line(0, 5), MOUNT)
    with pytest.raises(ValueError, match="neither UTC nor a time"):
        Timeline([replace(fix, utc_ns=None) for fix in line(0, 5)], MOUNT)
    with pytest.raises(ValueError, match="carries no clock"):
        Timeline([replace(fix, utc_ns=None, media_ns=0) for fix in line(0, 5)], MOUNT)
    with pytest.raises(ValueError, match="no start time"):
        PhotoPoses([replace(line(0, 5)[0], utc_ns=None)], MOUNT)


def test_standstill_keeps_the_course_and_the_odometer_while_positions_wander() -> None:
    rng = np.random.default_rng(5)
    drive = line(45.0, 8.0, 20)
    east, north = FRAME.to_en(drive[-1].lat, drive[-1].lon)
    stand = [fix_at(20 + n, east + rng.normal(0, 0.15), north + rng.normal(0, 0.15)) for n in range(40)]
    timeline = Timeline([*drive, *stand], MOUNT, start_utc_ns=START_NS)
    pose = posed(timeline, 45.0)
    assert abs(turn_deg(pose.course_deg, 45.0)) < 12.0
    assert pose.odometer_m - posed(timeline, 24.0).odometer_m < 1.0
    assert pose.speed_mps < 0.7


def test_a_noisy_track_still_gives_a_steady_course_within_its_own_sigma() -> None:
    rng = np.random.default_rng(11)
    fixes = [fix_at(s, 0.0 + rng.normal(0, 0.3), 6.0 * s + rng.normal(0, 0.3)) for s in range(120)]
    timeline = Timeline(fixes, MOUNT, start_utc_ns=START_NS)
    off = [
        (turn_deg(0.0, pose.course_deg), pose.heading_sigma_deg) for pose in (posed(timeline, s) for s in range(120))
    ]
    assert np.std([turn for turn, _ in off]) < 2.5
    assert np.mean([abs(turn) < 2.0 * sigma for turn, sigma in off]) > 0.85


def test_a_vehicle_that_never_moved_does_not_know_where_it_looks() -> None:
    pose = posed(Timeline([fix_at(s, 0, 0) for s in range(5)], MOUNT, start_utc_ns=START_NS), 2.0)
    assert pose.heading_sigma_deg == 180.0


def test_a_spike_is_dropped_and_counted() -> None:
    fixes = line(0.0, 10.0)
    fixes[5] = fix_at(5, 3000.0, 0.0)
    timeline = Timeline(fixes, MOUNT, start_utc_ns=START_NS)
    assert timeline.dropped == ((Reason.OUT_OF_RANGE, 1),)
    assert place_of(posed(timeline, 5.0)) == pytest.approx((0.0, 50.0), abs=0.01)


def test_dense_telemetry_that_repeats_itself_is_averaged() -> None:
    """50 lines a second with one new position a second, as subtitles write it."""
    fixes = [
        replace(fix_at(math.floor(n / 50), 0, 8.0 * math.floor(n / 50)), media_ns=n * 20_000_000) for n in range(500)
    ]
    timeline = Timeline(fixes, MOUNT)
    speeds = [posed(timeline, s).speed_mps for s in np.arange(2.0, 8.0, 0.25)]
    assert np.ptp(speeds) < 3.0
    assert np.mean(speeds) == pytest.approx(8.0, abs=0.5)


def test_a_gimbal_points_the_camera_whatever_the_mount_says_and_the_drones_height_is_the_cameras() -> None:
    fixes = [
        replace(fix, media_ns=n * 10**9, height_m=30.0 + n, attitude=Attitude(350.0 + 4 * n, -60.0))
        for n, fix in enumerate(line(90.0, 5.0))
    ]
    pose = posed(Timeline(fixes, Mount(15.0, pitch_deg=-55.0, yaw_deg=20.0)), 2.5)
    assert pose.heading_deg == pytest.approx(0.0, abs=1e-6)
    assert pose.pitch_deg == pytest.approx(-60.0)
    assert pose.height_m == pytest.approx(32.5)
    assert pose.height_sigma_m == HEIGHT_SIGMA_M
    assert pose.roll_sigma_deg == pose.pitch_sigma_deg == GIMBAL_LEVEL_SIGMA_DEG
    assert pose.steadied
    assert pose.course_deg == pytest.approx(90.0, abs=0.1)


def test_a_side_camera_looks_to_the_side_of_travel() -> None:
    pose = posed(Timeline(line(80.0, 5.0), Mount(2.0, yaw_deg=90.0), start_utc_ns=START_NS), 3.0)
    assert pose.heading_deg == pytest.approx(170.0, abs=0.1)
    assert not pose.steadied
    assert pose.course_deg == pytest.approx(80.0, abs=0.1)


@pytest.mark.parametrize("late_s", [1.0, 4.0, 60.0])
def test_the_way_before_the_first_fix_counts_like_any_other(late_s: float) -> None:
    """What is not counted as driven is not looked at."""
    drive = Timeline(line(30.0, 8.0), MOUNT, start_utc_ns=START_NS - round(late_s * 1e9), clock_sigma_s=0.5)
    one, two, after = (posed(drive, late_s + at) for at in (-0.9, -0.1, 3.0))
    assert one.odometer_m >= 0.0
    assert two.odometer_m - one.odometer_m == pytest.approx(0.8 * 8.0, abs=0.01)
    assert after.odometer_m - one.odometer_m == pytest.approx(3.9 * 8.0, abs=0.01)
    assert one.along_sigma_m == pytest.approx(0.5 * 8.0, abs=0.01)


@given(st.permutations(range(10)))
def test_the_order_of_the_fixes_does_not_matter(order: list[int]) -> None:
    fixes = line(30.0, 7.0)
    one = Timeline(fixes, MOUNT, start_utc_ns=START_NS).pose(0, 4_500_000_000)
    assert Timeline([fixes[n] for n in order], MOUNT, start_utc_ns=START_NS).pose(0, 4_500_000_000) == one


@given(
    st.lists(
        st.tuples(st.integers(-(10**11), 10**11), st.floats(-89, 89), st.floats(-180, 180), st.floats(0.1, 100)),
        min_size=1, max_size=12,
    ),
    st.integers(-(10**12), 10**12),
)  # fmt: skip
def test_any_fixes_give_a_pose_or_no_fix(rows: list[tuple[int, float, float, float]], at_ns: int) -> None:
    fixes = [Fix(None, lat, lon, sigma, media_ns=at) for at, lat, lon, sigma in rows]
    pose = Timeline(fixes, MOUNT, start_utc_ns=0).pose(0, at_ns)
    if isinstance(pose, Pose):
        assert 0.0 <= pose.heading_deg < 360.0
        assert pose.odometer_m >= 0.0
        assert math.isfinite(pose.sigma_m)
        assert pose.sigma_m > 0


def photos(course: float, spacing: float, count: int = 6) -> list[Fix | None]:
    turn = math.radians(course)
    places = (FRAME.to_latlon(n * spacing * math.sin(turn), n * spacing * math.cos(turn)) for n in range(count))
    return [Fix(None, lat, lon, 5.0) for lat, lon in places]


def test_photos_without_time_look_along_their_order_of_travel() -> None:
    poses = PhotoPoses(photos(200.0, 8.0), MOUNT, start_utc_ns=START_NS)
    for index in range(6):
        pose = posed(poses, index=index)
        assert abs(turn_deg(pose.heading_deg, 200.0)) < 0.1
        assert pose.odometer_m == pytest.approx(8.0 * index, abs=0.01)
        assert pose.utc_ns == START_NS + index * 10**9


def test_at_a_corner_a_photo_may_look_either_way_and_on_a_straight_way_it_does_not() -> None:
    corner = [fix_at(n, 0.0, 10.0 * n) for n in range(4)] + [fix_at(4 + n, 10.0 * (n + 1), 30.0) for n in range(3)]
    turned = PhotoPoses(corner, MOUNT, start_utc_ns=START_NS)
    at_it, before = posed(turned, index=3), posed(turned, index=1)
    assert at_it.heading_deg == pytest.approx(45.0, abs=1.0)
    assert 30.0 < at_it.heading_sigma_deg < 46.0
    assert (
        before.heading_sigma_deg
        == posed(PhotoPoses(corner[:3], MOUNT, start_utc_ns=START_NS), index=1).heading_sigma_deg
    )
    rng = np.random.default_rng(3)
    straight = [fix_at(n, rng.normal(0, 0.4), 5.0 * n) for n in range(200)]
    poses = [posed(PhotoPoses(straight, MOUNT, start_utc_ns=START_NS), index=n) for n in range(200)]
    assert np.median([pose.heading_sigma_deg for pose in poses]) < 6.0


def test_a_photos_own_direction_counts_with_the_mounts_pitch() -> None:
    fixes = photos(200.0, 8.0)
    assert fixes[2] is not None
    fixes[2] = replace(fixes[2], attitude=Attitude(90.0))
    pose = posed(PhotoPoses(fixes, replace(MOUNT, yaw_deg=45.0), start_utc_ns=START_NS), index=2)
    assert pose.heading_deg == pytest.approx(90.0, abs=0.1)
    assert pose.pitch_deg == pytest.approx(-4.0, abs=0.1)


def test_a_photo_without_a_position_has_no_pose_and_does_not_stop_the_others() -> None:
    fixes = photos(0.0, 8.0)
    fixes[1] = None
    poses = PhotoPoses(fixes, MOUNT, start_utc_ns=START_NS)
    assert poses.pose(1, 0) == Rejected(Reason.NO_FIX)
    assert poses.pose(99, 0) == Rejected(Reason.NO_FIX)
    assert abs(turn_deg(posed(poses, index=2).heading_deg, 0.0)) < 0.1


def test_a_single_photo_does_not_know_its_heading() -> None:
    assert posed(PhotoPoses(photos(0, 8, 1), MOUNT, start_utc_ns=0)).heading_sigma_deg == 180.0
