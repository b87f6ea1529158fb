"""YOLO folders: `images/`, and for each picture a text file of the same name in `labels/`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from training.dataset.reading import MAX_LABEL_FILE_BYTES, Marked, Reading, counted, inside, read_bytes, settle
from training.errors import TrainingError
from training.sources import Photo, Source, label_lines, photos


def read(source: Source, folder: Path) -> list[Reading]:
    """Every picture in name order; one without a label file has no boxes."""
    found = photos(replace(source, folder=""), folder)
    counted(len(found), str(folder))
    return [_reading(photo, source, folder) for photo in found]


def _reading(photo: Photo, source: Source, folder: Path) -> Reading:
    for path in (photo.picture, photo.labels):
        inside(folder, "", str(path.relative_to(folder)), str(path))
    if not photo.labels.exists():
        return Reading(photo, ())
    where = str(photo.labels)
    try:
        text = read_bytes(photo.labels, MAX_LABEL_FILE_BYTES).decode("utf-8")
    except UnicodeDecodeError as why:
        raise TrainingError(f"{where}, byte {why.start}: not a text file.") from None
    lines = label_lines(text, where)
    marked = (Marked(source.classes.get(one.number), one.x1, one.y1, one.x2, one.y2) for one in lines)
    boxes, faults = settle(marked, where)
    return Reading(photo, boxes, faults)
