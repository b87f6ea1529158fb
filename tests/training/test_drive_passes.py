"""The passes over a block: camera geometry, receiver error and the telemetry that loggers would write."""

from __future__ import annotations

import itertools
import math
import re
import tomllib
import xml.etree.ElementTree as ET
from datetime import datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from training.drive.layout import lay_out
from training.drive.passes import Plan, moments, plans, readings
from training.drive.place import azimuth_deg, spot
from training.drive.poses import Lens, View, middle, outline, project
from training.drive.telemetry import camera_toml, gpx_text, srt_text

BLOCK = lay_out(12)
GEOD = Geod(ellps="WGS84")


@pytest.fixture(params=plans(BLOCK), ids=lambda plan: plan.name)
def plan(request: pytest.FixtureRequest) -> Plan:
    return request.param


def test_a_street_point_lies_where_its_metres_say() -> None:
    where = spot(BLOCK, 60.0, -8.0)
    bearing, _, apart = GEOD.inv(BLOCK.origin_lon, BLOCK.origin_lat, where.lon, where.lat)
    assert apart == pytest.approx(math.hypot(60.0, 8.0), abs=0.01)
    assert bearing % 360 == pytest.approx(azimuth_deg(BLOCK, math.degrees(math.atan2(-8.0, 60.0))), abs=0.05)


@given(st.floats(-180, 180), st.floats(-80, 20), st.floats(-10, 10), st.floats(1, 60))
def test_a_point_straight_ahead_falls_on_the_middle_of_the_picture(
    yaw: float, pitch: float, roll: float, range_m: float
) -> None:
    lens, view = Lens(960, 540, 80.0), View(3.0, -2.0, 1.9, yaw, pitch, roll)
    axes = view.axes()
    assert np.allclose(axes @ axes.T, np.eye(3), atol=1e-9)
    seen = project(view, lens, np.array([[3.0, -2.0, 1.9]]) + axes[2] * range_m)
    assert seen[0] == pytest.approx([480.0, 270.0, range_m], abs=1e-6)


def test_right_is_right_and_down_is_down() -> None:
    lens, view = Lens(960, 540, 80.0), View(0, 0, 1.9, 0, 0, 0)
    right, ground = project(view, lens, np.array([[10.0, -3.0, 1.9], [10.0, 0.0, 0.0]]))
    assert right[0] > 480
    assert right[1] == pytest.approx(270)
    assert ground[1] > 270


def test_a_camera_rolled_clockwise_sees_the_world_turn_counter_clockwise() -> None:
    lens = Lens(960, 540, 80.0)
    right = project(View(0, 0, 1.9, 0, 0, 5.0), lens, np.array([[10.0, -3.0, 1.9]]))[0]
    assert right[1] < 270


def test_a_thing_behind_the_camera_has_no_outline() -> None:
    assert outline(View(60, 0, 1.9, 0, 0, 0), Lens(960, 540, 80), BLOCK.thing("litter-1")) is None


def test_frames_are_evenly_timed_and_the_vehicle_moves_on(plan: Plan) -> None:
    frames = moments(BLOCK, plan)
    assert {b.utc_ns - a.utc_ns for a, b in itertools.pairwise(frames)} == {10**9 // plan.fps}
    steps = np.diff([frame.view.x_m for frame in frames]) * (1 if plan.forward else -1)
    assert (steps > 0).all()
    assert np.allclose(steps * plan.fps, plan.speed_mps, rtol=0.1)


def test_every_problem_comes_into_the_picture(plan: Plan) -> None:
    frames = moments(BLOCK, plan)
    for thing in (thing for thing in BLOCK.things if thing.category):
        centres = [project(frame.view, plan.lens, middle(thing))[0] for frame in frames]
        inside = [
            c for c in centres if 1 < c[2] < 30 and 0 < c[0] < plan.lens.width_px and 0 < c[1] < plan.lens.height_px
        ]
        assert len(inside) >= 4, thing.id


def test_the_receiver_errs_by_a_slow_bias_of_its_own(plan: Plan) -> None:
    heard = readings(BLOCK, plan, moments(BLOCK, plan))
    errors = np.array([(each.error_east_m, each.error_north_m) for each in heard])
    assert np.hypot(*errors.mean(axis=0)) == pytest.approx(plan.bias_m, abs=1.0)
    assert errors.std(axis=0).max() < 0.8
    assert heard == readings(BLOCK, plan, moments(BLOCK, plan))


def test_gpx_reads_back_as_what_the_receiver_said() -> None:
    plan = plans(BLOCK)[0]
    frames = moments(BLOCK, plan)
    heard = readings(BLOCK, plan, frames)
    names = {"g": "http://www.topografix.com/GPX/1/1", "x": "http://www.garmin.com/xmlschemas/TrackPointExtension/v2"}
    points = ET.fromstring(gpx_text(plan.name, heard)).findall(".//g:trkpt", names)  # noqa: S314 - written just now
    assert len(points) == len(heard)
    for point, each in zip(points, heard, strict=True):
        assert float(point.attrib["lat"]) == pytest.approx(each.spot.lat, abs=1e-8)
        assert float(point.attrib["lon"]) == pytest.approx(each.spot.lon, abs=1e-8)
        assert datetime.fromisoformat(point.findtext("g:time", "", names)).timestamp() * 1e9 == each.utc_ns
        assert float(point.findtext(".//x:speed", "", names)) == pytest.approx(each.speed_mps, abs=0.01)
        assert float(point.findtext(".//x:course", "", names)) == pytest.approx(each.course_deg, abs=0.1)
    assert heard[0].utc_ns == frames[0].utc_ns
    assert heard[-1].utc_ns > frames[-1].utc_ns
    assert {b.utc_ns - a.utc_ns for a, b in itertools.pairwise(heard)} == {10**9}


def test_the_drones_subtitles_have_a_block_for_each_frame() -> None:
    plan = plans(BLOCK)[2]
    frames = moments(BLOCK, plan)
    heard = readings(BLOCK, plan, frames)
    blocks = srt_text(BLOCK, plan, frames, heard).strip().split("\n\n")
    assert len(blocks) == len(frames)
    for number, (block, each, frame) in enumerate(zip(blocks, heard, frames, strict=True), start=1):
        lines = block.splitlines()
        assert lines[0] == str(number)
        assert re.fullmatch(r"00:00:\d\d,\d{3} --> 00:00:\d\d,\d{3}", lines[1])
        values = dict(re.findall(r"(\w+): (-?[\d.]+)", block))
        assert float(values["latitude"]) == pytest.approx(each.spot.lat, abs=1e-7)
        assert float(values["longitude"]) == pytest.approx(each.spot.lon, abs=1e-7)
        assert float(values["gb_pitch"]) == pytest.approx(frame.view.pitch_deg, abs=0.06)
        assert float(values["gb_yaw"]) % 360 == pytest.approx(azimuth_deg(BLOCK, frame.view.yaw_deg), abs=0.06)


def test_the_camera_file_is_toml_with_the_mount(plan: Plan) -> None:
    read = tomllib.loads(camera_toml(plan))
    assert read["camera"] == {"width": 960, "height": 540, "hfov_deg": plan.lens.hfov_deg}
    assert read["mount"] == {
        "height_m": plan.height_m, "pitch_deg": plan.pitch_deg, "yaw_deg": plan.yaw_deg, "roll_deg": 0.0,
    }  # fmt: skip
