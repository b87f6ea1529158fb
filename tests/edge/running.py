"""The worker as a process of its own, and what must hold of all that it sent."""

from __future__ import annotations

import hashlib
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from tests.edge.loopback import CODE, DEVICE, City
from tests.waiting import PATIENCE_S

LONG_S = 2 * PATIENCE_S


def write_config(
    place: Path, state: Path, url: str, code: str = CODE, sources: tuple[str, ...] = ("drive.mp4",)
) -> Path:
    path = state / "edge.toml"
    state.mkdir(parents=True, exist_ok=True)
    told = "".join(f'[[source]]\npath = "{place / one}"\n' for one in sources)
    path.write_text(
        f'[device]\nname = "car-07"\nstate_dir = "state"\nuntil_empty = true\n[server]\nurl = "{url}"\n'
        f'enrolment_code = "{code}"\n[model]\nfolder = "{place / "models"}"\n[sampling]\ndistance_m = 0\n{told}',
        "utf-8",
    )
    return path


class Running:
    """A worker process whose lines can be waited for."""

    def __init__(
        self,
        config: Path,
        root: Path,
        disk_bytes: int | None = None,
        command: str = "run",
        under: tuple[str, ...] = (),
    ) -> None:
        """under: a command that runs the worker inside of what it makes of the world."""
        self.process = subprocess.Popen(
            [*under, sys.executable, "-m", "steward", "edge", command, "--config", str(config)],
            cwd=root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, preexec_fn=_limit(disk_bytes),
        )  # fmt: skip
        self.lines: list[str] = []
        self._changed = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self._changed:
                self.lines.append(line.rstrip("\n"))
                self._changed.notify_all()

    def wait_for(self, part: str) -> None:
        """Until a line holds `part`."""
        with self._changed:
            seen = self._changed.wait_for(lambda: any(part in line for line in self.lines), timeout=PATIENCE_S)
        assert seen, f"{part!r} was not said in: {self.lines}"

    def end(self) -> int:
        """The exit code, once it has ended by itself."""
        code = self.process.wait(LONG_S)
        self._reader.join(PATIENCE_S)
        return code

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(PATIENCE_S)

    @property
    def said(self) -> str:
        return "\n".join(self.lines)


def steward(*words: str | Path, root: Path, disk_bytes: int | None = None) -> subprocess.CompletedProcess[str]:
    """The command as a user types it; disk_bytes: no file may grow larger, as on a disk that is full."""
    command = [sys.executable, "-m", "steward", "edge", *map(str, words)]
    return subprocess.run(
        command,
        cwd=root,
        capture_output=True,
        text=True,
        timeout=LONG_S,
        check=False,
        preexec_fn=_limit(disk_bytes),
    )


def _limit(disk_bytes: int | None) -> Callable[[], None]:
    def limit() -> None:
        if disk_bytes is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (disk_bytes, disk_bytes))

    return limit


def check_whole(city: City) -> None:
    """Every declared picture arrived, and nothing arrived twice."""
    assert city.pictures.keys() == city.declared
    assert all(hashlib.sha256(body).hexdigest() == ident for ident, body in city.pictures.items())
    assert len(city.observations) == len(set(city.observations))
    assert city.seals.keys() == city.traverses.keys()
    assert city.flaws == []
    assert b'"device":"%b"' % DEVICE.encode() in next(iter(city.traverses.values()))
