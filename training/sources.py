"""Data sets on disk: where they lie, what their classes mean to us, and how their label files read."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, Protocol, TypeVar

from pydantic import Field, ValidationInfo, field_validator

from models.tomlfile import read_toml
from pipeline.table import Table
from training.errors import TrainingError

LABELS: Final = (
    "litter",
    "overflowing_bin",
    "bin",
    "illegal_ad",
    "car",
    "truck",
    "bus",
    "motorcycle",
    "bicycle",
    "person",
)
"""The street detector's labels in the order of the exported model's classes."""

IGNORED: Final = "ignore "
"""Before a label's name: the class of places at which that label is not taught, not as background either."""

PHOTO_SUFFIXES: Final = frozenset({".webp", ".jpg", ".jpeg", ".png"})

SplitRule = Literal["none", "day", "block", "place", "place_and_day", "all_held_out"]
SourceFormat = Literal["yolo", "coco", "voc", "cvat", "verdicts"]


@dataclass(frozen=True, slots=True)
class Box:
    """One labelled rectangle; corners are fractions of the picture's width and height, x right, y down."""

    label: str
    x1: float
    y1: float
    x2: float
    y2: float
    score: float = 1.0
    by: str = "source"

    @property
    def width(self) -> float:
        return self.x2 - self.x1

    @property
    def height(self) -> float:
        return self.y2 - self.y1


@dataclass(frozen=True, slots=True)
class ClassBox:
    """One line of a YOLO label file: the set's own class number and the box (of the polygon, where it is one)."""

    number: int
    x1: float
    y1: float
    x2: float
    y2: float


@dataclass(frozen=True, slots=True)
class Source:
    """One data set: its folder, provenance, and what its classes mean to us (a class left out is dropped).

    YOLO numbers its classes (`classes`), the other formats name them (`names`).
    """

    name: str
    folder: str
    title: str
    licence: str
    note: str
    classes: dict[int, str]
    split: SplitRule = "none"
    format: SourceFormat = "yolo"
    names: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Photo:
    """A picture of a source, and its label file (which may be absent).

    place (an H3 cell) and day (`YYYY-MM-DD`): where and when it was taken, if the source tells.
    """

    source: str
    picture: Path
    labels: Path
    place: str | None = None
    day: str | None = None

    @property
    def name(self) -> str:
        return self.picture.stem


class SourceTable(Table):
    """A `[[source]]` table as it is written."""

    name: str = Field(pattern=r"^[a-z0-9_]+$")
    folder: str
    title: str
    licence: str
    note: str = ""
    split: SplitRule = "none"
    format: SourceFormat = "yolo"
    classes: dict[str, str] = Field(default_factory=dict)

    @field_validator("classes")
    @classmethod
    def _numbered(cls, classes: dict[str, str], rest: ValidationInfo) -> dict[str, str]:
        strangers = [name for name in classes if not name.isdecimal()]
        if strangers and rest.data.get("format") == "yolo":
            raise ValueError(f"a YOLO class is a number, not {strangers[0]}")
        return classes

    def source(self) -> Source:
        numbered = self.format == "yolo"
        return Source(
            self.name,
            self.folder,
            self.title,
            self.licence,
            self.note,
            {int(number): label for number, label in self.classes.items()} if numbered else {},
            self.split,
            self.format,
            {} if numbered else dict(self.classes),
        )


class _Sources(Table):
    source: tuple[SourceTable, ...]


def read_sources(path: Path) -> dict[str, Source]:
    """The sources that a `datasets/*.toml` describes, by name; raises TrainingError naming the file and the field."""
    tables = read_toml(path, _Sources, TrainingError).source
    return by_name((one.source() for one in tables), f"{path}: source")


class Named(Protocol):
    """What stands under a name of its own."""

    @property
    def name(self) -> str: ...


N = TypeVar("N", bound=Named)


def by_name(things: Iterable[N], what: str) -> dict[str, N]:
    """Things under their names; raises TrainingError where two have one. what: the file and what stands in it."""
    found: dict[str, N] = {}
    for one in things:
        if one.name in found:
            raise TrainingError(f"{what} {one.name!r} stands twice; give each its own name.")
        found[one.name] = one
    return found


def photos(source: Source, root: Path) -> list[Photo]:
    """Every picture of a source in name order; `root` is the folder that the source's `folder` is relative to."""
    images = root / source.folder / "images"
    if not images.is_dir():
        raise TrainingError(
            f"{images}: no such folder (source {source.name!r}). Pass --data with the folder that holds it."
        )
    labels = root / source.folder / "labels"
    pictures = sorted(path for path in images.iterdir() if path.suffix.lower() in PHOTO_SUFFIXES)
    return [Photo(source.name, picture, labels / f"{picture.stem}.txt") for picture in pictures]


def parse_labels(text: str, where: str) -> Iterator[ClassBox]:
    """The boxes of a YOLO label file, clipped to the picture.

    A box of no area is dropped, since exporters leave such lines at a photo's border.
    """
    for box in label_lines(text, where):
        x1, y1, x2, y2 = (min(1.0, max(0.0, edge)) for edge in (box.x1, box.y1, box.x2, box.y2))
        if x2 > x1 and y2 > y1:
            yield ClassBox(box.number, x1, y1, x2, y2)


def label_lines(text: str, where: str) -> Iterator[ClassBox]:
    """The lines of a YOLO label file as they stand, so that corners may lie outside the picture.

    A line is `class cx cy w h`, or a polygon `class x1 y1 x2 y2 x3 y3 ...` whose bounding box is taken.
    """
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.split()
        if not words:
            continue
        try:
            kind, values = int(float(words[0])), [float(word) for word in words[1:]]
        except (ValueError, OverflowError):
            raise TrainingError(
                f"{where}, line {number}: {line[:60]!r} is not numbers; expected `class cx cy w h`."
            ) from None
        if not all(map(math.isfinite, values)):
            raise TrainingError(f"{where}, line {number}: {line[:60]!r} holds a value without bounds.")
        if len(values) == 4:
            centre_x, centre_y, width, height = values
            xs, ys = (centre_x - width / 2, centre_x + width / 2), (centre_y - height / 2, centre_y + height / 2)
        elif len(values) >= 6 and len(values) % 2 == 0:
            xs, ys = (min(values[0::2]), max(values[0::2])), (min(values[1::2]), max(values[1::2]))
        else:
            raise TrainingError(
                f"{where}, line {number}: {len(values)} values after the class; a box has 4, "
                "a polygon an even 6 or more."
            )
        yield ClassBox(kind, xs[0], ys[0], xs[1], ys[1])


def label_line(number: int, box: Box) -> str:
    """A line of a YOLO label file, as `label_lines` reads it, to six digits of the picture's sides."""
    return f"{number} {(box.x1 + box.x2) / 2:.6f} {(box.y1 + box.y2) / 2:.6f} {box.width:.6f} {box.height:.6f}\n"


def boxes_of(photo: Photo, source: Source) -> list[Box]:
    """A photo's boxes in our labels; classes that the source does not map are dropped. No label file: no boxes."""
    if not photo.labels.is_file():
        return []
    parsed = parse_labels(photo.labels.read_text("utf-8"), str(photo.labels))
    return [
        Box(source.classes[box.number], box.x1, box.y1, box.x2, box.y2)
        for box in parsed
        if box.number in source.classes
    ]
