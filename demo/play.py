"""The demo as processes: one server, one edge worker a pass, all on the loopback address.

Every child is started here, its output goes to a log in the demo's home, and it is ended here, by its own id.
"""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from demo.errors import DemoError
from demo.report import Order

STEWARD = (sys.executable, "-m", "steward")
START_S = 180.0
PASS_S = 900.0


@dataclass(frozen=True, slots=True)
class Pass:
    """One drive of the demo: a video with its telemetry and camera, made by a device of one kind."""

    name: str
    kind: str
    video: Path
    telemetry: Path
    camera: Path


@dataclass(frozen=True, slots=True)
class Login:
    name: str
    role: str
    password: str


@dataclass(frozen=True, slots=True)
class Server:
    """A running server process and the people who may sign in."""

    url: str
    logins: tuple[Login, ...]
    child: subprocess.Popen[bytes]


def passes_of(drive: Path) -> tuple[Pass, ...]:
    """The passes that a drive folder holds: `car_*.mp4` with GPX and `drone*.mp4` with SRT, in the order of names."""
    found = []
    for video in sorted(drive.glob("*.mp4")):
        kind = "drone" if video.stem.startswith("drone") else "vehicle"
        telemetry = video.with_suffix(".srt" if kind == "drone" else ".gpx")
        camera = video.with_suffix(".toml")
        for needed in (telemetry, camera):
            if not needed.is_file():
                raise DemoError(f"{video}: {needed.name} is missing beside it")
        found.append(Pass(video.stem, kind, video, telemetry, camera))
    if not found:
        raise DemoError(f"{drive}: there is no drive here (expected *.mp4 with its telemetry)")
    return tuple(found)


def free_port() -> int:
    """A port of the loopback address that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def serving(home: Path, setup: Path, port: int, models: Path | None = None) -> Iterator[Server]:
    """A fresh server in `home`/server while the block runs; it is ended, by its process id, when the block ends."""
    folder = home / "server"
    logins = tuple(
        Login(name=str(one["name"]), role=str(one["role"]), password=str(one["password"]))
        for one in _json_of("server", "init", "--home", str(folder), "--setup", str(setup), "--json")["people"]
    )
    url = f"http://127.0.0.1:{port}"
    with (home / "server.log").open("ab") as log:
        words = ["server", "run", "--home", str(folder), "--port", str(port), *_models(models)]
        child = subprocess.Popen([*STEWARD, *words], stdout=log, stderr=log)
        try:
            _wait_until_up(url, child, home / "server.log")
            yield Server(url, logins, child)
        finally:
            child.terminate()
            try:
                child.wait(10)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


def device_code(home: Path) -> str:
    """A one-time enrolment code from the server's own command line."""
    return str(_json_of("server", "device-code", "--home", str(home / "server"), "--json")["code"])


def write_edge_config(home: Path, drive: Path, one: Pass, url: str, code: str, models: Path | None = None) -> Path:
    """The worker's configuration for one pass, as a city would write it."""
    state = home / one.name
    state.mkdir(parents=True)
    path = state / "edge.toml"
    path.write_text(
        f"""# Made by `steward demo` for the pass {one.name}.
[device]
name = "{one.name}"
kind = "{one.kind}"
state_dir = "{state}"
until_empty = true

[server]
url = "{url}"
enrolment_code = "{code}"

[[source]]
path = "{one.video}"
telemetry = "{one.telemetry}"
camera = "{one.camera}"
zones = "{drive / "zones.geojson"}"
bins = "{drive / "bins.geojson"}"
clock_offset_s = 0.0    # camera and receiver of the demo drive share one clock
"""
        + (f'\n[model]\nfolder = "{models.resolve()}"\n' if models else ""),
        "utf-8",
    )
    return path


def patrol(home: Path, config: Path, one: Pass) -> None:
    """One pass, from footage to an empty outbox."""
    log_path = home / f"{one.name}.log"
    with log_path.open("ab") as log:
        try:
            done = subprocess.run(
                [*STEWARD, "edge", "run", "--config", str(config)], stdout=log, stderr=log, timeout=PASS_S, check=False
            )
        except subprocess.TimeoutExpired:
            raise DemoError(f"the pass {one.name} was not through after {PASS_S:.0f} s; see {log_path}") from None
    if done.returncode != 0:
        raise DemoError(
            f"the pass {one.name} ended with exit code {done.returncode}; see {log_path}\n{_tail(log_path)}"
        )


def orders_of(home: Path) -> tuple[Order, ...]:
    """Every work order the server holds, from its own command line."""
    lines = _json_of("server", "orders", "--home", str(home / "server"), "--json")["items"]
    return tuple(
        Order(
            id=str(line["number"]),
            case_id=line["case_id"],
            category=line["category"],
            lat=line["lat"],
            lon=line["lon"],
            grid=line["grid_id"],
            assignee=line["assignee_name"],
            due=line["due_at"],
            observations=line["sightings"],
        )
        for line in lines
    )


def _models(folder: Path | None) -> tuple[str, ...]:
    return () if folder is None else ("--models", str(folder))


def _json_of(*words: str) -> dict[str, Any]:
    done = subprocess.run([*STEWARD, *words], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise DemoError(f"`steward {' '.join(words)}` failed with exit code {done.returncode}:\n{done.stderr.strip()}")
    return dict(json.loads(done.stdout))


def _wait_until_up(url: str, child: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + START_S
    while time.monotonic() < until:
        if child.poll() is not None:
            raise DemoError(f"the server ended with exit code {child.returncode}; see {log}\n{_tail(log)}")
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(f"{url}/healthz", timeout=2).is_success:
                return
        time.sleep(0.2)
    raise DemoError(f"the server did not answer within {START_S:.0f} s; see {log}\n{_tail(log)}")


def _tail(log: Path) -> str:
    return "\n".join(log.read_text("utf-8", "replace").splitlines()[-5:])
