"""`steward edge supervise`: a parent that starts the worker, hears its heartbeat, and starts it again when it must.

While no worker runs, the supervisor answers on the health address in its place: 503, and why. Everything is said in the
log, to systemd, and in `supervisor.json`.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from edge.care.health import Supervised
from edge.care.heartbeat import VARIABLE
from edge.care.live_view import LivePicture
from edge.care.monitor import health_server
from edge.care.supervised import forget_supervised, write_supervised
from edge.config import EdgeConfig, SuperviseTable
from edge.errors import EdgeError
from edge.say import Say
from edge.supervision.notify import Notifier
from edge.supervision.supervise import Beat, Budget, Event, Exited, Order, Phase, StopAsked, Tick, Ward, begin, step

TURN_S: Final = 0.5
KILLED: Final = 1


def worker_command(config: Path) -> list[str]:
    """How the worker is started: by the same interpreter."""
    return [sys.executable, "-m", "steward", "edge", "run", "--config", str(config)]


@dataclass(slots=True)
class Supervisor:
    """One supervised worker. Call `ask_to_stop` from a signal handler to end both."""

    command: Sequence[str]
    config: EdgeConfig
    say: Say
    notifier: Notifier
    _stop: bool = False
    _child: subprocess.Popen[bytes] | None = None
    _pipe: int = -1
    _away: ExitStack = field(default_factory=ExitStack)

    def ask_to_stop(self) -> None:
        self._stop = True

    def run(self) -> int:
        """Until the worker has done its work, or until asked to stop; gives the exit code."""
        budget = _budget(self.config.supervise)
        ward, order = begin(time.monotonic())
        try:
            while ward.phase is not Phase.DONE:
                self._carry_out(order, ward)
                was = ward
                ward, order = step(ward, self._next(ward), time.monotonic(), budget)
                self._tell(was, ward)
        finally:
            self.notifier.stopping()
            self._away.close()
            self._end_child()
            forget_supervised(self.config.device.state_dir)
        return ward.code if ward.code >= 0 else KILLED

    def _carry_out(self, order: Order, ward: Ward) -> None:
        match order:
            case Order.START:
                self._start(ward)
            case Order.TERMINATE | Order.KILL:
                if self._child is not None:
                    number = signal.SIGTERM if order is Order.TERMINATE else signal.SIGKILL
                    self.say(f"worker {self._child.pid}: {number.name}")
                    self._child.send_signal(number)
            case Order.NOTHING:
                pass

    def _start(self, ward: Ward) -> None:
        self._away.close()
        self._note(ward)
        self._close_pipe()
        self._pipe, theirs = os.pipe()
        os.set_blocking(self._pipe, False)
        try:
            self._child = subprocess.Popen(
                self.command, pass_fds=(theirs,), env={**os.environ, VARIABLE: str(theirs)}, stdin=subprocess.DEVNULL
            )
        finally:
            os.close(theirs)
        self.say(f"worker {self._child.pid} started")

    def _next(self, ward: Ward) -> Event:
        """What happens next, or `Tick` when nothing does for a turn."""
        self.notifier.alive()
        if self._stop and not ward.stopping:
            return StopAsked()
        if self._heard():
            return Beat()
        if self._child is None:
            time.sleep(min(TURN_S, max(0.0, ward.until_s - time.monotonic())))
            return Tick()
        try:
            code = self._child.wait(TURN_S)
        except subprocess.TimeoutExpired:
            return Tick()
        if self._heard():
            # Its last words come before its end; the end is told at the next call.
            return Beat()
        self._child = None
        return Exited(code)

    def _heard(self) -> bool:
        if self._pipe < 0:
            return False
        try:
            return bool(os.read(self._pipe, 4096))
        except BlockingIOError:
            return False

    def _tell(self, was: Ward, ward: Ward) -> None:
        """Say what changed, and answer in the worker's place while it rests."""
        if was.phase is ward.phase:
            return
        match ward.phase:
            case Phase.RUNNING:
                self.notifier.ready()
                self.notifier.status(f"working; {ward.total} restart(s)")
            case Phase.RESTING:
                rest_s = ward.until_s - ward.phase_s
                words = f"worker {ward.why}; the next one starts in {rest_s:.0f} s"
                words += f" (long pause {ward.rests}: the budget of restarts is spent)" if ward.rests else ""
                if ward.rests:
                    self._answer_in_its_place(words, ward)
                self.say(words)
                # A service that cannot start its worker has started all the same: it goes on trying.
                self.notifier.ready()
                self.notifier.status(words)
                self._note(ward)
            case Phase.ENDING if not ward.stopping:
                self.say(f"worker: {ward.why}; it is ended")
            case _:
                pass

    def _answer_in_its_place(self, words: str, ward: Ward) -> None:
        if self.config.health is None:
            return
        # The worker's own port may not be free yet; then nobody answers, which says the same to a monitor.
        with suppress(OSError, EdgeError):
            self._away.enter_context(health_server(self.config.health, _Resting(words, ward)))

    def _note(self, ward: Ward) -> None:
        """For the next worker's health page; a full disk is no reason not to start it."""
        with suppress(EdgeError, OSError):
            write_supervised(self.config.device.state_dir, Supervised(ward.total, ward.rests, ward.why))

    def _end_child(self) -> None:
        """Nothing is left behind, whatever ended the supervisor."""
        if self._child is not None:
            self._child.kill()
            self._child.wait()
        self._close_pipe()

    def _close_pipe(self) -> None:
        if self._pipe >= 0:
            os.close(self._pipe)
            self._pipe = -1


@dataclass(frozen=True, slots=True)
class _Resting:
    """The pages while no worker runs."""

    words: str
    ward: Ward

    def healthz(self) -> tuple[bool, dict[str, Any]]:
        left_s = max(0.0, self.ward.until_s - time.monotonic())
        parts = {"work": {"state": "bad", "said": self.words}}
        told = {"stage": "resting", "restarts": self.ward.total, "rests": self.ward.rests}
        return False, {"good": False, "parts": parts, **told, "next_start_s": round(left_s, 1)}

    def metrics(self) -> bytes | None:
        return None

    def view(self) -> LivePicture | None:
        return None


def _budget(asked: SuperviseTable) -> Budget:
    return Budget(asked.hung_s, asked.start_s, asked.grace_s, asked.restarts, asked.within_s, asked.rests_s)
