"""The supervisor with real processes: workers that work, hang, die and will not go; systemd's socket; no dump."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest

from edge.care.supervised import NAME
from edge.config import DeviceTable, EdgeConfig, HealthTable, SourceTable, SuperviseTable
from edge.supervision.notify import Notifier
from edge.supervision.supervisor import Supervisor
from tests.ports import free_port
from tests.waiting import PATIENCE_S, until

BEATS = "import os, sys, time, signal\nbeat = lambda: os.write(int(os.environ['STEWARD_HEARTBEAT_FD']), b'.')\n"


class Service:
    """A supervisor over a worker written in a few lines; what it said, and what systemd was told."""

    def __init__(
        self, home: Path, worker: str, *, restarts: int = 1, rest_s: float = 1.0, hung_s: float = PATIENCE_S
    ) -> None:
        self.home, self.port, self.lines = home, free_port(), []
        # Of no folder, whose name may be longer than a socket's can be; emptied all the time, as a queue may hold ten.
        name, systemd = f"steward-test-{uuid4()}", socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        systemd.bind(f"\0{name}")
        self.told_systemd = list[str]()
        threading.Thread(target=self._listen, args=(systemd,), daemon=True).start()
        (home / "worker.py").write_text(BEATS + worker, "utf-8")
        config = EdgeConfig(
            device=DeviceTable(name="car-07", state_dir=home / "state"),
            health=HealthTable(listen=f"127.0.0.1:{self.port}"),
            supervise=SuperviseTable(hung_s=hung_s, grace_s=1, restarts=restarts, within_s=600, rests_s=(rest_s,)),
            source=(SourceTable(path=home / "drive.mp4"),),
        )
        self.on_line: Callable[[str], None] = lambda line: None
        notifier = Notifier({"NOTIFY_SOCKET": f"@{name}"})
        self.supervisor = Supervisor([sys.executable, str(home / "worker.py")], config, self._say, notifier)

    def _say(self, line: str) -> None:
        self.lines.append(line)
        self.on_line(line)

    def run(self) -> int:
        return self.supervisor.run()

    def _listen(self, systemd: socket.socket) -> None:
        with systemd:
            while self.told_systemd[-1:] != ["STOPPING=1"]:
                self.told_systemd.append(systemd.recv(4096).decode())

    def healthz(self) -> tuple[int, dict[str, object]]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=PATIENCE_S) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)


def test_a_worker_that_has_done_its_work_is_not_started_again(tmp_path: Path) -> None:
    service = Service(tmp_path, "beat()\nsys.exit(3)\n")
    assert service.run() == 3
    until(lambda: service.told_systemd[-1:] == ["STOPPING=1"])
    assert {"READY=1", "WATCHDOG=1"} <= set(service.told_systemd)
    assert not (tmp_path / "state" / NAME).exists()


def test_bad_input_at_the_first_start_ends_it_with_exit_code_2(tmp_path: Path) -> None:
    assert Service(tmp_path, "sys.exit(2)\n").run() == 2


def test_a_worker_that_dies_is_started_again_and_the_next_one_is_told_why(tmp_path: Path) -> None:
    worker = f"""
beat()
died = {str(tmp_path / "died")!r}
if not os.path.exists(died):
    open(died, "w").close()
    os.kill(os.getpid(), signal.SIGKILL)
sys.stdout.write(open({str(tmp_path / "state" / NAME)!r}).read())
open({str(tmp_path / "told")!r}, "w").write(open({str(tmp_path / "state" / NAME)!r}).read())
"""
    service = Service(tmp_path, worker)
    assert service.run() == 0
    told = json.loads((tmp_path / "told").read_text("utf-8"))
    assert told == {"restarts": 1, "rests": 0, "why": "ended by signal 9"}


def test_a_worker_that_hangs_and_ignores_sigterm_is_killed_and_started_again(tmp_path: Path) -> None:
    worker = f"""
hung = {str(tmp_path / "hung")!r}
if not os.path.exists(hung):
    open(hung, "w").close()
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    beat()
    time.sleep(600)
beat()
"""
    service = Service(tmp_path, worker, hung_s=5.0)
    assert service.run() == 0
    said = "\n".join(service.lines)
    assert "no progress for 5 s" in said
    assert "SIGTERM" in said
    assert "SIGKILL" in said


def test_when_the_budget_is_spent_the_supervisor_answers_in_the_workers_place(tmp_path: Path) -> None:
    service = Service(tmp_path, "beat()\nsys.exit(1)\n", restarts=0, rest_s=600.0)
    answers: list[tuple[int, dict[str, object]]] = []

    def ask(line: str) -> None:
        if "long pause" in line:
            threading.Thread(target=look).start()

    def look() -> None:
        answers.append(service.healthz())
        service.supervisor.ask_to_stop()

    service.on_line = ask
    assert service.run() == 0
    status, told = answers[0]
    assert status == 503
    assert told["stage"] == "resting"
    assert "ended with exit code 1" in str(told["parts"])


def test_stopping_it_stops_the_worker_in_order(tmp_path: Path) -> None:
    worker = """
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
while True:
    beat()
    time.sleep(0.05)
"""
    service = Service(tmp_path, worker)
    service.on_line = lambda line: service.supervisor.ask_to_stop() if "started" in line else None
    assert service.run() in (0, 1)


def test_a_worker_that_crashes_leaves_no_dump(root: Path) -> None:
    crash = (
        "import ctypes, os, resource\nfrom edge.nodump import forbid_dumps\nforbid_dumps()\nPR_GET_DUMPABLE = 3\n"
        "dumpable = ctypes.CDLL(None).prctl(PR_GET_DUMPABLE, 0, 0, 0, 0)\n"
        "print(dumpable, resource.getrlimit(resource.RLIMIT_CORE), flush=True)\nos.abort()\n"
    )
    heard, told = os.pipe()
    child = os.posix_spawn(
        sys.executable, [sys.executable, "-c", crash], {**os.environ, "PYTHONPATH": str(root)},
        file_actions=[(os.POSIX_SPAWN_DUP2, told, 1)],
    )  # fmt: skip
    _, ended = os.waitpid(child, 0)
    assert os.read(heard, 100) == b"0 (0, 0)\n"
    assert os.waitstatus_to_exitcode(ended) == -signal.SIGABRT
    assert not os.WCOREDUMP(ended)
    os.close(heard)
    os.close(told)


def test_the_unit_is_one_that_systemd_takes(tmp_path: Path, root: Path) -> None:
    made = subprocess.run(
        [sys.executable, "-m", "steward", "edge", "unit"], cwd=root, capture_output=True, text=True, check=True
    ).stdout
    unit = tmp_path / "steward-edge.service"
    unit.write_text(made, "utf-8")
    for line in ("LimitCORE=0", "ProtectSystem=strict", "NoNewPrivileges=yes", "Type=notify", "DynamicUser=yes"):
        assert line in made.splitlines()
    try:
        done = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("systemd-analyze is not installed")
    assert done.stderr == ""


def test_a_supervisor_loads_neither_detectors_nor_decoder(root: Path) -> None:
    heavy = "{'onnxruntime', 'av', 'httpx', 'tuf'} & set(sys.modules)"
    asked = f"import sys, edge.cli, edge.supervision.supervisor; print({heavy} or 'none')"
    done = subprocess.run([sys.executable, "-c", asked], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "none"
