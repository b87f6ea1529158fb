"""Ports of the loopback address, shared out among all tests that run on this machine at a time.

A port that was only found free may be somebody else's before a server listens on it, or while a killed one is started
again. One that is given out here is its process's as long as that lives, and lies below those that a system gives to
whoever connects or asks for any.
"""

from __future__ import annotations

import random
import socket
from contextlib import suppress
from typing import Final

RANGE: Final = range(10_000, 20_000)
_ANY: Final = random.SystemRandom()
_kept: Final[list[socket.socket]] = []


def free_port(second: int = 0) -> int:
    """A port that nobody listens on, nor on the one so far above it; no other test is given it."""
    while True:
        port = _ANY.choice(RANGE)
        if _is_ours(port) and _is_silent(port) and _is_silent(port + second):
            return port


def _is_ours(port: int) -> bool:
    """Takes the name that stands for a port among this machine's tests; the system frees it when the process ends."""
    name = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        name.bind(f"\0steward-test-port-{port}")
    except OSError:
        name.close()
        return False
    _kept.append(name)
    return True


def _is_silent(port: int) -> bool:
    with socket.socket() as probe, suppress(OSError):
        probe.bind(("127.0.0.1", port))
        return True
    return False
