"""`steward edge inspect` as a process: what it leaves, and that bad input leaves nothing."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.edge.footage import (
    AHEAD_M,
    FACE,
    FRAMES,
    HEIGHT,
    LAT,
    LON,
    WIDTH,
    picture,
    write_gpx,
    write_models,
    write_photos,
    write_video,
)
from tests.edge.running import steward

SMALL_DISK_BYTES = 8_000


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a drive, its telemetry, its camera, photos and models."""
    folder = tmp_path_factory.mktemp("place")
    write_video(folder / "clip.mp4", FRAMES, options={"movflags": "faststart"})
    write_gpx(folder / "clip.gpx")
    write_models(folder / "models")
    write_photos(folder / "walk", 3)
    (folder / "camera.toml").write_text("[camera]\nhfov_deg = 70.0\n[mount]\nheight_m = 1.8\n")
    return folder


@pytest.fixture(scope="module")
def found(place: Path, root: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """The results of inspecting the drive, and the summary that was printed.

    The tests' detector boxes whole cells of a coarse grid: looked at in every frame, what stays in one cell seems to
    move along with the vehicle, and what moves is no litter.
    """
    out = tmp_path_factory.mktemp("results") / "found"
    done = steward(
        "inspect", place / "clip.mp4", "--camera", place / "camera.toml", "--distance", "1.5",
        "--models", place / "models", "--out", out, "--json", root=root,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return out, json.loads(done.stdout)


def test_the_litter_is_found_where_it_lies(found: tuple[Path, dict[str, Any]]) -> None:
    out, _ = found
    seen = json.loads((out / "observations.json").read_text("utf-8"))["observations"]
    assert {one["category"] for one in seen} == {"litter"}
    lat, lon = LAT + AHEAD_M / 110_852.0, LON + 1.0 / 96_486.0
    place = max(seen, key=lambda one: one["attributes"]["hits"])["position"]
    # All boxes of the tests' detector are of one size, so along the way the place is known to some metres only.
    north_m, east_m = (place["lat"] - lat) * 110_852.0, (place["lon"] - lon) * 96_486.0
    assert math.hypot(north_m, east_m) < 3.0
    assert abs(north_m) < math.sqrt(place["nn"])
    assert abs(east_m) < math.sqrt(place["ee"])


def test_the_summary_counts_every_frame(found: tuple[Path, dict[str, Any]]) -> None:
    _, summary = found
    frames = summary["frames"]
    assert frames["seen"] == FRAMES
    assert frames["analysed"] + sum(frames["skipped"].values()) + sum(frames["quarantined"].values()) == FRAMES
    assert summary["telemetry"]["kind"] == "gpx"
    assert summary["seconds"] > 0


def test_the_map_shows_observations_and_the_way(found: tuple[Path, dict[str, Any]]) -> None:
    out, summary = found
    features = json.loads((out / "observations.geojson").read_text("utf-8"))["features"]
    points = [one for one in features if (one["geometry"] or {}).get("type") == "Point"]
    assert len(points) == summary["observations"]["located"]
    assert any(one["geometry"]["type"] == "LineString" for one in features)
    assert all((out / path).is_file() for one in points for path in one["properties"]["evidence"])


def test_every_named_picture_is_there_and_no_other(found: tuple[Path, dict[str, Any]]) -> None:
    out, summary = found
    told = json.loads((out / "observations.json").read_text("utf-8"))
    named = {item["sha256"] for one in told["observations"] for item in one["evidence"]}
    assert {path.stem for path in (out / "evidence").iterdir()} == named
    assert summary["pictures"]["kept"] == len(named) > 0


def stripes(image: NDArray[np.uint8]) -> float:
    """How much of the face's stripes is left where it hangs: the spread of green along a row."""
    x1, y1, x2, y2 = FACE
    return float(image[y1 + 6 : y2 - 6, x1 + 6 : x2 - 6, 1].astype(float).std(axis=1).mean())


def test_no_face_leaves_the_vehicle(found: tuple[Path, dict[str, Any]]) -> None:
    out, summary = found
    assert stripes(picture(0)) > 30
    wide = [image for path in (out / "evidence").iterdir() if (image := cv2.imread(str(path))).shape[1] == WIDTH]
    assert wide
    assert max(stripes(np.asarray(image, np.uint8)) for image in wide) < 8
    with av.open(str(out / "annotated.mp4")) as container:
        shown = [frame.to_ndarray(format="bgr24") for frame in container.decode(video=0)]
    assert len(shown) == summary["frames"]["analysed"] > 3
    assert shown[0].shape == (HEIGHT, WIDTH, 3)
    assert max(stripes(np.asarray(image, np.uint8)) for image in shown) < 8


def test_photos_without_a_position_are_inspected_and_said_to_have_no_place(
    place: Path, root: Path, tmp_path: Path
) -> None:
    done = steward("inspect", place / "walk", "--models", place / "models", "--out", tmp_path / "found", root=root)
    assert done.returncode == 0, done.stderr
    assert "3 seen = 3 analysed" in done.stdout
    assert "no photo carries a position" in done.stdout
    assert (tmp_path / "found" / "contact_sheet.jpg").is_file()
    seen = json.loads((tmp_path / "found" / "observations.json").read_text("utf-8"))["observations"]
    assert seen
    assert all(one["position"] is None for one in seen)


def _truncated(folder: Path) -> None:
    content = (folder / "clip.mp4").read_bytes()
    (folder / "clip.mp4").write_bytes(content[: len(content) // 2])


def _other_model(folder: Path) -> None:
    weights = folder / "models" / "weights" / "street.onnx"
    weights.write_bytes(weights.read_bytes() + b"\0")


BAD: dict[str, tuple[Callable[[Path], object], tuple[str, ...], str]] = {
    "truncated video": (_truncated, (), "clip.mp4, at 0:"),
    "text for a video": (lambda at: (at / "clip.mp4").write_text("hello"), (), "clip.mp4, byte 0 of 5: not a video"),
    "no footage": (lambda at: (at / "clip.mp4").unlink(), (), "clip.mp4: there is no such file"),
    "empty telemetry": (lambda at: (at / "clip.gpx").write_text(""), (), "clip.gpx: the file is empty"),
    "foreign telemetry": (lambda at: (at / "clip.gpx").write_text("hello world\n"), (), "clip.gpx"),
    "telemetry is a picture": (
        lambda at: shutil.copy(at / "walk" / "8.jpg", at / "clip.gpx"),
        (),
        "clip.gpx",
    ),
    "model without its card's digest": (_other_model, (), "street.onnx: its SHA-256"),
    "no such zones": (lambda at: None, ("--zones", "zones.geojson"), "zones.geojson: there is no such file"),
    "zones that are none": (
        lambda at: (at / "zones.geojson").write_text("[]"),
        ("--zones", "zones.geojson"),
        "zones.geojson: not a GeoJSON",
    ),
    "camera with a wrong field": (
        lambda at: (at / "camera.toml").write_text("[camera]\nfov = 3\n"),
        ("--camera", "camera.toml"),
        "camera.toml, field camera.fov",
    ),
    "a place that is in use": (lambda at: (at / "found").mkdir() or (at / "found" / "x").touch(), (), "not empty"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_clear_line_and_leaves_nothing(case: str, place: Path, root: Path, tmp_path: Path) -> None:
    spoil, words, said = BAD[case]
    here = tmp_path / "here"
    shutil.copytree(place, here)
    spoil(here)
    before = sorted(path.name for path in here.iterdir())
    named = [str(here / word) if "." in word else word for word in words]
    done = steward(
        "inspect", here / "clip.mp4", "--models", here / "models", "--out", here / "found", *named, root=root
    )  # fmt: skip
    assert done.returncode == 2, done.stdout + done.stderr
    assert done.stderr.startswith("steward: ")
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert "Traceback" not in done.stderr
    assert sorted(path.name for path in here.iterdir()) == before


def test_a_full_disk_is_said_and_leaves_nothing(place: Path, root: Path, tmp_path: Path) -> None:
    done = steward(
        "inspect", place / "clip.mp4", "--distance", "0", "--models", place / "models", "--out", tmp_path / "found",
        root=root, disk_bytes=SMALL_DISK_BYTES,
    )  # fmt: skip
    assert done.returncode == 2, done.stdout + done.stderr
    assert "the disk is full" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_footage_is_taken_from_a_vehicle_or_a_drone_alone(place: Path, root: Path, tmp_path: Path) -> None:
    asked = ["inspect", place / "clip.mp4", "--models", place / "models", "--out", tmp_path / "found"]
    done = steward(*asked, "--kind", "citizen", root=root)
    assert done.returncode == 2
    assert "citizen" in done.stderr
    assert "drone" in done.stderr
    assert not (tmp_path / "found").exists()


def test_telemetry_of_another_day_is_refused_with_both_times(place: Path, root: Path, tmp_path: Path) -> None:
    clip = write_video(tmp_path / "clip.mp4", FRAMES, metadata={"creation_time": "2026-03-02T02:00:00.000000Z"})
    done = steward(
        "inspect", clip, "--telemetry", place / "clip.gpx", "--models", place / "models", "--out", tmp_path / "found",
        root=root,
    )  # fmt: skip
    assert done.returncode == 2
    assert "covers 2026-03-01 02:00:00" in done.stderr
    assert "taken from 2026-03-02 02:00:00" in done.stderr
    assert not (tmp_path / "found").exists()


def test_closer_looks_that_would_be_farther_apart_are_refused_before_anything_is_looked_at(
    place: Path, root: Path, tmp_path: Path
) -> None:
    done = steward(
        "inspect", place / "clip.mp4", "--distance", "1", "--closer", "2", "--models", place / "models", "--out",
        tmp_path / "found", root=root,
    )  # fmt: skip
    assert done.returncode == 2
    assert "closer looks every 2 m are no closer than the others, every 1 m" in done.stderr
    assert not (tmp_path / "found").exists()


@pytest.mark.parametrize("command", ["inspect", "run", "enrol", "doctor"])
def test_every_command_shows_an_example(command: str, root: Path) -> None:
    assert f"Example: steward edge {command}" in steward(command, "--help", root=root).stdout
