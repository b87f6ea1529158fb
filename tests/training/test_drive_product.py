"""The shipped drive in datasets/demo_drive: its parts agree with each other and with the code that made them."""

from __future__ import annotations

import copy
import json
import tomllib
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from pyproj import Geod

from training.drive.boxes import PRIVACY_LABELS
from training.drive.drive import write_records
from training.drive.layout import lay_out
from training.drive.poses import Lens, View, project
from training.drive.scene import PASSES
from training.sources import LABELS

GEOD = Geod(ellps="WGS84")


@pytest.fixture(scope="module")
def drive(root: Path) -> Path:
    return root / "datasets" / "demo_drive"


@pytest.fixture(scope="module")
def truth(drive: Path) -> dict[str, Any]:
    return dict(json.loads((drive / "truth.json").read_text("utf-8")))


@pytest.fixture(params=PASSES)
def one(request: pytest.FixtureRequest, truth: dict[str, Any]) -> dict[str, Any]:
    """One pass of the truth file."""
    return next(each for each in truth["passes"] if each["name"] == request.param)


def _rows(drive: Path, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (drive / f"{name}.boxes.jsonl").read_text("utf-8").splitlines()]


def _pixel(one: dict[str, Any], frame: dict[str, Any], thing: dict[str, Any]) -> np.ndarray:
    """Where the truth's own coordinates put the middle of a thing in the picture: x, y, depth."""
    azimuth, _, apart = GEOD.inv(frame["lon"], frame["lat"], thing["lon"], thing["lat"])
    offset = apart * np.array([np.sin(np.radians(azimuth)), np.cos(np.radians(azimuth)), 0.0])
    view = View(0.0, 0.0, frame["height_m"], 90.0 - frame["azimuth_deg"], frame["pitch_deg"], frame["roll_deg"])
    camera = one["camera"]
    lens = Lens(camera["width_px"], camera["height_px"], camera["hfov_deg"])
    return project(view, lens, (offset + np.array([0.0, 0.0, thing["height_m"]]))[None, :])[0]


def test_all_of_it_is_small_enough_for_a_repository(drive: Path) -> None:
    assert sum(path.stat().st_size for path in drive.iterdir()) <= 10_000_000


def test_the_records_are_what_the_code_writes_from_the_seed(drive: Path, truth: dict[str, Any], tmp_path: Path) -> None:
    write_records(lay_out(truth["scene_seed"]), None, tmp_path)
    fresh = json.loads((tmp_path / "truth.json").read_text("utf-8"))
    shipped = copy.deepcopy(truth)
    for thing in (*fresh["objects"], *shipped["objects"]):
        del thing["visible_in"], thing["frames_with_box"]
    assert fresh == shipped
    for path in tmp_path.iterdir():
        if path.name != "truth.json":
            assert path.read_text("utf-8") == (drive / path.name).read_text("utf-8"), path.name


def test_a_video_has_a_frame_for_every_true_pose_at_its_time(drive: Path, one: dict[str, Any]) -> None:
    with av.open(str(drive / f"{one['name']}.mp4")) as box:
        stream = box.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert datetime.fromisoformat(box.metadata["creation_time"]) == datetime.fromisoformat(one["start_utc"])
        times = [frame.pts * frame.time_base for frame in box.decode(stream)]
        shape = (stream.codec_context.width, stream.codec_context.height)
    assert times == [Fraction(index, one["fps"]) for index in range(len(one["frames"]))]
    assert shape == (one["camera"]["width_px"], one["camera"]["height_px"])


def test_label_files_are_well_formed(drive: Path, truth: dict[str, Any], one: dict[str, Any]) -> None:
    rows = _rows(drive, one["name"])
    assert [row["frame"] for row in rows] == list(range(len(one["frames"])))
    label_of = {thing["id"]: thing["label"] for thing in truth["objects"]}
    width, height = one["camera"]["width_px"], one["camera"]["height_px"]
    for row in rows:
        for box in row["boxes"]:
            assert box["label"] == label_of[box["id"]]
            assert box["label"] in LABELS
        assert all(box["label"] in PRIVACY_LABELS for box in row["private"])
        for box in (*row["boxes"], *row["private"]):
            x0, y0, x1, y1 = box["xyxy"]
            assert 0 <= x0 < x1 <= width
            assert 0 <= y0 < y1 <= height
            assert 0 < box["pixels"] <= (x1 - x0) * (y1 - y0)


def test_true_positions_fall_into_the_true_boxes(drive: Path, truth: dict[str, Any], one: dict[str, Any]) -> None:
    things = {thing["id"]: thing for thing in truth["objects"]}
    width, height = one["camera"]["width_px"], one["camera"]["height_px"]
    inside = checked = 0
    for row in _rows(drive, one["name"]):
        for box in row["boxes"]:
            x0, y0, x1, y1 = box["xyxy"]
            if x0 > 0 and y0 > 0 and x1 < width and y1 < height:
                x, y, depth = _pixel(one, one["frames"][row["frame"]], things[box["id"]])
                checked += 1
                inside += bool(depth > 0 and x0 - 2 <= x <= x1 + 2 and y0 - 2 <= y <= y1 + 2)
    # What stands before a thing may hide its middle, hence not all of them.
    assert checked > 100
    assert inside / checked > 0.9


def test_every_problem_is_seen_by_both_cars(truth: dict[str, Any]) -> None:
    for thing in truth["objects"]:
        if thing["category"] is not None:
            assert {"car_a", "car_b"} <= set(thing["visible_in"]), thing["id"]
            assert set(thing["visible_in"]) <= set(thing["stands_in"])


def test_every_pass_shows_faces_and_plates_to_hide(drive: Path, one: dict[str, Any]) -> None:
    private = {box["label"] for row in _rows(drive, one["name"]) for box in row["private"]}
    assert private == set(PRIVACY_LABELS) if one["name"] != "drone" else private <= set(PRIVACY_LABELS)


def test_each_pass_has_its_camera_and_a_receiver_bias_of_its_own(drive: Path, truth: dict[str, Any]) -> None:
    biases = []
    for one in truth["passes"]:
        camera = tomllib.loads((drive / f"{one['name']}.toml").read_text("utf-8"))
        assert camera["camera"]["hfov_deg"] == one["camera"]["hfov_deg"]
        assert camera["mount"] == one["mount"]
        biases.append((one["gnss_mean_error_m"]["east"], one["gnss_mean_error_m"]["north"]))
    a, b, _ = np.array(biases)
    assert 1.5 < np.hypot(*a) < 4.5
    assert 1.5 < np.hypot(*b) < 4.5
    assert np.hypot(*(a - b)) > 1.0
