"""What every reader gives: a photo, its boxes in our labels, and what was wrong with it. Sources are not trusted."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from models.wholefile import read_at_most
from training.errors import TrainingError
from training.sources import Box, Photo, Source

MAX_LABEL_FILE_BYTES: Final = 1_000_000
"""Of a file that labels one picture."""
MAX_ANNOTATIONS_BYTES: Final = 256_000_000
"""Of a file that labels a whole source."""
MAX_BOXES: Final = 2_000
"""In one picture."""
MAX_PICTURES: Final = 200_000
"""In one source."""
ROUNDING: Final = 0.002
"""A box that reaches this share of the picture beyond its border is not called clipped: exporters round."""


class Fault(StrEnum):
    """What the build found wrong. Every member has a line in docs/training.md."""

    UNREADABLE = "unreadable"
    TOO_LARGE = "too_large"
    NO_PICTURE = "no_picture"
    SIZE_DIFFERS = "size_differs"
    CONFIRMED_WITHOUT_BOX = "confirmed_without_box"
    DISMISSED_WITH_BOX = "dismissed_with_box"
    COPY_ACROSS_THE_SPLIT = "copy_across_the_split"
    SAME_BYTES = "same_bytes"
    NO_AREA = "no_area"
    OUTSIDE = "outside"
    CLIPPED = "clipped"
    REPEATED = "repeated"
    CROWD = "crowd"
    SHAPE_NOT_READ = "shape_not_read"
    CLASS_NOT_MAPPED = "class_not_mapped"
    LABEL_NOT_IN_SET = "label_not_in_set"


@dataclass(frozen=True, slots=True)
class Marked:
    """A box as a source gives it: its class in our labels (None: not mapped), corners as fractions, not clipped."""

    label: str | None
    x1: float
    y1: float
    x2: float
    y2: float


@dataclass(frozen=True, slots=True)
class Reading:
    """One picture of a source as its labels describe it.

    boxes: clipped to the picture. faults: one for each box that was left out or clipped. left_out: why the whole
    picture cannot be used. stated_px: width and height as the label file gives them, which the picture must bear out.
    hard_negative: people looked at it and said that what a detector saw there is not there. speaks_of: the labels that
    its source says something about in this picture (None: all that the source maps).
    """

    photo: Photo
    boxes: tuple[Box, ...]
    faults: tuple[Fault, ...] = ()
    left_out: Fault | None = None
    stated_px: tuple[int, int] | None = None
    hard_negative: bool = False
    speaks_of: tuple[str, ...] | None = None


Reader = Callable[[Source, Path], list[Reading]]
"""Reads a source in its folder (resolved, existing); raises TrainingError naming file and line or field."""


def settle(marked: Iterable[Marked], where: str) -> tuple[tuple[Box, ...], tuple[Fault, ...]]:
    """The boxes that can be used, clipped to the picture, and a fault for each that cannot or that was clipped."""
    boxes: dict[Box, None] = {}
    faults: list[Fault] = []
    for number, one in enumerate(marked):
        if number == MAX_BOXES:
            raise TrainingError(
                f"{where}: more than {MAX_BOXES} boxes in one picture; that is not a label file of ours."
            )
        found = _settle(one)
        if isinstance(found, Fault):
            faults.append(found)
        elif found in boxes:
            faults.append(Fault.REPEATED)
        else:
            boxes[found] = None
            if max(-one.x1, -one.y1, one.x2 - 1.0, one.y2 - 1.0) > ROUNDING:
                faults.append(Fault.CLIPPED)
    return tuple(boxes), tuple(faults)


def _settle(one: Marked) -> Box | Fault:
    if one.label is None:
        return Fault.CLASS_NOT_MAPPED
    if one.x2 <= one.x1 or one.y2 <= one.y1:
        return Fault.NO_AREA
    x1, y1, x2, y2 = (min(1.0, max(0.0, edge)) for edge in (one.x1, one.y1, one.x2, one.y2))
    if x2 <= x1 or y2 <= y1:
        return Fault.OUTSIDE
    return Box(one.label, x1, y1, x2, y2)


def inside(folder: Path, below: str | Path, name: str, where: str) -> Path:
    """The file of that name in `folder / below`, refused where it lies outside `folder` (which is resolved)."""
    try:
        path = (folder / below / name).resolve()
    except (OSError, ValueError, RuntimeError):
        raise TrainingError(f"{where}: {name[:80]!r} is not a file name.") from None
    if not path.is_relative_to(folder) or path == folder:
        raise TrainingError(
            f"{where}: {name[:80]!r} leads out of {folder}. A source may name only files in its own folder."
        )
    return path


def read_bytes(path: Path, most: int) -> bytes:
    """A label file, refused where it is absent or larger than `most` bytes."""
    if path.exists() and not path.is_file():
        raise TrainingError(f"{path}: not a plain file.")
    try:
        content = read_at_most(path, most)
    except OSError as why:
        raise TrainingError(f"{path}: cannot be read ({why.strerror}).") from None
    if content is None:
        raise TrainingError(f"{path}: larger than {most / 1e6:g} MB, which no label file is. Split the source.")
    return content


def counted(number: int, where: str) -> None:
    """Refuses a source with more pictures than a source may have."""
    if number > MAX_PICTURES:
        raise TrainingError(f"{where}: more than {MAX_PICTURES} pictures. Split it into several sources.")
