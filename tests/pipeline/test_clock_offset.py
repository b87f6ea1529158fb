"""A camera's clock against its receiver's: found to 0.2 s, or said to be unknown; never wrong and unsaid."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.clock_offset import Estimated, Flagged, Unclear, clock_offset, nothing_changes
from pipeline.clock_spans import MOST_S, WINDOW_S, informative_spans
from pipeline.pose import Camera, Fix, Pose
from pipeline.timeline import Timeline
from pipeline.tracklog import Tracklog
from tests.pipeline.filmed import FRAME, MOUNT, START_NS, Way, film_seen, fixes_of, seen_by_camera, steady, stop_and_go


def log_of(fixes: Sequence[Fix]) -> Tracklog:
    return Timeline(fixes, MOUNT, start_utc_ns=START_NS).log


@settings(max_examples=60)
@given(
    st.integers(0, 10_000), st.floats(-3, 3), st.sampled_from([30, 60, 90]), st.booleans(), st.booleans(), st.booleans()
)
def test_any_offset_of_any_drive_is_found_to_a_fifth_of_a_second_or_said_to_be_unknown(
    seed: int, offset_s: float, seconds: int, corners: bool, stops: bool, told: bool
) -> None:
    way = stop_and_go(seconds, seed, corners=corners, stops=stops)
    found = clock_offset([seen_by_camera(way, seconds, seed)], log_of(fixes_of(way, seed, offset_s, told=told)))
    assert isinstance(found, Flagged) or abs(found.offset_s - offset_s) <= 0.2, found


@pytest.mark.parametrize("offset_s", [-3.0, 3.0])
@pytest.mark.parametrize("told", [True, False])
def test_a_minute_of_town_driving_nearly_always_tells(offset_s: float, told: bool) -> None:
    """Whether the receiver tells course and speed or positions alone."""
    found = []
    for seed in range(12):
        way = stop_and_go(60, seed)
        found.append(clock_offset([seen_by_camera(way, 60, seed)], log_of(fixes_of(way, seed, offset_s, told=told))))
    known = [one for one in found if isinstance(one, Estimated)]
    assert len(known) >= 10
    assert all(abs(one.offset_s - offset_s) < 0.2 for one in known)


def test_a_straight_road_at_one_speed_tells_nothing() -> None:
    way = steady(60, 3)
    assert clock_offset([seen_by_camera(way, 60, 3)], log_of(fixes_of(way, 3))) == Flagged(Unclear.NOTHING_CHANGES)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("told", [True, False])
def test_that_a_receiver_tells_of_no_change_is_known_before_a_picture_is_looked_at(seed: int, told: bool) -> None:
    ways = steady(60, seed), stop_and_go(60, seed), stop_and_go(60, seed, corners=False, stops=False)
    for way in ways:
        log = log_of(fixes_of(way, seed, told=told))
        looked = clock_offset([seen_by_camera(way, 60, seed)], log)
        assert nothing_changes([(0.0, 60.0)], log) == (looked == Flagged(Unclear.NOTHING_CHANGES))
        assert not nothing_changes([(0.0, 6.0)], log)


def test_a_few_seconds_tell_nothing() -> None:
    way = stop_and_go(6, 3)
    assert clock_offset([seen_by_camera(way, 6, 3)], log_of(fixes_of(way, 3))) == Flagged(Unclear.TOO_SHORT)
    assert clock_offset([], log_of(fixes_of(way, 3))) == Flagged(Unclear.TOO_SHORT)


def test_the_fixes_of_another_drive_are_not_taken_for_this_ones() -> None:
    for seed in range(12):
        way, other = stop_and_go(60, seed), stop_and_go(60, seed + 500)
        assert isinstance(clock_offset([seen_by_camera(way, 60, seed)], log_of(fixes_of(other, seed))), Flagged)


@pytest.mark.parametrize("offset_s", [-11.0, 7.6, 11.0])
def test_an_offset_beyond_reach_is_flagged_and_not_brought_within_it(offset_s: float) -> None:
    for seed in range(6):
        way = stop_and_go(60, seed)
        found = clock_offset([seen_by_camera(way, 60, seed)], log_of(fixes_of(way, seed, offset_s)))
        assert isinstance(found, Flagged) or abs(found.offset_s - offset_s) < 0.2


def test_a_round_that_repeats_itself_has_two_answers_and_so_none() -> None:
    """The same stop every 6 s: six seconds early looks like six seconds late."""
    speed = np.abs(np.sin(np.arange(840) * 0.1 * np.pi / 6.0)) * 8.0
    way = Way.of(speed, np.zeros(840))
    assert isinstance(clock_offset([seen_by_camera(way, 60, 1)], log_of(fixes_of(way, 1))), Flagged)


def test_fixes_with_holes_count_where_they_are() -> None:
    way = stop_and_go(90, 4)
    fixes = [one for one in fixes_of(way, 4, 1.5) if not 20 < (one.utc_ns or 0) / 1e9 - START_NS / 1e9 < 35]
    found = clock_offset([seen_by_camera(way, 90, 4)], log_of(fixes))
    assert isinstance(found, Estimated)
    assert found.offset_s == pytest.approx(1.5, abs=0.2)


def test_an_estimate_put_into_the_timeline_puts_the_camera_where_it_was() -> None:
    way = stop_and_go(60, 8)
    fixes = fixes_of(way, 8, 2.0)
    found = clock_offset([seen_by_camera(way, 60, 8)], log_of(fixes))
    assert isinstance(found, Estimated)
    line = Timeline(
        fixes, MOUNT, start_utc_ns=START_NS, clock_offset_ns=round(found.offset_s * 1e9), clock_sigma_s=found.sigma_s
    )
    errors = {}
    for name, one in (("mended", line), ("as it came", Timeline(fixes, MOUNT, start_utc_ns=START_NS))):
        away = []
        for at_s in range(5, 55):
            pose = one.pose(0, at_s * 10**9)
            assert isinstance(pose, Pose)
            east, north = FRAME.to_en(pose.lat, pose.lon)
            away.append(np.hypot(east - way.value(way.east_m, at_s), north - way.value(way.north_m, at_s)))
        errors[name] = float(np.mean(away))
    assert errors["mended"] < 4.0 < errors["as it came"]


def test_pictures_of_a_drive_tell_turn_speed_and_the_offset() -> None:
    """From pixels: what the camera saw is measured, not assumed."""
    way, camera = stop_and_go(30, 1), Camera.from_hfov(320, 180, 75.0)
    seen = film_seen(way, 30, camera, 1)
    turn = np.interp(seen.at_s, way.at_s, np.gradient(way.course_deg, way.at_s))
    assert np.std(seen.turn_dps - turn) < 2.0
    assert np.corrcoef(seen.pace, way.value(way.speed_mps, seen.at_s))[0, 1] > 0.7
    for offset_s in (-3.0, -1.0, 1.0, 3.0):
        found = clock_offset([seen], log_of(fixes_of(way, 1, offset_s)))
        assert isinstance(found, Estimated), found
        assert found.offset_s == pytest.approx(offset_s, abs=0.2)


def test_a_long_drive_is_looked_at_where_it_turns_and_stops() -> None:
    quiet, busy = steady(600, 1), stop_and_go(100, 2)
    speed = np.concatenate((quiet.speed_mps[:3000], busy.speed_mps, quiet.speed_mps[:3000]))
    course = np.concatenate((quiet.course_deg[:3000], busy.course_deg, quiet.course_deg[:3000]))
    way = Way.of(speed, np.gradient(course, 0.1) * (np.arange(len(course)) // 3000 == 1))
    spans = informative_spans(log_of(fixes_of(way, 2)), 680.0)
    assert sum(end - start for start, end in spans) <= MOST_S
    assert all(end - start == WINDOW_S for start, end in spans)
    assert sum(260 < start < 420 for start, _ in spans) >= 2
    assert informative_spans(log_of(fixes_of(busy, 2)), 100.0) == [(0.0, 100.0)]


def test_unknown_clocks_make_places_less_certain_along_the_way_and_headings_in_corners() -> None:
    way = stop_and_go(60, 8)
    fixes = fixes_of(way, 8)
    sure = Timeline(fixes, MOUNT, start_utc_ns=START_NS)
    unsure = Timeline(fixes, MOUNT, start_utc_ns=START_NS, clock_sigma_s=1.75)
    fast = 5 + int(np.argmax(way.value(way.speed_mps, np.arange(5, 55.0))))
    turning = 5 + int(np.argmax(np.abs(np.interp(np.arange(5, 55.0), way.at_s, np.gradient(way.course_deg, 0.1)))))
    one, other = sure.pose(0, fast * 10**9), unsure.pose(0, fast * 10**9)
    assert isinstance(one, Pose)
    assert isinstance(other, Pose)
    assert one.along_sigma_m == 0.0
    assert other.along_sigma_m == pytest.approx(1.75 * one.speed_mps, rel=0.3)
    one, other = sure.pose(0, turning * 10**9), unsure.pose(0, turning * 10**9)
    assert isinstance(one, Pose)
    assert isinstance(other, Pose)
    assert other.heading_sigma_deg > 10.0 > one.heading_sigma_deg
