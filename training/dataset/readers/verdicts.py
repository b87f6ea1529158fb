"""The server's verdict export: COCO json in which each image says what people decided, where and when."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from training.dataset.readers.coco import FILE, FieldWord, told
from training.dataset.reading import Fault, Reading
from training.errors import TrainingError
from training.sources import Source


def read(source: Source, folder: Path) -> list[Reading]:
    """Every picture in name order. A dismissed picture without a box is a hard negative for its own label; one of a
    label that the source does not map is left out, since it says nothing about the others. A picture speaks of the one
    label that people judged in it; where the export does not name that label, of all that the source maps.

    Two kinds are left out, since they would teach the opposite of what people said: a confirmed picture without a
    usable box, and a dismissed one that still carries boxes.
    """
    return [_judged(word, reading, source, folder / FILE) for word, reading in told(source, folder)]


def _judged(word: FieldWord, reading: Reading, source: Source, path: Path) -> Reading:
    for name, value in (("verdict", word.verdict), ("place", word.place), ("day", word.day)):
        if value is None:
            raise TrainingError(
                f"{path}, image {reading.photo.picture.name[:80]!r}, field steward.{name}: it is absent. "
                'Export the verdicts again, or describe the source as format = "coco".'
            )
    if word.label is not None:
        mapped = source.names.get(word.label)
        reading = replace(reading, speaks_of=() if mapped is None else (mapped,))
    if word.verdict == "confirmed":
        of_another_label = Fault.CLASS_NOT_MAPPED in reading.faults
        usable = reading.boxes or of_another_label
        return reading if usable else replace(reading, left_out=Fault.CONFIRMED_WITHOUT_BOX)
    if reading.boxes or reading.faults:
        return replace(reading, left_out=Fault.DISMISSED_WITH_BOX)
    if word.label is not None and word.label not in source.names:
        return replace(reading, left_out=Fault.CLASS_NOT_MAPPED)
    return replace(reading, hard_negative=True)
