"""Receivers for tests: one that talks on a pseudo terminal, and Debian's gpsd listening to it."""

from __future__ import annotations

import os
import pty
import shutil
import subprocess
import threading
import time
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.edge.footage import LAT, LON
from tests.edge.sentences import epoch
from tests.waiting import PATIENCE_S

GPSD = shutil.which("gpsd") or shutil.which("/usr/sbin/gpsd")
EVERY_S = 0.2


def north(began_s: float, speed_mps: float = 5.0) -> bytes:
    """What is said now by a receiver that has been going north since."""
    now_ns = time.time_ns()
    return epoch(now_ns, LAT + (now_ns / 1e9 - began_s) * speed_mps / 110_852.0, LON, speed_mps=speed_mps)


@contextmanager
def talking(say: Callable[[float], bytes] = north) -> Iterator[str]:
    """The path of a serial line on which a receiver talks, five times a second."""
    master, slave = pty.openpty()
    tty.setraw(slave)
    Path(os.ttyname(slave)).chmod(0o666)
    over, began_s = threading.Event(), time.time()

    def talk() -> None:
        while not over.wait(EVERY_S):
            with suppress(OSError):
                os.write(master, say(began_s))

    thread = threading.Thread(target=talk, daemon=True)
    thread.start()
    try:
        yield os.ttyname(slave)
    finally:
        over.set()
        thread.join(PATIENCE_S)
        os.close(slave)
        os.close(master)


@contextmanager
def gpsd(line: str, port: int) -> Iterator[str]:
    """HOST:PORT of a real gpsd that listens to a serial line; skips the test where it is not installed."""
    if GPSD is None:
        pytest.skip("gpsd is not installed (Debian: apt install gpsd)")
    process = subprocess.Popen(
        [GPSD, "-N", "-n", "-b", "-S", str(port), line], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(PATIENCE_S)
