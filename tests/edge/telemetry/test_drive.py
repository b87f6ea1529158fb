"""The demo drive's own telemetry gives the poses that its truth file has, but for the receiver's error."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge.telemetry.open import read_telemetry
from pipeline.geo import LocalFrame, turn_deg
from pipeline.pose import Mount, Pose
from pipeline.timeline import Timeline


@pytest.fixture(scope="module")
def drive(root: Path) -> Path:
    return root / "datasets" / "demo_drive"


@pytest.mark.parametrize(("name", "kind"), [("car_a", "gpx"), ("car_b", "gpx"), ("drone", "srt")])
def test_a_passs_telemetry_gives_its_true_poses_but_for_the_receivers_error(drive: Path, name: str, kind: str) -> None:
    truth = json.loads((drive / "truth.json").read_text("utf-8"))
    told: dict[str, Any] = next(row for row in truth["passes"] if row["name"] == name)
    start_ns = round(datetime.fromisoformat(told["start_utc"]).timestamp() * 1000) * 1_000_000
    mount = Mount(**{key: told["mount"][key] for key in ("height_m", "pitch_deg", "yaw_deg", "roll_deg")})
    timeline = Timeline(read_telemetry(drive / f"{name}.{kind}").fixes, mount, start_utc_ns=start_ns)
    frame, bias = LocalFrame(truth["origin"]["lat"], truth["origin"]["lon"]), told["gnss_mean_error_m"]
    away, turns, tilts = [], [], []
    for row in told["frames"]:
        pose = timeline.pose(row["index"], row["index"] * 10**9 // told["fps"])
        assert isinstance(pose, Pose)
        east, north = frame.to_en(pose.lat, pose.lon)
        true_east, true_north = frame.to_en(row["lat"], row["lon"])
        away.append(np.hypot(east - true_east - bias["east"], north - true_north - bias["north"]))
        turns.append(turn_deg(pose.heading_deg, row["azimuth_deg"]))
        tilts.append(pose.pitch_deg - row["pitch_deg"])
        assert pose.height_m == pytest.approx(row["height_m"], abs=0.05)
        assert np.hypot(bias["east"], bias["north"]) < 2.5 * pose.sigma_m
    assert max(away) < 1.5, "what is left of the error within a pass"
    assert np.abs(turns).max() < 3.0
    assert abs(float(np.mean(turns))) < 1.0
    assert np.abs(tilts).max() < 1.0
