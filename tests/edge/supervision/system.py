"""A real systemd of its own: process 1 of its own namespaces, with nothing in it but one service."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.waiting import PATIENCE_S, until

SYSTEMD: Final = Path("/usr/lib/systemd/systemd")
NAME: Final = "steward-edge.service"
PLACE: Final = Path("/run/patrol")
LOG: Final = "/run/said.log"
BOOT: Final = f"""
set -e
mount --make-rprivate /
for folder in /run /etc/systemd/system /var/lib; do mount -t tmpfs -o mode=755 tmpfs $folder; done
mkdir -m 700 /var/lib/private
# Whoever the service runs as must reach the interpreter and the code, which may lie in this user's closed home.
for closed in "${{@:2}}"; do
  over=$(mktemp -d -p /run)
  mkdir $over/upper $over/work
  mount -t overlay -o lowerdir="$closed",upperdir=$over/upper,workdir=$over/work overlay "$closed"
  chmod 755 "$closed"
done
umount -R /sys/fs/cgroup
mount -t cgroup2 cgroup2 /sys/fs/cgroup
cp -r "$1/units/." /etc/systemd/system/
cp -r "$1/patrol" {PLACE}
chmod -R a+rX {PLACE}
export container=own
exec {SYSTEMD} --system --unit={NAME} --show-status=no
"""
APART: Final = ("unshare", "--fork", "--pid", "--mount", "--ipc", "--uts", "--cgroup", "--mount-proc", "--kill-child")
ALONE: Final = """\
[Unit]
DefaultDependencies=no
[Service]
RestartSec=1
Environment=PYTHONPATH={root}
StandardOutput=append:{log}
StandardError=append:{log}
"""


def why_not() -> str | None:
    """Why no systemd can be started here, in words."""
    if os.geteuid() != 0 or not SYSTEMD.exists() or shutil.which("unshare") is None:
        return "starting a systemd takes root, systemd and unshare"
    tried = subprocess.run([*APART, "mount", "-t", "cgroup2", "cgroup2", "/mnt"], capture_output=True, check=False)
    return None if tried.returncode == 0 else f"no namespaces here: {tried.stderr.decode(errors='replace').strip()}"


class System:
    """A running systemd with the service; what `systemctl` says of it."""

    def __init__(self, pid: int) -> None:
        self._pid = pid

    def run(self, *command: str) -> str:
        inside = ["nsenter", "--target", str(self._pid), "--mount", "--pid", *command]
        return subprocess.run(inside, capture_output=True, text=True, check=False).stdout.strip()

    def show(self, name: str) -> str:
        return self.run("systemctl", "show", "--value", "--property", name, NAME)

    def said(self) -> str:
        return self.run("cat", LOG)

    def until(self, holds: Callable[[], bool], patience_s: float = PATIENCE_S) -> None:
        until(holds, patience_s, lambda: f"{self.run('systemctl', 'status', NAME)}\n{self.said()}")


@contextmanager
def system(folder: Path, unit: str, root: Path) -> Iterator[System]:
    """A systemd that runs this unit. folder: with `patrol/`, which the service finds at `PLACE`."""
    extra = folder / "units" / f"{NAME}.d"
    extra.mkdir(parents=True)
    (folder / "units" / NAME).write_text(unit, "utf-8")
    (extra / "alone.conf").write_text(ALONE.format(root=root, log=LOG), "utf-8")
    with (folder / "boot.log").open("wb") as log:
        parent = subprocess.Popen(
            [*APART, "bash", "-c", BOOT, "boot", str(folder), *_closed(root)], stdout=log, stderr=log
        )
    try:
        yield System(_first_of(parent, folder / "boot.log"))
    finally:
        parent.kill()
        parent.wait()


def _closed(root: Path) -> set[str]:
    """The topmost folders on the way to the interpreter and to the code that not everybody may enter."""
    wanted = (Path(sys.executable), Path(sys.executable).resolve(), root)
    ways = ([str(one) for one in reversed(place.parents) if not one.stat().st_mode & 0o001] for place in wanted)
    return {closed[0] for closed in ways if closed}


def _first_of(parent: subprocess.Popen[bytes], log: Path) -> int:
    """The process id of the systemd that `unshare` became the parent of."""
    children = Path(f"/proc/{parent.pid}/task/{parent.pid}/children")
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end and parent.poll() is None:
        for child in children.read_text().split():
            if Path(f"/proc/{child}/comm").read_text().strip() == "systemd":
                return int(child)
        threading.Event().wait(0.05)
    raise AssertionError(f"{sys.executable}: systemd did not start: {log.read_text('utf-8')}")
