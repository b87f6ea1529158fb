"""A vehicle that turns where its receiver falls silent is dead reckoned with its turn, and as surely as it may be."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.geo import turn_deg
from pipeline.pose import Fix, FixQuality, Mount, Pose
from pipeline.timeline import Timeline
from tests.pipeline.filmed import FRAME, MARGIN_S, START_NS, STEP_S, Way

MOUNT = Mount(height_m=1.8)
SECONDS = 20
NOISE_M = 0.1


@dataclass(frozen=True, slots=True)
class Corner:
    """A turn of `deg` begun at at_s and driven in lasts_s, gently in and out, at an even speed."""

    speed_mps: float
    deg: float
    at_s: float
    lasts_s: float

    def way(self) -> Way:
        at_s = np.arange(round((SECONDS + 2 * MARGIN_S) / STEP_S)) * STEP_S - MARGIN_S
        passed = np.clip((at_s - self.at_s) / self.lasts_s, 0.0, 1.0)
        rate = self.deg / self.lasts_s * 2.0 * np.sin(math.pi * passed) ** 2
        return Way.of(np.full(len(at_s), self.speed_mps), rate)


@st.composite
def corners(draw: st.DrawFn) -> Corner:
    """At 2 to 14 m/s, on no less than 5 m of radius, with no more than 4 m/s² across: what a driver makes of a town."""
    speed_mps = draw(st.floats(2.0, 14.0))
    sharpest_dps = math.degrees(min(4.0 / speed_mps, speed_mps / 5.0))
    deg = draw(st.floats(10.0, 120.0))
    lasts_s = 2.0 * deg / sharpest_dps * draw(st.floats(1.0, 3.0))
    return Corner(speed_mps, deg * draw(st.sampled_from((-1, 1))), draw(st.floats(8.0 - lasts_s, 9.0)), lasts_s)


def fixes_of(way: Way, seed: int, every_s: float, told: bool) -> list[Fix]:
    rng, fixes = np.random.default_rng(seed), []
    for at_s in np.arange(0.0, SECONDS, every_s):
        east, north = (float(way.value(axis, at_s) + rng.normal(0, NOISE_M)) for axis in (way.east_m, way.north_m))
        speed = float(way.value(way.speed_mps, at_s))
        course = float(way.value(way.course_deg, at_s)) + math.degrees(rng.normal(0, 0.1) / speed)
        said = {"course_deg": course % 360.0, "speed_mps": abs(speed + rng.normal(0, 0.1))} if told else {}
        fixes.append(Fix(START_NS + round(at_s * 1e9), *FRAME.to_latlon(east, north), NOISE_M, **said))  # type: ignore[arg-type]
    return fixes


def silent_after(fixes: list[Fix], from_s: float, gap_s: float) -> Timeline:
    at_s = [((fix.utc_ns or 0) - START_NS) / 1e9 for fix in fixes]
    kept = [fix for fix, at in zip(fixes, at_s, strict=True) if not from_s < at < from_s + gap_s]
    return Timeline(kept, MOUNT, start_utc_ns=START_NS)


def reckoned(line: Timeline, at_s: float) -> Pose | None:
    pose = line.pose(0, round(at_s * 1e9))
    return pose if isinstance(pose, Pose) and pose.quality is FixQuality.DEAD_RECKONED else None


def off_m(pose: Pose, way: Way, at_s: float) -> float:
    east, north = FRAME.to_en(pose.lat, pose.lon)
    return float(math.hypot(east - way.value(way.east_m, at_s), north - way.value(way.north_m, at_s)))


@settings(max_examples=60)
@given(corners(), st.integers(0, 10_000), st.sampled_from((0.2, 0.5, 1.0)), st.booleans(), st.floats(2.5, 30.0))
def test_through_any_corner_the_place_is_within_five_sigmas(
    corner: Corner, seed: int, every_s: float, told: bool, gap_s: float
) -> None:
    """Wherever in the corner the receiver falls silent, and whether it comes back."""
    way = corner.way()
    line = silent_after(fixes_of(way, seed, every_s, told), 8.0, gap_s)
    for at_s in np.arange(8.25, 13.25, 0.25):
        pose = reckoned(line, float(at_s))
        if pose is not None:
            assert off_m(pose, way, float(at_s)) < 5.0 * pose.sigma_m, at_s


@pytest.mark.parametrize(
    ("told", "comes_back", "within_deg"),
    [(False, True, 6.0), (True, True, 2.0), (False, False, 16.0), (True, False, 9.0)],
)
def test_a_second_later_in_a_bend_the_vehicle_has_turned_on(told: bool, comes_back: bool, within_deg: float) -> None:
    """A bend at 20°/s: straight on from its last course a vehicle would look 20° beside its way, and from the chord of
    its last fixes 35°. How long the bend still is, only a receiver that comes back can tell."""
    way = Corner(8.0, -120.0, 2.0, 12.0).way()
    truth_deg = float(way.value(way.course_deg, 9.0))
    gap_s = 6.0 if comes_back else 30.0
    poses = [reckoned(silent_after(fixes_of(way, seed, 1.0, told), 8.0, gap_s), 9.0) for seed in range(12)]
    turned = [abs(turn_deg(pose.course_deg, truth_deg)) for pose in poses if pose]
    assert len(turned) == 12
    assert float(np.mean(turned)) < within_deg


@pytest.mark.parametrize("told", [False, True])
def test_a_straight_drive_is_no_less_sharp_for_turns_that_others_take(told: bool) -> None:
    """Half a second after the last fix what counts is, nearly alone, what the vehicle may have done unseen (0.37 m)."""
    unseen, turns_dps = [], []
    for seed in range(40):
        line = silent_after(fixes_of(Corner(8.0, 0.0, 0.0, 1.0).way(), seed, 1.0, told), 8.0, 30.0)
        pose = reckoned(line, 8.5)
        assert pose is not None
        unseen.append(math.sqrt(pose.sigma_m**2 - NOISE_M**2))
        turns_dps.append(abs(line.log.courses[8].turn_dps))
    assert float(np.median(unseen)) == pytest.approx(0.37, rel=0.12)
    assert float(np.mean(turns_dps)) < 0.5
