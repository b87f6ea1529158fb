"""Waiting for what another process or thread brings about."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Final

import httpx

PATIENCE_S: Final = 180.0
"""Bounds a hang, on the slowest machine and the busiest: no test may need to know how long anything takes."""

ask: Final = partial(httpx.request, timeout=PATIENCE_S)
"""One request over a connection of its own."""


def until(holds: Callable[[], bool], patience_s: float = PATIENCE_S, told: Callable[[], str] = str) -> None:
    """Returns when it holds; fails after this time, saying what is then told."""
    end = time.monotonic() + patience_s
    while not holds():
        assert time.monotonic() < end, told()
        threading.Event().wait(0.05)
