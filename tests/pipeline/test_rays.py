"""Angles, axes and pixels agree with each other."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.geo import turn_deg
from pipeline.pose import Mount
from pipeline.rays import Looks, angles_of, axes_of, mounted, pixel_of, ray_of
from tests.pipeline.sightings import CAMERA, pose_at

HEADING, PITCH, ROLL = st.floats(0, 359.99), st.floats(-89, 89), st.floats(-179, 179)


@given(HEADING, PITCH, ROLL)
def test_angles_come_back_from_their_axes(heading: float, pitch: float, roll: float) -> None:
    axes = axes_of(heading, pitch, roll)
    assert axes.T @ axes == pytest.approx(np.eye(3), abs=1e-12)
    assert np.linalg.det(axes) == pytest.approx(1.0)
    back = angles_of(axes)
    assert turn_deg(back.heading_deg, heading) == pytest.approx(0.0, abs=1e-6)
    assert (back.pitch_deg, back.roll_deg) == pytest.approx((pitch, roll), abs=1e-6)


@given(HEADING, PITCH, st.floats(1, 1279), st.floats(1, 719), st.floats(1, 100))
def test_a_point_along_a_pixels_ray_is_seen_at_that_pixel(
    heading: float, pitch: float, x: float, y: float, far: float
) -> None:
    pose = pose_at(0, 0, heading, pitch)
    ray = ray_of(CAMERA, pose, x, y)
    assert np.linalg.norm(ray) == pytest.approx(1.0)
    assert pixel_of(CAMERA, axes_of(heading, pitch), far * ray) == pytest.approx((x, y), abs=1e-6)
    assert pixel_of(CAMERA, axes_of(heading, pitch), -far * ray) is None


def test_the_signs_are_those_of_the_promise() -> None:
    east_and_down = ray_of(CAMERA, pose_at(0, 0, heading_deg=90.0, pitch_deg=-30.0), 640, 360)
    assert east_and_down == pytest.approx([math.cos(math.radians(30)), 0.0, -0.5])
    right_side_down = axes_of(0.0, 0.0, 10.0)[:, 0]
    assert right_side_down[2] < 0


@given(HEADING, st.floats(-180, 180), st.floats(-60, 60))
def test_a_level_carriers_yaw_and_the_mounts_yaw_add_up(course: float, yaw: float, pitch: float) -> None:
    looks = mounted(Looks(course, 0.0), Mount(2.0, pitch, yaw))
    assert turn_deg(looks.heading_deg, course + yaw) == pytest.approx(0.0, abs=1e-6)
    assert looks.pitch_deg == pytest.approx(pitch, abs=1e-6)
    assert looks.roll_deg == pytest.approx(0.0, abs=1e-6)


def test_a_nose_up_vehicle_rolls_its_side_camera() -> None:
    looks = mounted(Looks(0.0, 10.0), Mount(2.0, yaw_deg=90.0))
    assert (looks.heading_deg, looks.pitch_deg) == pytest.approx((90.0, 0.0), abs=1e-9)
    assert abs(looks.roll_deg) == pytest.approx(10.0)


def test_straight_down_keeps_the_heading() -> None:
    looks = angles_of(axes_of(37.0, -90.0))
    assert (looks.heading_deg, looks.pitch_deg) == pytest.approx((37.0, -90.0))
