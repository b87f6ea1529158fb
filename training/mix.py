"""The mix: every source's photos with every label filled in, laid out as the trainer reads it."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from training.pictures import read_picture, write_jpeg
from training.recipe import Bar, UsePart
from training.sources import Box, Photo, label_line

SAME_THING: Final = 0.55
"""Boxes that overlap by more (intersection over union) are taken for one thing seen twice."""
SMALL_THINGS: Final = frozenset({"face", "plate"})
MOSTLY_INSIDE: Final = 0.8
"""A taught box that lies this far inside a labelled bin or heap is taken for a part of it."""
RESHAPED: Final = ((1.0, 0.75), (1.0, 0.75), (0.75, 1.0))
"""Width and height factors that undo an exporter's squeeze to a square: wide photos twice as often as tall ones."""


@dataclass(frozen=True, slots=True)
class Item:
    """A picture of the mix: file, boxes, how often it is listed, and the factors its width and height are drawn at.

    ignored: places where something of a label may be, so that nothing of that label is taught there (training/loss.py).
    """

    name: str
    picture: Path
    boxes: tuple[Box, ...]
    repeat: int = 1
    reshape: tuple[float, float] = (1.0, 1.0)
    ignored: tuple[Box, ...] = ()


@dataclass(frozen=True, slots=True)
class Filled:
    """A photo's boxes after the teachers have spoken, and what they were not sure of."""

    boxes: tuple[Box, ...]
    ignored: tuple[Box, ...]


WHOLE: Final = (0.0, 0.0, 1.0, 1.0)
NEVER: Final = Bar(2.0, 2.0)
"""No score reaches it: the bar of a label that no teacher may teach."""


@dataclass(slots=True)
class Tally:
    """What went into a mix and what did not, by reason."""

    pictures: Counter[str] = field(default_factory=Counter)
    boxes: Counter[str] = field(default_factory=Counter)
    taught: Counter[str] = field(default_factory=Counter)
    ignored: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)


def iou(one: Box, other: Box) -> float:
    """Intersection over union, in the picture's fractions (0 where they do not meet)."""
    shared = overlap(one, other)
    return shared / (one.width * one.height + other.width * other.height - shared)


def overlap(one: Box, other: Box) -> float:
    """The area two boxes share."""
    width = min(one.x2, other.x2) - max(one.x1, other.x1)
    height = min(one.y2, other.y2) - max(one.y1, other.y1)
    return max(0.0, width) * max(0.0, height)


def fill_in(
    own: Sequence[Box],
    said: Iterable[Box],
    bars: Mapping[str, Bar],
    complete: Sequence[str],
    tally: Tally,
    unspoken: Sequence[str] = (),
) -> Filled:
    """A photo's own boxes and what the teachers add to them.

    A taught box is left out when its score is below its label's bar, when the source labels that label everywhere
    (`complete`), when it repeats a box already there, or when it lies inside a labelled bin or heap. One that counts
    for nothing but is not surely nothing becomes a place to ignore: taught as background, it would teach a miss. So
    does the whole picture for a label in `unspoken`, of which nobody said whether it is there.
    """
    boxes, ignored = list(own), [Box(label, *WHOLE, by="nobody") for label in unspoken]
    tally.ignored.update(unspoken)
    for box in sorted(said, key=lambda box: -box.score):
        bar = bars.get(box.label, NEVER)
        if box.score < bar.ignored_from:
            tally.left_out["below_threshold"] += 1
        elif box.label in complete:
            tally.left_out["source_labels_it"] += 1
        elif any(_same_thing(box, there) for there in boxes):
            tally.left_out["same_thing"] += 1
        elif box.label != "person" and any(_part_of(box, there) for there in own):
            tally.left_out["part_of_a_labelled_thing"] += 1
        elif box.score < bar.counts_from:
            ignored.append(box)
            tally.ignored[box.label] += 1
        else:
            boxes.append(box)
            tally.taught[box.label] += 1
    return Filled(tuple(boxes), tuple(ignored))


def _same_thing(box: Box, there: Box) -> bool:
    """Two boxes on one thing; small things such as faces and plates are never side by side in one another's boxes."""
    if iou(box, there) > SAME_THING:
        return True
    return box.label == there.label and box.label in SMALL_THINGS and overlap(box, there) > 0.0


def _part_of(box: Box, there: Box) -> bool:
    return there.label != "illegal_ad" and overlap(box, there) > MOSTLY_INSIDE * box.width * box.height


def one_of_each(photos: Iterable[Photo]) -> list[Photo]:
    """The first of each photo's copies; exporters name copies `NAME.rf.HASH`."""
    first: dict[str, Photo] = {}
    for photo in photos:
        first.setdefault(photo.name.split(".rf.")[0], photo)
    return list(first.values())


def large_enough(boxes: Iterable[Box], smallest_side: float) -> list[Box]:
    """The boxes whose longer side is at least that share of the picture."""
    return [box for box in boxes if max(box.width, box.height) >= smallest_side]


def has_part(photo: Photo, share: float) -> bool:
    """Is a photo among those that are trained on where a share of all is? A larger share has all of a smaller one."""
    return _drawn(photo) < share * 2**32


def item_of(photo: Photo, filled: Filled, use: UsePart) -> Item:
    """A photo as the mix lists it; two in five of a squeezed source's photos are drawn wide or tall again."""
    draw = _drawn(photo)
    reshape = RESHAPED[draw // 5 % len(RESHAPED)] if use.stretched and draw % 5 < 2 else (1.0, 1.0)
    return Item(_listed_as(photo), photo.picture, filled.boxes, use.repeat, reshape, filled.ignored)


def _listed_as(photo: Photo) -> str:
    return f"{photo.source}__{photo.name}"


def _drawn(photo: Photo) -> int:
    """A number of 32 bits that is always the same for a photo, and as if drawn by chance."""
    return zlib.crc32(_listed_as(photo).encode())


def write_mix(items: Iterable[Item], labels: Sequence[str], folder: Path, list_name: str, tally: Tally) -> Path:
    """Lay the items out under `folder`; returns the file that lists the pictures, one path a line, repeats included.

    Pictures are linked, not copied, unless they are reshaped. What is already there is written anew only if it differs.
    A label's number is its place in `labels`; a place to ignore has that number plus the number of labels.
    """
    images, texts = folder / "images", folder / "labels"
    images.mkdir(parents=True, exist_ok=True)
    texts.mkdir(parents=True, exist_ok=True)
    number = {label: place for place, label in enumerate(labels)}
    listed: list[str] = []
    for item in items:
        picture = _place(item, images)
        lines = [label_line(number[box.label], box) for box in item.boxes]
        lines += [label_line(len(labels) + number[box.label], box) for box in item.ignored]
        (texts / f"{item.name}.txt").write_text("".join(lines), "utf-8")
        listed += [str(picture)] * item.repeat
        tally.pictures[item.name.split("__")[0]] += 1
        tally.boxes.update(box.label for box in item.boxes)
    list_path = folder / f"{list_name}.txt"
    list_path.write_text("\n".join(listed) + "\n", "utf-8")
    return list_path


def _place(item: Item, images: Path) -> Path:
    """The item's picture inside the mix folder."""
    if item.reshape == (1.0, 1.0):
        link = images / f"{item.name}{item.picture.suffix.lower()}"
        if not link.exists():
            link.symlink_to(item.picture.resolve())
        return link
    drawn = images / f"{item.name}.jpg"
    if not drawn.exists():
        picture = read_picture(item.picture)
        size = round(picture.shape[1] * item.reshape[0]), round(picture.shape[0] * item.reshape[1])
        write_jpeg(drawn, np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8), 93)
    return drawn
