"""One process at a time, by a file that is locked."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def held(lock: Path, mode: int, taken: Exception) -> Iterator[None]:
    """Holds a lock file for one process; the system lets go of it however that process ends.

    Raises `taken` where another holds it, and OSError where the file cannot be made; its folder is there.
    """
    number = os.open(lock, os.O_RDWR | os.O_CREAT, mode)
    try:
        try:
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise taken from None
        yield
    finally:
        os.close(number)
