"""Real footage through the real command: positions found by themselves, every frame counted.

The detectors are the tests' own, which see colours: what is looked at here is everything around them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.edge.footage import write_models
from tests.edge.running import steward

pytestmark = pytest.mark.shared


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_models(tmp_path_factory.mktemp("models"))


def inspected(root: Path, models: Path, footage: Path, out: Path, *words: str) -> dict[str, Any]:
    done = steward("inspect", footage, "--models", models, "--out", out, "--json", *words, root=root)
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads((out / "observations.json").read_text("utf-8"))
    assert told["summary"]["frames"]["seen"] == sum(wire["frames"]["seen"] for wire in told["traverses"])
    return told


def test_geotagged_street_photos_tell_the_way_they_were_taken(
    shared_data: Path, models: Path, root: Path, tmp_path: Path
) -> None:
    told = inspected(root, models, shared_data / "footage" / "lund_street", tmp_path / "found")
    poses = told["traverses"][0]["poses"]
    assert told["summary"]["telemetry"]["kind"] == "exif"
    assert told["summary"]["frames"]["seen"] == len(poses) == 15
    assert all(55.5 < pose["lat"] < 56.0 and 13.0 < pose["lon"] < 13.5 for pose in poses)
    assert poses == sorted(poses, key=lambda pose: pose["odometer_m"])
    assert (tmp_path / "found" / "contact_sheet.jpg").is_file()


def test_a_gopro_clip_brings_its_own_positions(shared_data: Path, models: Path, root: Path, tmp_path: Path) -> None:
    told = inspected(root, models, shared_data / "footage" / "max-heromode.mp4", tmp_path / "found")
    frames, telemetry = told["summary"]["frames"], told["summary"]["telemetry"]
    assert (telemetry["kind"], telemetry["fixes"] + sum(telemetry["rejected"].values())) == ("gpmf", 191)
    assert frames["seen"] == 315
    assert frames["skipped"]["too_close"] > frames["analysed"] > 0
    assert (tmp_path / "found" / "annotated.mp4").is_file()


def test_a_dashcam_clip_without_positions_is_inspected_all_the_same(
    shared_data: Path, models: Path, root: Path, tmp_path: Path
) -> None:
    words = ("--no-annotate",)
    told = inspected(root, models, shared_data / "footage" / "udacity_test_video.mp4", tmp_path / "found", *words)
    assert told["summary"]["frames"]["analysed"] == 38
    assert told["summary"]["observations"]["located"] == 0
    assert any("observations have no place" in note for note in told["summary"]["notes"])
    assert not (tmp_path / "found" / "annotated.mp4").exists()
