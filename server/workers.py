"""Many processes that answer on one socket. A dead one is started again, and all end with the one that started them."""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import threading
import time
from functools import partial
from pathlib import Path

import structlog
import uvicorn
from fastapi import FastAPI
from sqlalchemy.exc import OperationalError
from uvicorn.supervisors import Multiprocess

from server.app import create_app
from server.running import SERVING, context_at

AGAIN_S = 2.0

_log = structlog.get_logger(__name__)


def serve_many(home: Path, models: Path | None, workers: int, listening: socket.socket) -> None:
    """Answer requests in so many processes until this one is told to end."""
    config = uvicorn.Config(partial(worker, home, models), factory=True, workers=workers, **SERVING)
    Multiprocess(config, sockets=[listening]).run()


def worker(home: Path, models: Path | None) -> FastAPI:
    """The application of one process; it waits for a database that is away."""
    end_with_parent()
    while True:
        try:
            return create_app(context_at(home, models))
        except OperationalError:
            _log.error("the database is away; a worker waits for it")
            time.sleep(AGAIN_S)


def end_with_parent() -> None:
    """End this process when the one that started it is gone: a worker that stayed would hold the port for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_after, args=(parent,), name="orphan", daemon=True).start()


def _end_after(parent: multiprocessing.process.BaseProcess) -> None:
    parent.join()
    os.kill(os.getpid(), signal.SIGTERM)
