"""`steward edge run` with live cameras and a live receiver, as a process: what it saw is kept, it ends when told."""

from __future__ import annotations

import json
import re
import signal
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from edge.config import read_config
from edge.doctor import examine
from edge.outbox.outbox import Outbox
from edge.outbox.parcels import ItemKind
from tests.edge.footage import LAT, LON, write_models
from tests.edge.loopback import CODE, City, serving
from tests.edge.receivers import talking
from tests.edge.rtsp import LOOP, Film, playing
from tests.edge.running import Running
from tests.ports import free_port
from tests.waiting import PATIENCE_S, ask, until


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_models(tmp_path_factory.mktemp("live") / "models")


def write_config(
    place: Path, models: Path, server: str, cameras: dict[str, str], serial: str | None, stall_s: float = 30.0
) -> Path:
    live = "".join(
        f'[[live]]\nname = "{name}"\naddress = "{url}"\nstall_s = {stall_s}\n' for name, url in cameras.items()
    )
    path = place / "edge.toml"
    path.write_text(
        f'[device]\nname = "car-07"\nstate_dir = "state"\n[server]\nurl = "{server}"\nenrolment_code = "{CODE}"\n'
        f'[model]\nfolder = "{models}"\n[health]\nlisten = "127.0.0.1:{free_port()}"\n'
        + (f'[telemetry]\nserial = "{serial}"\n' if serial else "")
        + live,
        "utf-8",
    )
    return path


def bodies(state: Path) -> list[dict[str, Any]]:
    """The traverses that wait in an outbox, taken out of it."""
    found = []
    with closing(Outbox.open(state / "outbox.sqlite3")) as outbox:
        while (item := outbox.claim()) is not None:
            if item.kind is ItemKind.TRAVERSE:
                found.append(json.loads(item.body))
            outbox.acknowledge(item.id)
    return found


def health(place: Path, kind: str = "healthz") -> httpx.Response:
    """What the worker there says of itself."""
    table = read_config(place / "edge.toml").health
    assert table is not None
    return ask("GET", f"http://{table.listen}/{kind}")


def watch(run: Running, place: Path, frames: int, *cameras: str, connection: int = 1) -> None:
    """Until so many frames of each camera have come, after so many connections, and more than a sixth was looked at."""

    def seen() -> bool:
        assert run.process.poll() is None, run.said
        told = health(place).json()
        said = [told["parts"][f"camera {name}"]["said"] for name in cameras]
        came = [re.search(r" (\d+) frames, connection (\d+)$", one) for one in said]
        enough = all(one is not None and int(one[1]) >= frames and int(one[2]) >= connection for one in came)
        return enough and told["frames"]["analysed"] > len(cameras) * frames / 6

    until(seen, told=lambda: run.said)


def frames_of(traverse: dict[str, Any]) -> int:
    counts = traverse["frames"]
    left_out = sum(counts["skipped"].values()) + sum(counts["quarantined"].values())
    assert counts["seen"] == counts["analysed"] + left_out
    return int(counts["seen"])


def test_two_cameras_and_one_receiver_see_the_street_and_a_stop_keeps_it(
    models: Path, root: Path, tmp_path: Path
) -> None:
    front, rear = Film(credentials="ben:hush"), Film()
    with playing(front) as one, playing(rear) as two, talking() as serial:
        # Nobody serves there: what is found waits in the outbox, where the test can read it.
        config = write_config(tmp_path, models, "http://127.0.0.1:9", {"front": one, "rear": two}, serial)
        run = Running(config, root)
        run.wait_for("gives positions")
        watch(run, tmp_path, 2 * LOOP + 20, "front", "rear")
        run.process.send_signal(signal.SIGTERM)
        assert run.end() == 0, run.said
    assert "hush" not in run.said
    first, second = bodies(tmp_path / "state")
    assert first["id"] != second["id"]
    for traverse in (first, second):
        assert traverse["clock"] == "gnss"
        assert frames_of(traverse) >= 30
        assert sum(traverse["frames"]["skipped"].values()) > traverse["frames"]["analysed"] > 5
        assert all(abs(pose["lat"] - LAT) < 0.01 and abs(pose["lon"] - LON) < 0.001 for pose in traverse["poses"])
        assert {seen["category"] for seen in traverse["observations"]} == {"litter"}
        assert any(seen["position"] is not None for seen in traverse["observations"])


@pytest.mark.slow
def test_a_camera_that_is_away_for_a_while_makes_two_passes_and_the_server_gets_both(
    models: Path, root: Path, tmp_path: Path
) -> None:
    city, film = City(), Film()
    with serving(city) as server, playing(film) as url, talking() as serial:
        run = Running(write_config(tmp_path, models, server, {"front": url}, serial, stall_s=3.0), root)
        run.wait_for("gives 320×240")
        film.stalled.set()
        run.wait_for("sent nothing for 3 s")
        run.wait_for("front: traverse 1")
        film.stalled.clear()
        watch(run, tmp_path, 20, "front", connection=2)
        assert film.played >= 2
        run.process.send_signal(signal.SIGTERM)
        assert run.end() == 0, run.said
        again = Running(tmp_path / "edge.toml", root)
        again.wait_for("gives 320×240")
        again.process.send_signal(signal.SIGTERM)
        assert again.end() == 0, again.said
    assert len(city.traverses) + len(bodies(tmp_path / "state")) >= 2


def test_cameras_without_a_receiver_see_what_has_no_place(models: Path, root: Path, tmp_path: Path) -> None:
    film = Film()
    with playing(film) as url:
        run = Running(write_config(tmp_path, models, "http://127.0.0.1:9", {"front": url}, None), root)
        run.wait_for("gives 320×240")
        watch(run, tmp_path, 20, "front")
        run.process.send_signal(signal.SIGTERM)
        assert run.end() == 0, run.said
    assert "no [telemetry] in the configuration" in run.said
    (traverse,) = bodies(tmp_path / "state")
    assert traverse["clock"] == "device"
    assert traverse["poses"] == []
    assert frames_of(traverse) >= 10


def test_a_camera_whose_optics_are_wrong_is_said_and_the_others_go_on(models: Path, root: Path, tmp_path: Path) -> None:
    (tmp_path / "front.toml").write_text("[camera]\nwidth = 1000\nheight = 1000\n", "utf-8")
    with playing(Film()) as one, playing(Film()) as two:
        config = write_config(tmp_path, models, "http://127.0.0.1:9", {"rear": two, "front": one}, None)
        config.write_text(config.read_text("utf-8") + 'camera = "front.toml"\n', "utf-8")
        run = Running(config, root)
        run.wait_for("1000×1000 has another shape than the footage")
        run.wait_for("rear: rtsp://127.0.0.1")
        run.process.send_signal(signal.SIGTERM)
        assert run.end() == 2, run.said


def test_the_doctor_tries_cameras_and_the_receiver(models: Path, root: Path, tmp_path: Path) -> None:
    with playing(Film(credentials="ben:hush")) as one, talking() as serial:
        cameras = {"front": one, "rear": "rtsp://ben:hush@127.0.0.1:9/x"}
        config = write_config(tmp_path, models, "http://127.0.0.1:9", cameras, serial)
        said = {finding.said: finding.good for finding in examine(read_config(config))}
    shown = one.split("@")[1].split("/")[0]
    front = next(good for line, good in said.items() if line.startswith(f"front: rtsp://{shown}/…, 320×240, "))
    assert front
    assert not said["rear: rtsp://127.0.0.1:9/… cannot be opened: connection refused"]
    assert said[f"{serial}: positions, known to 2.0 m"]
    assert said["every 3 m, every 1.5 m while something may be a problem"]
    assert "hush" not in str(said)


def test_health_tells_of_each_camera_and_the_receiver(models: Path, root: Path, tmp_path: Path) -> None:
    with playing(Film(credentials="ben:hush")) as one, talking() as serial:
        cameras = {"front": one, "rear": "rtsp://ben:hush@127.0.0.1:9/x"}
        config = write_config(tmp_path, models, "http://127.0.0.1:9", cameras, serial)
        run = Running(config, root)
        run.wait_for("gives positions")
        run.wait_for("front: rtsp://")
        run.wait_for("rear: rtsp://")
        answer, figures = health(tmp_path), health(tmp_path, "metrics").text
        run.process.send_signal(signal.SIGTERM)
        assert run.end() == 0, run.said
    parts = answer.json()["parts"]
    assert answer.status_code == 200
    assert parts["camera front"]["state"] == "good"
    assert "320×240" in parts["camera front"]["said"]
    assert parts["camera rear"] == {
        "state": "warn", "said": "rtsp://127.0.0.1:9/… cannot be opened: connection refused"
    }  # fmt: skip
    assert parts["receiver"]["state"] == "good"
    assert 'steward_edge_part_state{part="camera rear"} 1.0' in figures
    assert "hush" not in answer.text + figures + run.said


@pytest.mark.slow
def test_a_kill_loses_only_what_was_growing_and_the_next_start_doubles_nothing(
    models: Path, root: Path, tmp_path: Path
) -> None:
    film = Film()
    with playing(film) as url, talking() as serial:
        config = write_config(tmp_path, models, "http://127.0.0.1:9", {"front": url}, serial)
        for ending in (signal.SIGTERM, signal.SIGKILL, signal.SIGTERM):
            run = Running(config, root)
            run.wait_for("gives 320×240")
            watch(run, tmp_path, 25, "front")
            run.process.send_signal(ending)
            run.process.wait(PATIENCE_S)
    told = bodies(tmp_path / "state")
    assert len(told) == len({traverse["id"] for traverse in told}) == 2
    seen = [one["id"] for traverse in told for one in traverse["observations"]]
    assert len(seen) == len(set(seen))
