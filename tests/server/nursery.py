"""Server processes that cost no start: forked from one that has imported everything, and killed by it.

A life is what `steward server run` does with a home. Who wants many lives cannot pay two seconds of imports for each.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

from server.running import listen_on, open_home, serve
from tests.resident import held
from tests.waiting import PATIENCE_S


class Nursery:
    """Starts one life at a time on a home, always on the same port; without a detector, unless told otherwise."""

    def __init__(self, home: Path, port: int, models: bool = False) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.log = home.parent / "lives.log"
        command = "import sys; from tests.server.nursery import keep; keep(*sys.argv[1:])"
        self._keeper = subprocess.Popen(
            [sys.executable, "-c", command, str(home), str(port), str(self.log), "models" if models else ""],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
            env=os.environ | {"OMP_NUM_THREADS": "1"},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._keeper.communicate(timeout=PATIENCE_S)

    def start(self) -> int:
        """The life's process id; it answers a little later."""
        return int(self._tell("start"))

    def kill(self) -> None:
        """End the life with SIGKILL; it is gone when this returns. Raises where it had ended by itself."""
        status = int(self._tell("kill"))
        assert status == -signal.SIGKILL, f"it ended by itself with {status}; see {self.log}"

    def _tell(self, word: str) -> str:
        assert self._keeper.stdin is not None
        assert self._keeper.stdout is not None
        print(word, file=self._keeper.stdin, flush=True)
        answer = self._keeper.stdout.readline()
        assert answer, f"the nursery ended; see {self.log}"
        return answer


def cpu_s(pid: int) -> float:
    """The CPU time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def forget_peak(pid: int) -> int:
    """The bytes that a process holds in memory now; its peak is counted from here on."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")
    return held(pid, "VmRSS")


def peak(pid: int) -> int:
    """The most bytes that a process held in memory since `forget_peak`."""
    return held(pid, "VmHWM")


def keep(home: str, port: str, log: str, models: str) -> None:
    """Answers every `start` with a process id and every `kill` with how it ended, until there are no more words."""
    life = 0
    for word in sys.stdin:
        if word.strip() == "start":
            life = os.fork()
            if life == 0:
                _live(Path(home), int(port), log, bool(models))
            print(life, flush=True)
        else:
            print(_end(life), flush=True)
            life = 0
    if life:
        _end(life)


def _end(life: int) -> int:
    os.kill(life, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(life, 0)[1])


def _live(home: Path, port: int, log: str, models: bool) -> None:
    written = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for number, stream in enumerate((nothing, written, written)):
        os.dup2(stream, number)
    try:
        serve(open_home(home, None if models else home / "no-models"), listen_on(port))
    finally:
        os._exit(1)
