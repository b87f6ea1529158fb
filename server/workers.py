"""Many processes that answer on one port. A dead one is started again, and all end with the one that started them."""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import sys
import threading
import time
from functools import partial
from pathlib import Path
from typing import Final, Self

import uvicorn
from fastapi import FastAPI
from sqlalchemy.exc import OperationalError
from uvicorn.supervisors import Multiprocess

from server.app import create_app
from server.log import log_of
from server.measures import forget_process, shared_by_many
from server.running import SERVING, context_at, spare_what_stays

AGAIN_S: Final = 2.0
START_S: Final = 120
"""So long a process may take until it answers the one that started it. With less, a busy machine would have them ended
again and again while they start."""

_log = log_of(__name__)


class HeldPort(socket.socket):
    """A port that one program holds for its processes: bound, and never listening.

    Sent to another process it becomes a socket of that process's own on the same port, and Linux shares connections out
    among those that listen there. On one socket for all, the first to wake takes every connection that waits, and keeps
    it for as long as the device does. A process that is not ready, or dead, is given none.
    """

    @classmethod
    def of(cls, bound: socket.socket) -> Self:
        """Hold the port of a socket, which is used up. No other program can bind it from then on."""
        held = cls(fileno=bound.detach())
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        return held

    def __reduce__(self) -> tuple[object, ...]:
        return _another_on, (self.getsockname(),)


def _another_on(address: tuple[str, int]) -> socket.socket:
    another = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    for option in (socket.SO_REUSEADDR, socket.SO_REUSEPORT):
        another.setsockopt(socket.SOL_SOCKET, option, 1)
    another.bind(address)
    return another


def serve_many(home: Path, models: Path | None, workers: int, bound: socket.socket) -> None:
    """Answer requests in so many processes until this one is told to end."""
    config = uvicorn.Config(
        partial(worker, home, models), factory=True, workers=workers, timeout_worker_healthcheck=START_S, **SERVING
    )
    # Elsewhere the last socket on a port takes all connections.
    port = HeldPort.of(bound) if sys.platform == "linux" else bound
    with shared_by_many():
        Workers(config, sockets=[port]).run()


class Workers(Multiprocess):
    """Starts a process that dies while it is asked whether it lives again at once.

    Who asks waits for the answer or for the pipe's end, and the pipe has none while the asker itself holds the other
    end open: it would wait for all of START_S, and hear no signal meanwhile.
    """

    def keep_subprocess_alive(self) -> None:
        for process in self.processes:
            process.child_conn.close()
        before = self._pids()
        super().keep_subprocess_alive()
        for pid in before - self._pids():
            forget_process(pid)

    def _pids(self) -> set[int]:
        return {process.pid for process in self.processes if process.pid is not None}


def worker(home: Path, models: Path | None) -> FastAPI:
    """The application of one process; it waits for a database that is away."""
    end_with_parent()
    while True:
        try:
            app = create_app(context_at(home, models))
        except OperationalError:
            _log.error("the database is away; a worker waits for it")
            time.sleep(AGAIN_S)
        else:
            spare_what_stays()
            return app


def end_with_parent() -> None:
    """End this process when the one that started it is gone: a worker that stayed would hold the port for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_after, args=(parent,), name="orphan", daemon=True).start()


def _end_after(parent: multiprocessing.process.BaseProcess) -> None:
    parent.join()
    os.kill(os.getpid(), signal.SIGTERM)
