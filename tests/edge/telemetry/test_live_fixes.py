"""Poses between live fixes: as from a file of the same fixes, with an odometer that never runs backwards."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.telemetry.fixes import WAIT_S, Fixes, LivePoses
from pipeline.geo import LocalFrame, distance_m, turn_deg
from pipeline.pose import Attitude, Fix, FixQuality, Mount, Pose
from pipeline.reasons import Reason, Rejected
from pipeline.timeline import Timeline

SECOND_NS = 1_000_000_000
UTC_NS = 1_772_366_400 * SECOND_NS
BEGAN_NS = 5_000 * SECOND_NS
FRAME = LocalFrame(30.5, 120.5)
MOUNT = Mount(1.8, yaw_deg=10.0)


def fix_at(second: float, east_m: float, north_m: float, course: float = 0.0, speed: float | None = 5.0) -> Fix:
    lat, lon = FRAME.to_latlon(east_m, north_m)
    return Fix(UTC_NS + round(second * SECOND_NS), lat, lon, 2.0, course_deg=course, speed_mps=speed)


def drive(fixes: Fixes, seconds: int, *, stops_at: int | None = None, late_ms: int = 0) -> list[Fix]:
    """North at 5 m/s, a fix a second; from `stops_at` on it stands."""
    told = []
    for second in range(seconds):
        stands = stops_at is not None and second >= stops_at
        north_m = 5.0 * (stops_at if stands and stops_at is not None else second)
        fix = fix_at(second, 0.0, north_m, speed=0.0 if stands else 5.0)
        fixes.add(fix, BEGAN_NS + second * SECOND_NS + late_ms * 1_000_000)
        told.append(fix)
    return told


def pose_at(poses: LivePoses, second: float) -> Pose:
    pose = poses.pose(0, round(second * SECOND_NS))
    assert isinstance(pose, Pose)
    return pose


def test_between_two_fixes_it_is_the_timelines_own_pose() -> None:
    fixes = Fixes(delay_ns=0)
    told = drive(fixes, 10)
    live = pose_at(LivePoses(fixes, MOUNT, BEGAN_NS), 6.4)
    filed = Timeline(told, MOUNT, start_utc_ns=UTC_NS).pose(0, round(6.4 * SECOND_NS))
    assert isinstance(filed, Pose)
    assert distance_m(live.lat, live.lon, filed.lat, filed.lon) < 0.01
    assert (live.quality, live.utc_ns) == (FixQuality.INTERPOLATED, filed.utc_ns)
    assert live.heading_deg == pytest.approx(10.0)


def test_beyond_the_last_fix_it_is_dead_reckoned_and_then_nothing() -> None:
    fixes = Fixes(delay_ns=0)
    drive(fixes, 10)
    poses = LivePoses(fixes, MOUNT, BEGAN_NS)
    assert pose_at(poses, 11.5).quality is FixQuality.DEAD_RECKONED
    assert poses.pose(0, 30 * SECOND_NS) == Rejected(Reason.NO_FIX)


def test_without_a_fix_there_is_no_pose() -> None:
    assert LivePoses(Fixes(), MOUNT, BEGAN_NS).pose(0, 0) == Rejected(Reason.NO_FIX)


@pytest.mark.parametrize("stop_s", [20, 200])
def test_a_vehicle_that_stands_still_knows_which_way_it_looks_and_how_far_it_came(stop_s: int) -> None:
    fixes = Fixes(delay_ns=0)
    poses, seconds = LivePoses(fixes, MOUNT, BEGAN_NS), 30 + stop_s
    for second in range(seconds):
        north_m = 5.0 * min(second, 30)
        fixes.add(fix_at(second, 0.0, north_m, speed=5.0 if second < 30 else 0.0), BEGAN_NS + second * SECOND_NS)
        if second:
            pose = pose_at(poses, second - 0.5)
    assert pose.heading_deg == pytest.approx(10.0, abs=2.0)
    assert pose.heading_sigma_deg < 10.0
    assert pose.odometer_m == pytest.approx(150.0, abs=6.0)


@settings(max_examples=25)
@given(st.lists(st.tuples(st.integers(0, 359), st.floats(0.0, 20.0)), min_size=5, max_size=60))
def test_the_odometer_never_runs_backwards_and_is_that_of_the_whole_drive(legs: list[tuple[int, float]]) -> None:
    """Any drive of straight legs of a second."""
    fixes, told, east, north = Fixes(delay_ns=0), list[Fix](), 0.0, 0.0
    poses, before = LivePoses(fixes, MOUNT, BEGAN_NS), 0.0
    for second, (_, speed) in enumerate(legs):
        fix = fix_at(second, east, north, 0.0, max(speed, 0.0))
        north += speed
        told.append(fix)
        fixes.add(fix, BEGAN_NS + second * SECOND_NS)
        if second >= 2:
            pose = pose_at(poses, second - 0.5)
            assert pose.odometer_m >= before
            before = pose.odometer_m
    whole = Timeline(told, MOUNT, start_utc_ns=UTC_NS).length_m
    assert before <= whole + 12.0
    assert before >= whole - 2 * 20.0 - 12.0


def test_a_fix_held_up_on_its_way_keeps_its_moment() -> None:
    fixes = Fixes(delay_ns=0)
    drive(fixes, 5)
    fixes.add(fix_at(5, 0.0, 25.0), BEGAN_NS + round(5.6 * SECOND_NS))
    assert pose_at(LivePoses(fixes, MOUNT, BEGAN_NS), 5.0).quality is FixQuality.GNSS


def test_a_receiver_whose_clock_jumps_keeps_the_drive_in_one_piece() -> None:
    """As when the leap seconds become known: from a moment on its UTC is three seconds less."""
    fixes = Fixes(delay_ns=0)
    drive(fixes, 10)
    for second in range(10, 20):
        late = replace(fix_at(second, 0.0, 5.0 * second), utc_ns=UTC_NS + (second - 3) * SECOND_NS)
        fixes.add(late, BEGAN_NS + second * SECOND_NS)
    poses = LivePoses(fixes, MOUNT, BEGAN_NS)
    pose = pose_at(poses, 18.5)
    assert FRAME.to_en(pose.lat, pose.lon)[1] == pytest.approx(92.5, abs=0.1)
    assert pose.utc_ns == UTC_NS + round(15.5 * SECOND_NS)
    assert fixes.rejected[Reason.BAD_TIME] == 2


def test_one_fix_of_another_day_is_left_out() -> None:
    fixes = Fixes(delay_ns=0)
    drive(fixes, 5)
    fixes.add(replace(fix_at(5, 0.0, 25.0), utc_ns=UTC_NS - 86_400 * SECOND_NS), BEGAN_NS + 5 * SECOND_NS)
    assert fixes.rejected[Reason.BAD_TIME] == 1
    assert pose_at(LivePoses(fixes, MOUNT, BEGAN_NS), 4.5)


def test_a_heading_alone_is_the_vehicles_so_the_camera_looks_its_yaw_beside_it() -> None:
    fixes = Fixes(delay_ns=0)
    for second in range(5):
        fix = replace(fix_at(second, 0.0, 0.0, speed=0.0), attitude=Attitude(90.0))
        fixes.add(fix, BEGAN_NS + second * SECOND_NS)
    assert turn_deg(pose_at(LivePoses(fixes, MOUNT, BEGAN_NS), 3.5).heading_deg, 100.0) == pytest.approx(0.0, abs=0.01)


def test_memory_is_bounded_however_fast_fixes_come() -> None:
    fixes = Fixes(delay_ns=0)
    for step in range(5_000):
        fixes.add(fix_at(step / 100, 0.0, step / 20), BEGAN_NS + step * SECOND_NS // 100)
    assert len(fixes.heard().fixes) < 300


def test_a_frame_waits_for_the_next_fix_and_not_for_ever() -> None:
    fixes, now_ns = Fixes(delay_ns=0), time.monotonic_ns()
    fixes.add(fix_at(0, 0.0, 0.0), now_ns)
    minute_ns = now_ns + 60 * SECOND_NS
    threading.Timer(0.05, lambda: fixes.add(fix_at(60, 0.0, 300.0), minute_ns)).start()
    fixes.wait(minute_ns)
    assert fixes.last_ns == minute_ns
    long_past_ns = time.monotonic_ns() + SECOND_NS // 2 - int(WAIT_S * SECOND_NS)
    Fixes().wait(long_past_ns)
    assert time.monotonic_ns() - long_past_ns >= WAIT_S * SECOND_NS
