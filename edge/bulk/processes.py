"""A process a core on this machine. Each has a pipe of its own, so that one that dies takes nobody else along."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from types import FrameType
from typing import Final

from edge.bulk.engine import Share
from edge.bulk.piecework import Failed, Inspector, Outcome, Task

ONE_THREAD: Final = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"}
"""For a process that has one core; read when its libraries load."""
GRACE_S: Final = 10.0


@dataclass(slots=True)
class _Hand:
    """A process and what it is at."""

    process: SpawnProcess
    pipe: Connection
    task: Task

    def give(self, task: Task) -> None:
        self.task = task
        with suppress(BrokenPipeError):  # it has died: the pipe's end says so when it is next heard
            self.pipe.send(task)


@dataclass(frozen=True, slots=True)
class Processes:
    """See the module. jobs: how many at a time."""

    jobs: int

    def outcomes(self, tasks: Sequence[Task], share: Share) -> Generator[Outcome]:
        """As edge.bulk.engine.Engine says."""
        waiting, hands = deque(tasks), dict[Connection, _Hand]()
        try:
            while waiting or hands:
                while waiting and len(hands) < self.jobs:
                    hand = _start(waiting.popleft())
                    hands[hand.pipe] = hand
                for pipe in wait(list(hands)):
                    hand = hands[pipe]  # type: ignore[index]  # what was waited for
                    told = _heard(hand)
                    if isinstance(told, float):
                        share(hand.task.number, told)
                        continue
                    if waiting and hand.process.is_alive():
                        hand.give(waiting.popleft())
                    else:
                        del hands[hand.pipe]
                        _part(hand)
                    yield told
        finally:
            for hand in hands.values():
                hand.process.terminate()
            for hand in hands.values():
                _part(hand)


def _start(task: Task) -> _Hand:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_work, args=(theirs,), name="inspector", daemon=True)
    with _environment(ONE_THREAD):
        process.start()
    theirs.close()
    hand = _Hand(process, ours, task)
    hand.give(task)
    return hand


def _heard(hand: _Hand) -> float | Outcome:
    """What a process says next; that it has died, where it says nothing more."""
    try:
        told: float | Outcome = hand.pipe.recv()
    except (EOFError, OSError):
        hand.process.join()
        return Failed(hand.task.number, f"{hand.task.piece.footage}: {_death(hand.process.exitcode)}")
    return told


def _death(code: int | None) -> str:
    how = f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"
    return f"the process that inspected it died ({how})"


def _part(hand: _Hand) -> None:
    hand.pipe.close()
    hand.process.join(GRACE_S)
    if hand.process.is_alive():
        hand.process.kill()
        hand.process.join()


def _work(pipe: Connection) -> None:
    """The other process: tasks in, shares and outcomes out, until nobody asks any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _leave)
    inspector = Inspector()
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        while True:
            task: Task = pipe.recv()
            pipe.send(inspector.do(task, pipe.send))


def _leave(_signal: int, _frame: FrameType | None) -> None:
    """Ends the process as an error would, so that its half-written folder goes."""
    sys.exit(128 + signal.SIGTERM)


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    """Holds variables for the processes that start meanwhile."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
