"""What errors of a pose are worth in pixels."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.sight import Noise, Sight
from pipeline.track import View
from tests.pipeline.sightings import CAMERA, pose_at

NOISE = Noise()


def looking_at(away_m: float, height_m: float) -> Sight:
    """One view from a camera at this height that points at a place on the ground so far ahead."""
    down_deg = math.degrees(math.atan2(height_m, away_m))
    pose = replace(pose_at(0.0, 0.0), height_m=height_m, heading_deg=0.0, pitch_deg=-down_deg)
    middle = (CAMERA.cx_px - 20.0, CAMERA.cy_px - 20.0, CAMERA.cx_px + 20.0, CAMERA.cy_px + 20.0)
    return Sight.of([View(0, 0, middle, 0.9, pose)], CAMERA, NOISE)


@given(st.floats(2.0, 60.0), st.floats(1.2, 60.0))
def test_position_noise_moves_a_box_by_what_moving_the_camera_moves_it(away_m: float, height_m: float) -> None:
    sight = looking_at(away_m, height_m)
    place = np.array([0.0, away_m])
    moved = np.array([[0.0, away_m, -height_m], [1e-3, away_m, -height_m], [0.0, away_m + 1e-3, -height_m]])
    still, east, north = sight.pixels(moved.T[None, None], np.zeros((1, 4)))[0, 0].T
    rates = abs(east[0] - still[0]) / 1e-3, abs(north[1] - still[1]) / 1e-3
    told = sight.jitter_px(place, NOISE)[0]
    np.testing.assert_allclose(told, np.array(rates) * NOISE.jitter_m, rtol=2e-3)


@given(st.floats(-3.0, 3.0), st.floats(-0.1, 0.1))
def test_a_roll_and_a_longer_lens_move_what_is_seen_as_a_camera_so_rolled_and_so_long_sees_it(
    roll_deg: float, zoom: float
) -> None:
    points = np.array([[3.0, 20.0, -1.5], [-6.0, 12.0, -2.0], [0.0, 30.0, 2.0]]).T
    told = looking_at(30.0, 2.0)
    view, longer = told.views[0], math.exp(zoom)
    pose = replace(told.poses[0], roll_deg=roll_deg)
    camera = replace(CAMERA, fx_px=longer * CAMERA.fx_px, fy_px=longer * CAMERA.fy_px)
    was = Sight.of([replace(view, pose=pose)], camera, NOISE)
    seen = told.pixels(points[None, None], np.array([[0.0, 0.0, math.radians(roll_deg), zoom]]))
    np.testing.assert_allclose(seen, was.pixels(points[None, None], np.zeros((1, 4))), atol=1e-6)


def test_what_a_gimbal_measures_errs_alike_in_every_view() -> None:
    """A mount sways; so a box's sides are surer where the angles are measured, and what all views share is larger."""
    pose = replace(pose_at(0.0, 0.0), heading_sigma_deg=2.0, pitch_sigma_deg=1.0)
    view = View(0, 0, (400.0, 300.0, 440.0, 340.0), 0.9, pose)
    mounted, steadied = (
        Sight.of([replace(view, pose=replace(pose, steadied=way))], CAMERA, NOISE) for way in (False, True)
    )
    assert (steadied.sway_px < mounted.sway_px).all()
    (common, new), (steady, hardly) = (NOISE.angles_deg(replace(pose, steadied=way)) for way in (False, True))
    assert (steady > common).all()
    assert (hardly < new).all()
    np.testing.assert_allclose(np.hypot(common, new), [2.0, 1.0])
