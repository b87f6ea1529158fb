"""Waiting for what another process or thread brings about."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


def until(holds: Callable[[], bool], patience_s: float = 60.0, told: Callable[[], str] = str) -> None:
    """Returns when it holds; fails after this time, saying what is then told."""
    end = time.monotonic() + patience_s
    while not holds():
        assert time.monotonic() < end, told()
        threading.Event().wait(0.1)
