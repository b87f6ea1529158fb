"""The unit that `steward edge unit` prints, under a real systemd."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.edge.footage import write_gpx, write_models, write_video
from tests.edge.supervision.system import PLACE, System, system, why_not

pytestmark = pytest.mark.slow
CONFIG = """
[device]
name = "car-1"
state_dir = "/var/lib/steward"
[server]
url = "http://127.0.0.1:9"
enrolment_code = "AAAA-AAAA-AAAA"
[model]
folder = "models"
[health]
listen = "127.0.0.1:0"
[[source]]
path = "drive.mp4"
"""


def patrolled(running: System, times: int) -> bool:
    return running.said().count("drive.mp4: traverse 1") >= times


def test_a_vehicles_service_is_started_watched_confined_and_ended_by_systemd(tmp_path: Path, root: Path) -> None:
    if (why := why_not()) is not None:
        pytest.skip(why)
    patrol = tmp_path / "patrol"
    patrol.mkdir()
    (patrol / "edge.toml").write_text(CONFIG, "utf-8")
    write_gpx(patrol / "drive.gpx", seconds=4)
    write_video(patrol / "drive.mp4")
    write_models(patrol / "models")
    command = [sys.executable, "-m", "steward", "edge", "unit", "--config", str(PLACE / "edge.toml")]
    unit = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout
    with system(tmp_path, unit, root) as running:
        running.until(lambda: running.show("ActiveState") == "active" and patrolled(running, 1))
        first = running.show("MainPID")
        assert int(running.run("stat", "--format=%u", f"/proc/{first}")) >= 61184  # where dynamic users begin
        owner = running.run("stat", "--format=%a %U", "/var/lib/private/steward")
        assert owner == "700 steward"
        limits = running.run("grep", "Max core file size", f"/proc/{first}/limits").split()
        assert limits[4:6] == ["0", "0"]
        worker = running.run("pgrep", "--parent", first).split()[0]
        running.run("kill", "-KILL", worker)
        running.until(lambda: running.run("pgrep", "--parent", first).split() not in ([], [worker]))
        assert running.show("MainPID") == first
        running.run("kill", "-KILL", first)
        running.until(lambda: running.show("MainPID") not in ("0", first) and running.show("ActiveState") == "active")
        assert running.show("NRestarts") == "1"
        assert not patrolled(running, 2)
        running.run("systemctl", "stop", "steward-edge.service")
        assert (running.show("ActiveState"), running.show("Result")) == ("inactive", "success")
        assert running.run("pgrep", "--full", "steward edge") == ""
