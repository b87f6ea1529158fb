"""Files that are whole or not there, whenever the power goes; a disk's refusal is a TrainingError."""

from __future__ import annotations

from pathlib import Path

from models import wholefile
from training.errors import TrainingError


class Disk:
    """Writes files one step at a time. `between` is told of each step before it, so that a test can die there."""

    def __init__(self, between: wholefile.Between = wholefile.undisturbed) -> None:
        self._between = between

    def write(self, path: Path, content: bytes, mode: int = 0o644) -> None:
        """The file with this content, as models.wholefile says. Raises TrainingError where the disk refuses; the file
        before it is then still there."""
        try:
            wholefile.write_whole(path, content, mode, self._between)
        except OSError as error:
            raise TrainingError(f"{path}: cannot be written: {error.strerror}.") from error

    def rename_folder(self, draft: Path, place: Path) -> None:
        """Give a finished folder its name; `place` does not exist, or is empty."""
        self._between(f"rename {place.name}")
        draft.rename(place)
        self._between(f"sync the folder of {place.name}")
        wholefile.sync(place.parent)


def write_whole(path: Path, content: bytes) -> None:
    """A file that is there whole or not at all."""
    Disk().write(path, content)
