"""Writing files whole or not at all."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edge.errors import EdgeError, OutputError

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@contextmanager
def whole_folder(place: Path) -> Iterator[Path]:
    """A folder to write into that becomes `place` when the block ends well, and vanishes when it does not.

    Raises OutputError where `place` holds something already, cannot be made, or the disk is full.
    """
    if place.exists() and (not place.is_dir() or any(place.iterdir())):
        raise OutputError(f"{place}: is there already and not empty. Name another --out, or remove it.")
    with disk_errors(place):
        place.absolute().parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f".{place.name}-", dir=place.absolute().parent))
    try:
        draft.chmod(0o755)
        with disk_errors(place):
            yield draft
            if place.exists():
                place.rmdir()
            draft.rename(place)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


@contextmanager
def disk_errors(place: Path) -> Iterator[None]:
    """Says what a disk's refusal means for `place`."""
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise OutputError(
                f"{place}: the disk is full ({error.strerror}). Free some space, or name another place. "
                "Nothing was written."
            ) from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EIO):
            raise OutputError(f"{place}: cannot be written: {error.strerror}. Nothing was written.") from error
        raise


@contextmanager
def held(lock: Path, mode: int, taken: EdgeError) -> Iterator[None]:
    """Holds a lock file, made with its folder, for one process; the system lets go of it however that process ends.

    Raises `taken` where another holds it.
    """
    with disk_errors(lock.parent):
        lock.parent.mkdir(parents=True, exist_ok=True)
        opened = os.open(lock, os.O_RDWR | os.O_CREAT, mode)
    try:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise taken from None
        yield
    finally:
        os.close(opened)


def write_private(path: Path, content: bytes) -> None:
    """A file only its owner may read, whole or not at all, on the disk when this returns."""
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.new")
        try:
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
