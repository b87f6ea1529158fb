"""What a process keeps in memory that it no longer needs: what the C library holds of what was let go of, and pages of
libraries. On other systems than Linux with glibc nothing is asked of anybody."""

from __future__ import annotations

import ctypes
import mmap
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Final

M_TRIM_THRESHOLD: Final = -1
M_MMAP_THRESHOLD: Final = -3
SMALL: Final = 64 << 10
USUAL: Final = 32 << 20
"""What glibc's own rule grows to: a frame's pictures are allocated anew for every frame, and a page that was given back
costs a fault when it is touched again (9 ms of processor time a frame below SMALL)."""
MAPPINGS: Final = Path("/proc/self/smaps")
UNWRITTEN: Final = re.compile(
    r"^([0-9a-f]+)-([0-9a-f]+) r-.p \S+ \S+ \S+ +/.*\.so\b.*\n"
    r"(?:[A-Z].*\n)*?Anonymous: +0 kB\n(?:[A-Z].*\n)*?Swap: +0 kB$",
    re.MULTILINE,
)
"""A library's mapping that cannot be written and was not, nor lies a written page of it in swap (proc(5))."""


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


def let_go_of_code() -> None:
    """Let go of the pages of libraries, code and constants, that are in memory as they lie in their files.

    What runs on is read again, from the system's own cache of files. After a rare piece of work that runs code that
    nothing else does, as compiling models is.
    """
    if (libc := _glibc()) is None or not MAPPINGS.is_file():
        return
    for start, size_bytes in unwritten(MAPPINGS.read_text("utf-8", errors="replace")):
        libc.madvise(ctypes.c_void_p(start), ctypes.c_size_t(size_bytes), mmap.MADV_DONTNEED)


def unwritten(mappings: str) -> list[tuple[int, int]]:
    """Where each mapping of UNWRITTEN begins and how many bytes it has."""
    spans = [(int(one[1], 16), int(one[2], 16)) for one in UNWRITTEN.finditer(mappings)]
    return [(start, end - start) for start, end in spans]


def _ask(threshold: int) -> None:
    if (libc := _glibc()) is not None:
        libc.mallopt(M_MMAP_THRESHOLD, threshold)
        libc.mallopt(M_TRIM_THRESHOLD, 2 * threshold)


@cache
def _glibc() -> ctypes.CDLL | None:
    libc = ctypes.CDLL(None)
    return libc if hasattr(libc, "malloc_trim") and hasattr(libc, "mallopt") else None
