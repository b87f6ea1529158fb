"""A real server process on the loopback address: killed while it takes traverses in, it loses and doubles nothing."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.ports import free_port
from tests.server.setupfile import PASSWORD, write_setup
from tests.server.town import Clock, Town, open_town, picture
from tests.waiting import PATIENCE_S, ask

pytestmark = pytest.mark.slow


class Process:
    """`steward server run` on a home; killed or ended only by its own id."""

    def __init__(self, home: Path, root: Path, *options: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = home.parent / f"server-{self.port}.log"
        with self.log.open("wb") as log:
            command = [sys.executable, "-c", "from server.cli import app; app()", "run", "--home", str(home)]
            command += ["--port", str(self.port), *options]
            self.child = subprocess.Popen(command, cwd=root, stdout=log, stderr=log)
        until = time.monotonic() + PATIENCE_S
        while True:
            with contextlib.suppress(httpx.TransportError):
                if httpx.get(f"{self.url}/healthz", timeout=2).is_success:
                    return
            if self.child.poll() is not None or time.monotonic() > until:
                self.end()
                raise AssertionError(self.log.read_text("utf-8"))
            threading.Event().wait(0.05)

    def kill(self) -> None:
        os.kill(self.child.pid, signal.SIGKILL)
        self.child.wait()

    def end(self) -> int:
        self.child.terminate()
        return self.child.wait(PATIENCE_S)


@pytest.fixture
def home(tmp_path: Path, root: Path) -> Path:
    setup = write_setup(tmp_path / "setup")
    command = [sys.executable, "-c", "from server.cli import app; app()", "init", "--json"]
    subprocess.run(
        [*command, "--home", str(tmp_path / "home"), "--setup", str(setup)], cwd=root, check=True, capture_output=True
    )
    return tmp_path / "home"


@pytest.fixture
def server(home: Path, root: Path) -> Iterator[Process]:
    process = Process(home, root)
    yield process
    if process.child.poll() is None:
        process.end()


@contextlib.contextmanager
def signed_in(url: str, name: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url, timeout=PATIENCE_S) as client:
        token = client.post("/api/session", json={"name": name, "password": PASSWORD}).json()["token"]
        client.headers["Authorization"] = f"Bearer {token}"
        client.cookies.clear()
        yield client


def enrolled(url: str) -> tuple[str, httpx.Client]:
    with signed_in(url, "admin") as admin:
        code = admin.post("/api/devices/codes").json()["code"]
    client = httpx.Client(base_url=url, timeout=PATIENCE_S)
    answer = client.post("/api/devices/enrol", json={"code": code, "name": "car-1", "kind": "vehicle"}).json()
    client.headers["Authorization"] = f"Bearer {answer['token']}"
    return answer["device_id"], client


def bodies_of(town: Town, device_id: str, n: int) -> list[dict[str, Any]]:
    """Traverses with two sightings each, every picture declared by one of them."""
    made = []
    for index in range(n):
        seen = [
            town.seen("litter", east_m=(index % 6) * 18.0 - 45.0, pictures=(picture(index),)),
            town.seen("illegal_ad", east_m=(index % 6) * 18.0 - 45.0, north_m=9.0),
        ]
        made.append(town.traverse(device_id, *seen))
    return made


def test_killed_while_it_takes_traverses_in_it_loses_and_doubles_nothing(home: Path, root: Path) -> None:
    process = Process(home, root)
    device_id, device = enrolled(process.url)
    bodies = bodies_of(open_town(home, Clock(time.time_ns())), device_id, 24)
    answered: dict[str, Any] = {}
    for kill_after in (2, 5, 8):

        def send_all(process: Process = process, kill_after: int = kill_after) -> None:
            sent = 0
            for body in bodies:
                if body["id"] in answered:
                    continue
                if sent == kill_after:
                    # The kill falls somewhere into the next requests, wherever the server is then.
                    threading.Timer(0.03, process.kill).start()
                answer = device.put(f"{process.url}/api/traverses/{body['id']}", json=body)
                assert answer.status_code in (200, 201), answer.text
                answered[body["id"]] = answer.json()
                sent += 1

        with contextlib.suppress(httpx.TransportError):
            send_all()
        process.child.wait(PATIENCE_S)
        process = Process(home, root)
        for traverse_id, answer in answered.items():
            body = next(one for one in bodies if one["id"] == traverse_id)
            again = device.put(f"{process.url}/api/traverses/{traverse_id}", json=body)
            assert again.status_code == 200, "an answered traverse was lost"
            assert again.json()["links"] == answer["links"]
    for body in bodies:
        answer = device.put(f"{process.url}/api/traverses/{body['id']}", json=body)
        assert answer.status_code in (200, 201)
        for sha256 in answer.json()["missing_evidence"]:
            content = next(picture(i) for i, one in enumerate(bodies) if one["id"] == body["id"])
            assert device.put(f"{process.url}/api/evidence/{sha256}", content=content).status_code == 201
    with signed_in(process.url, "supervisor") as supervisor:
        figures = supervisor.get("/api/figures").json()
    assert (figures["traverses"], figures["observations_received"]) == (24, 48)
    assert all(law["holds"] for law in figures["laws"]), figures["laws"]
    assert figures["pictures_declared"] == figures["pictures_stored"] == 24
    assert process.end() == 0


def test_changes_arrive_as_events_and_resume_where_they_stopped(server: Process, home: Path) -> None:
    device_id, device = enrolled(server.url)
    town = open_town(home, Clock(time.time_ns()))
    body = town.traverse(device_id, town.seen("litter"))

    def events(client: httpx.Client, headers: dict[str, str], wanted: int) -> list[tuple[str, str, str]]:
        found: list[tuple[str, str, str]] = []
        fields: dict[str, str] = {}
        with client.stream("GET", "/api/events", headers=headers) as answer:
            assert answer.status_code == 200
            for line in answer.iter_lines():
                key, _, value = line.partition(": ")
                fields[key] = value
                if line == "" and "event" in fields:
                    found.append((fields["id"], fields["event"], fields["data"]))
                    if fields["event"] == "hello":
                        device.put(f"{server.url}/api/traverses/{body['id']}", json=body)
                    fields = {}
                    if len(found) == wanted:
                        return found
        return found

    with signed_in(server.url, "operator") as operator:
        first = events(operator, {}, 4)
        assert first[0][1] == "hello"
        assert [kind for _, kind, _ in first[1:]] == ["case", "work_order", "traverse"]
        resumed = events(operator, {"Last-Event-ID": first[1][0]}, 3)
        assert resumed[1:] == first[2:]


def test_it_listens_on_the_loopback_address_only(server: Process) -> None:
    listening = Path(f"/proc/{server.child.pid}/net/tcp").read_text("utf-8")
    port = f":{server.port:04X} "
    own = [line.split()[1] for line in listening.splitlines() if port in line and " 0A " in line]
    assert own == [f"0100007F:{server.port:04X}"]


def test_it_ends_in_order_with_a_page_still_listening(server: Process) -> None:
    with signed_in(server.url, "operator") as operator, operator.stream("GET", "/api/events") as answer:
        next(answer.iter_lines())
        assert server.end() == 0


def test_a_second_server_on_the_same_port_says_so(server: Process, home: Path, root: Path) -> None:
    command = [sys.executable, "-c", "from server.cli import app; app()", "run", "--home", str(home)]
    command += ["--port", str(server.port)]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert done.returncode == 2
    assert f"127.0.0.1:{server.port}" in done.stderr
    assert json.loads(ask("GET", f"{server.url}/healthz").text)["status"] == "ok"
