"""Any YOLO-labelled folder as an exam: `images/`, `labels/`, and what its class numbers mean."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from training.errors import TrainingError
from training.evaluate import PEOPLE, Exam
from training.mix import Item
from training.sources import Source, boxes_of, photos, read_sources

CLASSES_FILE: Final = "classes.txt"


def folder_exam(folder: Path, classes: Mapping[int, str], limit: int = 0) -> Exam:
    """The folder's pictures with all their boxes; with a limit, so many of them spread evenly over the names.

    The labels that the classes map to are taken to be complete in every picture.
    """
    home = folder.absolute()
    source = Source(home.name, home.name, home.name, "", "", dict(classes))
    shown = photos(source, home.parent)
    if not shown:
        raise TrainingError(f"{folder / 'images'}: holds no picture (webp, jpg, jpeg or png).")
    if limit and len(shown) > limit:
        shown = [shown[place * len(shown) // limit] for place in range(limit)]
    items = tuple(Item(photo.name, photo.picture, tuple(boxes_of(photo, source))) for photo in shown)
    return Exam(home.name, PEOPLE, tuple(dict.fromkeys(classes.values())), items)


def classes_of(folder: Path, said: str, sources: Path, data: Path) -> dict[int, str]:
    """What a folder's class numbers mean: as said (`0=litter,1=bin`), by its classes.txt, or by sources.toml."""
    if said:
        return _parsed(said)
    listed = folder / CLASSES_FILE
    if listed.is_file():
        return _listed(listed)
    here = folder.resolve()
    for source in read_sources(sources).values():
        if (data / source.folder).resolve() == here and source.classes:
            return source.classes
    raise TrainingError(
        f"{folder}: what do its class numbers mean? Pass --classes 0=litter,1=bin, or put a {CLASSES_FILE} there with "
        "one label a line."
    )


def _listed(path: Path) -> dict[int, str]:
    """A class number is the number of its line, from 0; an empty line is a class that nobody wants."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except UnicodeDecodeError as why:
        raise TrainingError(f"{path}, byte {why.start}: not a text file in UTF-8; save it as such.") from None
    return {number: line.strip() for number, line in enumerate(lines) if line.strip()}


def _parsed(said: str) -> dict[int, str]:
    try:
        pairs = [one.split("=", 1) for one in said.split(",")]
        return {int(number): label.strip() for number, label in pairs}
    except ValueError:
        raise TrainingError(f"--classes {said!r}: expected NUMBER=LABEL pairs such as 0=litter,1=bin.") from None
