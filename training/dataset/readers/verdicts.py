"""The server's verdict export: COCO json in which each image says what people decided, where and when."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from training.dataset.readers.coco import FILE, FieldWord, told
from training.dataset.reading import Fault, Reading
from training.errors import TrainingError
from training.sources import Source


def read(source: Source, folder: Path) -> list[Reading]:
    """Every picture in name order. A dismissed picture without a box is a hard negative.

    Two kinds are left out, since they would teach the opposite of what people said: a confirmed picture that nobody
    drew a box in, and a dismissed one that still carries boxes.
    """
    return [_judged(word, reading, folder / FILE) for word, reading in told(source, folder)]


def _judged(word: FieldWord, reading: Reading, path: Path) -> Reading:
    for name, value in (("verdict", word.verdict), ("place", word.place), ("day", word.day)):
        if value is None:
            raise TrainingError(
                f"{path}, image {reading.photo.picture.name[:80]!r}, field steward.{name}: it is absent. "
                'Export the verdicts again, or describe the source as format = "coco".'
            )
    has_boxes = bool(reading.boxes or reading.faults)
    if word.verdict == "confirmed":
        return reading if has_boxes else replace(reading, left_out=Fault.CONFIRMED_WITHOUT_BOX)
    if has_boxes:
        return replace(reading, left_out=Fault.DISMISSED_WITH_BOX)
    return replace(reading, hard_negative=True)
