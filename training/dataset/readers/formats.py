"""Which reader reads which format."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from training.dataset.readers import coco, cvat, verdicts, voc, yolo
from training.dataset.reading import Reader, Reading
from training.errors import TrainingError
from training.sources import Source, SourceFormat

READERS: Final[Mapping[SourceFormat, Reader]] = MappingProxyType(
    {"yolo": yolo.read, "coco": coco.read, "voc": voc.read, "cvat": cvat.read, "verdicts": verdicts.read}
)


def read(source: Source, data: Path) -> list[Reading]:
    """A source's pictures in an order that depends on their names alone; `data` is what its folder is relative to."""
    folder = (data / source.folder).resolve()
    if not folder.is_dir():
        raise TrainingError(
            f"{folder}: no such folder (source {source.name!r}). Pass --data with the folder that holds it."
        )
    return READERS[source.format](source, folder)
