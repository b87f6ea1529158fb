"""Gathers a set's pictures: reads its sources, tells the sides of the split apart, looks at every picture."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Final

from training.dataset.description import Description
from training.dataset.looking import Look, look
from training.dataset.progress import Watch
from training.dataset.readers.formats import read
from training.dataset.reading import Fault, Reading
from training.errors import TrainingError
from training.sources import Box, Photo, Source, SplitRule
from training.split import split

SAME_SHAPE: Final = 0.01
"""How far a picture's shape (width by height) may be from the one that its labels state."""
TOGETHER: Final[frozenset[SplitRule]] = frozenset({"place", "place_and_day"})
"""Rules under which sources are split as one, since two of them may show one place."""


class Side(StrEnum):
    """A side of the split, under the name that trainers give its folder."""

    TRAIN = "train"
    HELD_OUT = "val"


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that can be used: its labels, what it looks like, its side."""

    reading: Reading
    look: Look
    side: Side

    @property
    def photo(self) -> Photo:
        return self.reading.photo


@dataclass(frozen=True, slots=True)
class Gathered:
    """faults: how often each was found, by source."""

    sources: tuple[Source, ...]
    pictures: tuple[Picture, ...]
    faults: Counter[tuple[str, Fault]]


def gather(description: Description, known: Mapping[str, Source], data: Path, watch: Watch) -> Gathered:
    """Every usable picture of the set in an order that depends on names alone."""
    sources = tuple(_source(name, description, known) for name in description.sources)
    readings = [_relabelled(reading, description) for source in sources for reading in read(source, data)]
    held_out = _held_out([reading.photo for reading in readings], sources, description)
    faults: Counter[tuple[str, Fault]] = Counter()
    pictures = []
    for reading in watch(readings, len(readings), "looking at the pictures"):
        looked = _look(reading)
        if isinstance(looked, Fault):
            faults[reading.photo.source, looked] += 1
        else:
            side = Side.HELD_OUT if reading.photo.picture in held_out else Side.TRAIN
            pictures.append(Picture(reading, looked, side))
            faults.update((reading.photo.source, fault) for fault in reading.faults)
    faults.update(_same_bytes(pictures))
    return Gathered(sources, tuple(pictures), faults)


def _source(name: str, description: Description, known: Mapping[str, Source]) -> Source:
    if name not in known:
        raise TrainingError(f"set {description.name!r}: there is no source {name!r}; described are {', '.join(known)}.")
    return replace(known[name], split=description.split.get(name, known[name].split))


def _relabelled(reading: Reading, description: Description) -> Reading:
    """The reading with the set's names for labels, without the labels that the set leaves out."""
    boxes: list[Box] = []
    for box in reading.boxes:
        label = description.label_map.get(box.label, box.label)
        if label in description.labels:
            boxes.append(replace(box, label=label))
    left = (Fault.LABEL_NOT_IN_SET,) * (len(reading.boxes) - len(boxes))
    return replace(reading, boxes=tuple(boxes), faults=reading.faults + left)


def _held_out(photos: Sequence[Photo], sources: Sequence[Source], description: Description) -> set[Path]:
    """The pictures that are held out, each source by its rule; sources that tell places are split as one."""
    held: set[Path] = set()
    for rule, names in _split_as_one(sources):
        group = [photo for photo in photos if photo.source in names]
        held.update(
            photo.picture for photo in split(group, rule, description.held_out_share, description.seed).held_out
        )
    return held


def _split_as_one(sources: Sequence[Source]) -> Iterator[tuple[SplitRule, set[str]]]:
    for source in sources:
        if source.split not in TOGETHER:
            yield source.split, {source.name}
    for rule in sorted(TOGETHER):
        names = {source.name for source in sources if source.split == rule}
        if names:
            yield rule, names


def _look(reading: Reading) -> Look | Fault:
    if reading.left_out is not None:
        return reading.left_out
    looked = look(reading.photo.picture)
    if isinstance(looked, Fault) or reading.stated_px is None:
        return looked
    stated = reading.stated_px[0] / reading.stated_px[1]
    there = looked.width_px / looked.height_px
    return looked if abs(there / stated - 1.0) <= SAME_SHAPE else Fault.SIZE_DIFFERS


def _same_bytes(pictures: Sequence[Picture]) -> Iterator[tuple[str, Fault]]:
    """One for each picture whose very bytes stand on its side already."""
    seen: set[tuple[Side, str]] = set()
    for picture in pictures:
        key = picture.side, picture.look.sha256
        if key in seen:
            yield picture.photo.source, Fault.SAME_BYTES
        seen.add(key)
