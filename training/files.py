"""Files that are whole or not there, whenever the power goes."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

from training.errors import TrainingError

PART: Final = ".part"
"""How a file ends that was not finished; nothing reads it."""


def _undisturbed(step: str) -> None:
    """Nothing stands between the steps."""


class Disk:
    """Writes files one step at a time. `between` is told of each step before it, so that a test can die there."""

    def __init__(self, between: Callable[[str], None] = _undisturbed) -> None:
        self._between = between

    def write(self, path: Path, content: bytes, mode: int = 0o644) -> None:
        """The file with this content, in place of any before it, and on the disk when this returns.

        After a crash there is the old file or the new one, perhaps with a `.part` file beside it. Raises TrainingError
        where the disk refuses; the old file is then still there.
        """
        try:
            self._write(path, content, mode)
        except OSError as error:
            raise TrainingError(f"{path}: cannot be written: {error.strerror}.") from error

    def _write(self, path: Path, content: bytes, mode: int) -> None:
        self._make_folder(path.parent)
        self._between(f"create {path.name}")
        number, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=PART, dir=path.parent)
        draft = Path(name)
        try:
            with os.fdopen(number, "wb") as file:
                file.write(content)
                file.flush()
                os.fchmod(file.fileno(), mode)
                self._between(f"sync {path.name}")
                os.fsync(file.fileno())
            self._between(f"rename {path.name}")
            draft.replace(path)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
        self._between(f"sync the folder of {path.name}")
        sync_folder(path.parent)

    def rename_folder(self, draft: Path, place: Path) -> None:
        """Give a finished folder its name; `place` does not exist, or is empty."""
        self._between(f"rename {place.name}")
        draft.rename(place)
        self._between(f"sync the folder of {place.name}")
        sync_folder(place.parent)

    def _make_folder(self, folder: Path) -> None:
        if folder.is_dir():
            return
        self._make_folder(folder.parent)
        self._between(f"make {folder.name}")
        folder.mkdir(exist_ok=True)
        sync_folder(folder.parent)


def write_whole(path: Path, content: bytes) -> None:
    """A file that is there whole or not at all."""
    Disk().write(path, content)


def sync_folder(folder: Path) -> None:
    """Bring a folder's entries to the disk."""
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
