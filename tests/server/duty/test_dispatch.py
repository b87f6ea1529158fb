"""Which grid a place belongs to, and who is on duty there."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import box
from shapely.geometry import MultiPolygon

from server.duty.dispatch import DutyShift, GridArea, InGrid, NoGrid, ZoneArea, distance_m, grid_of, on_duty, zone_of

SHANGHAI = ZoneInfo("Asia/Shanghai")
WEST = GridArea("west", box(121.470, 31.230, 121.475, 31.235))
EAST = GridArea("east", box(121.475, 31.230, 121.480, 31.235))
PARK = GridArea("park", box(121.471, 31.231, 121.472, 31.232))
ISLANDS = GridArea("islands", MultiPolygon([box(121.50, 31.23, 121.501, 31.231), box(121.51, 31.23, 121.511, 31.231)]))
LAT_M, LON_M = 111_195.0, 111_195.0 * 0.85504


@pytest.mark.parametrize(
    ("lat", "lon", "grid"),
    [
        (31.2325, 121.4735, "west"),
        (31.2325, 121.4765, "east"),
        (31.2300, 121.4735, "west"),  # on the outer border
        (31.2350, 121.4700, "west"),  # on a corner
        (31.2315, 121.4715, "park"),  # in two: the smaller one
        (31.2305, 121.5105, "islands"),  # in the second part of one grid
    ],
)
def test_a_place_belongs_to_the_grid_that_covers_it(lat: float, lon: float, grid: str) -> None:
    assert grid_of(lat, lon, (WEST, EAST, PARK, ISLANDS), 0.0) == InGrid(grid, 0.0)


def test_a_place_on_a_shared_border_always_goes_to_the_same_grid() -> None:
    east_twin = GridArea("aaa", WEST.area)
    for grids in [(east_twin, WEST), (WEST, east_twin)]:
        assert grid_of(31.2325, 121.475, grids, 0.0) == InGrid("aaa", 0.0)


def test_a_place_just_outside_goes_to_the_nearest_grid_within_the_bound() -> None:
    lat = 31.235 + 30 / LAT_M
    found = grid_of(lat, 121.4765, (WEST, EAST), 50.0)
    assert isinstance(found, InGrid)
    assert found.grid_id == "east"
    assert found.distance_m == pytest.approx(30.0, abs=0.1)


def test_a_place_beyond_the_bound_has_no_grid_and_says_how_far_the_nearest_is() -> None:
    found = grid_of(31.2325, 121.470 - 80 / LON_M, (WEST, EAST), 50.0)
    assert isinstance(found, NoGrid)
    assert found.nearest_m == pytest.approx(80.0, abs=0.2)
    assert grid_of(31.2325, 121.47, (), 50.0) == NoGrid(None)


@given(st.floats(31.225, 31.240), st.floats(121.465, 121.485))
def test_the_order_of_grids_never_matters(lat: float, lon: float) -> None:
    grids = (WEST, EAST, PARK)
    assert grid_of(lat, lon, grids, 200.0) == grid_of(lat, lon, grids[::-1], 200.0)


@pytest.mark.parametrize("lat", [-89.0, 0.0, 31.2, 60.0])
def test_a_distance_is_in_metres_on_every_latitude(lat: float) -> None:
    area = box(10.0, lat - 0.001, 10.001, lat + 0.001)
    assert distance_m(lat + 0.001 + 100 / LAT_M, 10.0005, area) == pytest.approx(100.0, rel=0.002)
    assert distance_m(lat, 10.0005, area) == 0.0


def test_a_zone_of_another_kind_or_too_far_away_does_not_count() -> None:
    zones = (ZoneArea("lane", "fire_lane", WEST.area), ZoneArea("stop", "no_parking", EAST.area))
    kinds = frozenset({"no_parking"})
    assert zone_of(31.2325, 121.4765, zones, kinds, 0.0) == "stop"
    assert zone_of(31.2325, 121.475 - 5 / LON_M, zones, kinds, 6.0) == "stop"
    assert zone_of(31.2325, 121.475 - 5 / LON_M, zones, kinds, 4.0) is None


DAY = DutyShift("west", "day", frozenset(range(5)), 480, 1200)
NIGHT = DutyShift("west", "night", frozenset(range(7)), 1200, 480)
WEEKEND = DutyShift("west", "weekend", frozenset({5, 6}), 480, 1200)
ROTA = (DAY, NIGHT, WEEKEND, DutyShift("east", "other", frozenset(range(7)), 0, 1440))


@pytest.mark.parametrize(
    ("at", "person"),
    [
        ("2026-11-23 08:00", "day"),  # a Monday
        ("2026-11-23 19:59", "day"),
        ("2026-11-23 20:00", "night"),
        ("2026-11-24 03:00", "night"),
        ("2026-11-24 07:59", "night"),
        ("2026-11-28 10:00", "weekend"),
    ],
)
def test_the_person_on_duty_gets_the_case(at: str, person: str) -> None:
    moment = datetime.fromisoformat(at).replace(tzinfo=SHANGHAI)
    assert on_duty("west", moment, ROTA, SHANGHAI, {}) == person


def test_where_nobody_is_on_duty_whoever_comes_next_gets_it() -> None:
    friday_night = datetime(2026, 11, 27, 22, 0, tzinfo=SHANGHAI)
    assert on_duty("west", friday_night, (DAY, WEEKEND), SHANGHAI, {}) == "weekend"
    assert on_duty("west", friday_night, (DAY,), SHANGHAI, {}) == "day"


def test_a_grid_without_anybody_on_its_rota_has_nobody() -> None:
    assert on_duty("park", datetime(2026, 11, 23, 9, 0, tzinfo=SHANGHAI), ROTA, SHANGHAI, {}) is None


def test_of_several_on_duty_the_one_with_the_fewest_open_orders_is_taken() -> None:
    twins = (DAY, DutyShift("west", "also", frozenset(range(5)), 480, 1200))
    at = datetime(2026, 11, 23, 9, 0, tzinfo=SHANGHAI)
    assert on_duty("west", at, twins, SHANGHAI, {"also": 3, "day": 2}) == "day"
    assert on_duty("west", at, twins, SHANGHAI, {"also": 2, "day": 2}) == "also"


def test_a_shift_of_a_whole_day_covers_midnight_and_noon() -> None:
    always = (DutyShift("west", "one", frozenset(range(7)), 0, 1440),)
    for hour in (0, 12, 23):
        assert on_duty("west", datetime(2026, 11, 23, hour, 30, tzinfo=SHANGHAI), always, SHANGHAI, {}) == "one"
