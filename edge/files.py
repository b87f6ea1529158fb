"""A vehicle's files, and what its disk's refusals mean for people."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from edge.errors import DiskFull, EdgeError, OutputError
from models import lockfile, wholefile

UNREADABLE: Final = "backslashreplace"
"""What becomes of a file name's bytes that are no UTF-8, as those of GBK: escaped, as JSON escapes them."""
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@contextmanager
def disk_errors(place: Path) -> Iterator[None]:
    """Says what a disk's refusal means for `place`."""
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise DiskFull(
                f"{place}: the disk is full ({error.strerror}). Free some space, or name another place. "
                "Nothing was written."
            ) from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EIO):
            raise OutputError(f"{place}: cannot be written: {error.strerror}. Nothing was written.") from error
        raise


@contextmanager
def whole_folder(place: Path) -> Iterator[Path]:
    """A folder that appears whole or not at all; raises OutputError where it holds something or the disk refuses."""
    with disk_errors(place), wholefile.whole_folder(place, OutputError) as draft:
        yield draft


@contextmanager
def held(lock: Path, mode: int, taken: EdgeError) -> Iterator[None]:
    """Holds a lock file, made with its folder, for one process; raises `taken` where another holds it."""
    with disk_errors(lock.parent):
        lock.parent.mkdir(parents=True, exist_ok=True)
    with lockfile.held(lock, mode, taken):
        yield


def utf8(text: str) -> bytes:
    """Text as it is written to a file, whatever names of files stand in it."""
    return text.encode("utf-8", UNREADABLE)


def write_private(path: Path, content: bytes) -> None:
    """A file only its owner may read, whole or not at all, on the disk when this returns."""
    with disk_errors(path):
        wholefile.write_whole(path, content, 0o600)
