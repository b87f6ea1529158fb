"""Several real processes on one PostgreSQL and one port: a dead one is replaced, and none outlives the first."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from multiprocessing.reduction import ForkingPickler
from pathlib import Path

import pytest

from server.errors import SetupError
from server.records.address import keep_address
from server.running import listen_on
from server.workers import HeldPort, end_with_parent
from tests.contract.test_server_process import Process, bodies_of, enrolled, signed_in
from tests.server.cluster import cluster, tools
from tests.server.town import Clock, found_town, open_town
from tests.waiting import PATIENCE_S, ask, until

pytestmark = pytest.mark.slow

CONNECTIONS = 48
CONNECTED, LISTENING = "01", "0A"
"""In the words of /proc/net/tcp."""


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    found = tools()
    if isinstance(found, str):
        pytest.skip(found)
    with cluster(found) as running:
        address = running.address(running.create())
        found_town(tmp_path, address=address).context.store.close()
        keep_address(tmp_path / "home", address)
        yield tmp_path / "home"


def workers_of(parent: int) -> set[int]:
    """The processes that answer: those that this one started, without Python's own helper."""
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return {int(child) for child in children if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()}


def sockets_of(pid: int, port: int, state: str) -> int:
    """How many sockets of a port a process has in this state."""
    own = set[str]()
    for one in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            own.add(str(one.readlink()).removeprefix("socket:[").removesuffix("]"))
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(line[1].endswith(f":{port:04X}") and line[3] == state and line[9] in own for line in lines)


DIES_UNHEARD = """
import socket, uvicorn
from server.workers import Workers

config = uvicorn.Config(print, workers=1, lifespan="off", log_level="critical")
workers = Workers(config, [socket.create_server(("127.0.0.1", 0))])
workers.init_processes()
workers.keep_subprocess_alive()
[one] = workers.processes
one.process.kill()
one.process.join()
print("told" if one.parent_conn.poll(0) else "silent")
"""


def test_a_process_that_dies_while_it_is_asked_is_not_waited_for(root: Path) -> None:
    asked = [sys.executable, "-c", DIES_UNHEARD]
    told = subprocess.run(asked, cwd=root, capture_output=True, text=True, timeout=PATIENCE_S, check=True)
    assert told.stdout == "told\n"


def gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(") ")[1].startswith("Z")
    except OSError:
        return True


def heard(url: str, wanted: set[str], listening: threading.Event) -> None:
    """Returns when the live stream has told of all of these."""
    with signed_in(url, "supervisor") as desk, desk.stream("GET", "/api/events", timeout=PATIENCE_S) as stream:
        missing = set(wanted)
        for line in stream.iter_lines():
            if line.startswith("event: hello"):
                listening.set()
            missing.discard(line.removeprefix("data: "))
            if not missing:
                return


TAKEN = 'steward_server_requests_total{method="PUT",route="/api/traverses/{id}",status="2xx"}'


def measured(url: str) -> dict[str, float]:
    """The numbers as they are told on a connection of their own."""
    lines = ask("GET", f"{url}/metrics").text.splitlines()
    return {key: float(value) for key, _, value in (line.rpartition(" ") for line in lines if line[0] != "#")}


def told_of(measures: dict[str, float]) -> set[int]:
    """The processes whose figures are told."""
    return {int(key.split('"')[1]) for key in measures if key.startswith("process_cpu_seconds_total")}


@pytest.fixture
def server(home: Path, root: Path) -> Iterator[Process]:
    process = Process(home, root, "--workers", "2")
    yield process
    process.end()


def test_many_processes_answer_as_one(server: Process, home: Path) -> None:
    device_id, device = enrolled(server.url)
    bodies = bodies_of(open_town(home, Clock(time.time_ns())), device_id, 12)
    headers = {"Authorization": device.headers["Authorization"]}

    def put(body: dict[str, object]) -> int:
        # A connection each, so that either process may get it.
        return ask("PUT", f"{server.url}/api/traverses/{body['id']}", json=body, headers=headers).status_code

    listening = threading.Event()
    with ThreadPoolExecutor(5) as pool:
        live = pool.submit(heard, server.url, {body["id"] for body in bodies}, listening)
        assert listening.wait(PATIENCE_S)
        assert list(pool.map(put, bodies)) == [201] * len(bodies)
        live.result(PATIENCE_S)
    with signed_in(server.url, "supervisor") as desk:
        figures = desk.get("/api/figures").json()
        assert all(law["holds"] for law in figures["laws"])
        assert figures["traverses"] == len(bodies)
    counted = [measured(server.url) for _ in range(4)]
    assert {one[TAKEN] for one in counted} == {len(bodies)}  # whichever process was asked

    before = workers_of(server.child.pid)
    assert len(before) == 2
    until(lambda: all(sockets_of(one, server.port, LISTENING) for one in before))
    with ExitStack() as kept:
        for _ in range(CONNECTIONS):
            kept.enter_context(socket.create_connection(("127.0.0.1", server.port)))
        until(lambda: sum(sockets_of(one, server.port, CONNECTED) for one in before) >= CONNECTIONS)
        # By chance none of them would be one worker's once in 2**47 times.
        assert all(sockets_of(one, server.port, CONNECTED) for one in before)
    victim = max(before)
    os.kill(victim, signal.SIGKILL)
    until(lambda: victim not in (now := workers_of(server.child.pid)) and len(now) == 2)
    assert {put(body) for body in bodies} == {200}
    assert measured(server.url)[TAKEN] == 2 * len(bodies)  # with what the dead one counted
    until(lambda: told_of(measured(server.url)) == workers_of(server.child.pid))

    last = workers_of(server.child.pid)
    assert server.end() == 0
    until(lambda: all(map(gone, last)))


def test_a_worker_whose_parent_is_killed_ends_too(tmp_path: Path, root: Path) -> None:
    command = "import sys; from tests.contract.test_workers import start_one; start_one(sys.argv[1])"
    parent = subprocess.Popen([sys.executable, "-c", command, str(tmp_path / "pid")], cwd=root)
    until(lambda: (tmp_path / "pid").exists())
    worker = int((tmp_path / "pid").read_text())
    parent.kill()
    parent.wait()
    until(lambda: gone(worker))


def start_one(told: str) -> None:
    """Start a process as workers are started, and wait for it."""
    child = multiprocessing.get_context("spawn").Process(target=_work, args=(Path(told),))
    child.start()
    child.join()


def _work(told: Path) -> None:
    end_with_parent()
    draft = told.with_suffix(".draft")
    draft.write_text(str(os.getpid()))
    draft.replace(told)
    threading.Event().wait()


def test_a_port_that_is_held_is_taken_for_every_other_program() -> None:
    held = HeldPort.of(listen_on(0))
    port = held.getsockname()[1]
    with pytest.raises(SetupError, match="in use"):
        listen_on(port)
    with held, pickle.loads(ForkingPickler.dumps(held)) as own:  # noqa: S301 - as it goes to a process
        own.listen()
        with socket.create_connection(("127.0.0.1", port)):
            pass
    with listen_on(port):
        pass
