"""One measured process: what it printed, how long it took, its processor time and the most memory it held."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
QUIET = {"YOLO_OFFLINE": "true", "YOLO_AUTOINSTALL": "false"}


@dataclass(frozen=True, slots=True)
class Ran:
    """told: the JSON of its line RESULT, empty where it has none. peak_mb: of resident memory, in MB of 2^20 bytes."""

    told: dict[str, Any]
    seconds: float
    cpu_s: float
    peak_mb: float


def run(command: Sequence[str | Path]) -> Ran:
    """Run a process to its end, in the checkout; one that fails ends the benchmark with what it said."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        began_s = time.perf_counter()
        process = subprocess.Popen(
            list(map(str, command)), cwd=ROOT, stdout=out, stderr=err, env={**os.environ, **QUIET}
        )
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began_s
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        if process.returncode:
            raise SystemExit(f"{' '.join(map(str, command))} failed:\n{out.read()[-2000:]}\n{err.read()[-2000:]}")
        lines = [line for line in out.read().splitlines() if line.startswith("RESULT ")]
    told = json.loads(lines[-1].removeprefix("RESULT ")) if lines else {}
    return Ran(told, seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def ours(what: str, clip: Path, provider: str = "ladder", **asked: object) -> Ran:
    """tests/bench/edge_run.py in this Python."""
    parts = [f"{name}={value}" for name, value in asked.items()]
    return run([sys.executable, "-m", "tests.bench.edge_run", what, clip, *parts, "--provider", provider])


def theirs(python: Path, *asked: object) -> Ran:
    """tests/bench/ultralytics_run.py in a Python that has ultralytics."""
    return run([python, ROOT / "tests/bench/ultralytics_run.py", *map(str, asked)])


def steward(*words: str | Path) -> Ran:
    """The command as a user types it."""
    return run([sys.executable, "-m", "steward", *words])
