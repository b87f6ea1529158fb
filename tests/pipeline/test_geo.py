"""Metres on the ground agree with the geodesic, both ways."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from pipeline.geo import LocalFrame, bearing_deg, between_deg, distance_m, turn_deg, wrap_180, wrap_360

LAT = st.floats(-80, 80)
LON = st.floats(-180, 180)
NEAR_M = st.floats(-5000, 5000)
ANGLE = st.floats(-1e6, 1e6)


@given(LAT, LON, NEAR_M, NEAR_M)
def test_a_place_comes_back_from_its_metres(lat: float, lon: float, east: float, north: float) -> None:
    frame = LocalFrame(lat, lon)
    back = frame.to_en(*frame.to_latlon(east, north))
    assert back == pytest.approx((east, north), abs=1e-5)


@given(LAT, LON, st.floats(0, 360), st.floats(1, 5000))
def test_metres_agree_with_the_geodesic(lat: float, lon: float, azimuth: float, far: float) -> None:
    to_lon, to_lat, _ = Geod(ellps="WGS84").fwd(lon, lat, azimuth, far)
    east, north = LocalFrame(lat, lon).to_en(to_lat, to_lon)
    assert math.hypot(east, north) == pytest.approx(far, abs=0.002)
    assert abs(turn_deg(math.degrees(math.atan2(east, north)), azimuth)) < 0.02
    assert distance_m(lat, lon, to_lat, to_lon) == pytest.approx(far, abs=1e-5)
    assert abs(turn_deg(bearing_deg(lat, lon, to_lat, to_lon), azimuth)) < 1e-4


@given(LAT, LON, st.floats(0, 360), st.floats(1, 1_000_000))
def test_a_jump_across_a_country_is_as_far_as_the_geodesic(lat: float, lon: float, azimuth: float, far: float) -> None:
    to_lon, to_lat, _ = Geod(ellps="WGS84").fwd(lon, lat, azimuth, far)
    assert distance_m(lat, lon, to_lat, to_lon) == pytest.approx(far, rel=1.3e-5)
    assert abs(turn_deg(bearing_deg(lat, lon, to_lat, to_lon), azimuth)) < 1e-3


@given(LAT, LON)
def test_nothing_lies_between_a_place_and_itself(lat: float, lon: float) -> None:
    assert distance_m(lat, lon, lat, lon) == bearing_deg(lat, lon, lat, lon) == 0.0


@given(LAT, NEAR_M, NEAR_M)
def test_the_antimeridian_is_no_border(lat: float, east: float, north: float) -> None:
    to_lat, to_lon = LocalFrame(lat, 180.0).to_latlon(east, north)
    assert -180.0 < to_lon <= 180.0
    assert LocalFrame(lat, -180.0).to_en(to_lat, to_lon) == pytest.approx((east, north), abs=1e-5)


@given(ANGLE)
def test_a_wrapped_angle_is_in_range_and_the_same_direction(angle: float) -> None:
    assert -180.0 < wrap_180(angle) <= 180.0
    assert 0.0 <= wrap_360(angle) < 360.0
    for wrapped in (wrap_180(angle), wrap_360(angle)):
        assert math.cos(math.radians(wrapped - angle)) == pytest.approx(1.0, abs=1e-6)


def test_a_hair_below_north_stays_under_360() -> None:
    assert wrap_360(-1e-17) == 0.0


@given(ANGLE, ANGLE, st.floats(0, 1))
def test_between_two_headings_lies_on_the_shorter_turn(start: float, end: float, share: float) -> None:
    middle = between_deg(start, end, share)
    assert abs(turn_deg(start, middle)) <= abs(turn_deg(start, end)) + 1e-6


def test_many_places_are_the_places_one_by_one() -> None:
    frame = LocalFrame(31.2, 121.4)
    places = np.array([[31.2001, 121.4002], [31.1999, 121.3998]])
    many = frame.many_to_en(places)
    assert many.shape == (2, 2)
    assert tuple(many[1]) == pytest.approx(frame.to_en(31.1999, 121.3998))
    assert frame.many_to_en(np.empty((0, 2))).shape == (0, 2)


def test_a_pole_is_no_origin() -> None:
    with pytest.raises(ValueError, match="no local frame"):
        LocalFrame(90.0, 0.0)
    with pytest.raises(ValueError, match="at least one place"):
        LocalFrame.around([])
