"""What the C library keeps of memory that was let go of. On other systems than glibc's nothing is asked of anybody."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Final

M_TRIM_THRESHOLD: Final = -1
M_MMAP_THRESHOLD: Final = -3
SMALL: Final = 64 << 10
USUAL: Final = 32 << 20
"""What glibc's own rule grows to: a frame's pictures are allocated anew for every frame, and a page that was given back
costs a fault when it is touched again (9 ms of processor time a frame below SMALL)."""


@contextmanager
def given_back() -> Iterator[None]:
    """Inside, what is let go of goes back to the system at once; before and after, what lies about unused does too.

    For a rare piece of work that takes much memory for a moment, not for every frame. Holds for the whole process.
    """
    trim()
    _ask(SMALL)
    try:
        yield
    finally:
        _ask(USUAL)
        trim()


def trim() -> None:
    """Give back what lies about unused."""
    if (libc := _glibc()) is not None:
        libc.malloc_trim(0)


def _ask(threshold: int) -> None:
    if (libc := _glibc()) is not None:
        libc.mallopt(M_MMAP_THRESHOLD, threshold)
        libc.mallopt(M_TRIM_THRESHOLD, 2 * threshold)


@cache
def _glibc() -> ctypes.CDLL | None:
    libc = ctypes.CDLL(None)
    return libc if hasattr(libc, "malloc_trim") and hasattr(libc, "mallopt") else None
