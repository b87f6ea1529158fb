"""The worker's sign of life to its supervisor: a byte down a pipe, at most one a second, only after work done."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping
from typing import Final, Self

VARIABLE: Final = "STEWARD_HEARTBEAT_FD"
EVERY_S: Final = 1.0


class Heart:
    """`beat` is called after each frame and each turn of waiting. fd: None where nobody supervises.

    When the other end is closed, the supervisor is gone: `orphaned` is called, once.
    """

    def __init__(self, fd: int | None, orphaned: Callable[[], object]) -> None:
        self._fd = fd
        self._orphaned = orphaned
        self._last_s = float("-inf")
        self._lock = threading.Lock()
        if fd is not None:
            os.set_blocking(fd, False)
            os.set_inheritable(fd, False)

    @classmethod
    def of_environment(cls, environ: Mapping[str, str], orphaned: Callable[[], object]) -> Self:
        """The pipe that the supervisor named, if it did and it is open."""
        written = environ.get(VARIABLE, "")
        try:
            fd = int(written)
            os.fstat(fd)
        except (ValueError, OSError):
            return cls(None, orphaned)
        return cls(fd, orphaned)

    def beat(self) -> None:
        with self._lock:
            now_s = time.monotonic()
            if self._fd is None or now_s - self._last_s < EVERY_S:
                return
            self._last_s = now_s
            try:
                os.write(self._fd, b".")
            except BlockingIOError:
                # Nobody has read for long; the bytes that lie there say the same.
                return
            except OSError:
                self._fd = None
                self._orphaned()
