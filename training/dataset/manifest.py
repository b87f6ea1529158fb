"""A set's manifest: a SHA-256 for each picture and label file, and one digest over all of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field, ValidationError

from pipeline.table import Table, fault_at
from training.dataset.copies import Kinship, Pair
from training.dataset.description import NAME, VERSION
from training.dataset.gather import Side
from training.dataset.naming import Row, listed_as
from training.dataset.plan import Plan
from training.dataset.reading import read_bytes
from training.errors import TrainingError
from training.sources import Box, label_line

FILE: Final = "manifest.json"
TRAINER_FILE: Final = "data.yaml"
MOST_BYTES: Final = 512_000_000
SHORT: Final = 12
"""Digits of the digest that stand in a set's address."""

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Entry(Table):
    """One picture. Its file lies under `images/SIDE/`, its labels under `labels/SIDE/`, both named `name`."""

    name: str = Field(pattern=r"^[\w.-]+$", max_length=200)
    suffix: Literal[".webp", ".jpg", ".jpeg", ".png"]
    side: Side
    source: str = Field(pattern=NAME)
    picture_sha256: Sha256
    label_sha256: Sha256
    width_px: int
    height_px: int
    boxes: int
    hard_negative: bool = False

    @property
    def picture(self) -> str:
        return f"images/{self.side.value}/{self.name}{self.suffix}"

    @property
    def label(self) -> str:
        return f"labels/{self.side.value}/{self.name}.txt"


class Dropped(Table):
    """A training picture that was left out, and the held-out one for which; both as `SOURCE__NAME`."""

    training: str
    held_out: str
    kinship: Kinship
    degree: int


class Manifest(Table):
    """name, version and digest are the set's address. made_with: what may decide about a pair at the threshold."""

    name: str = Field(pattern=NAME)
    version: str = Field(pattern=VERSION)
    digest: Sha256
    labels: tuple[str, ...]
    made_with: dict[str, str] = Field(default_factory=dict)
    pictures: tuple[Entry, ...]
    dropped: tuple[Dropped, ...] = ()

    @property
    def address(self) -> str:
        return address(self.name, self.version, self.digest)


def address(name: str, version: str, digest: str) -> str:
    """`NAME@VERSION-DIGEST`, the digest shortened."""
    return f"{name}@{version}-{digest[:SHORT]}"


def label_text(boxes: Iterable[Box], labels: Sequence[str]) -> str:
    """A YOLO label file; its lines are sorted, so that the order in which a source lists boxes does not count."""
    number = {label: place for place, label in enumerate(labels)}
    return "".join(sorted(label_line(number[box.label], box) for box in boxes))


def entry_of(row: Row, labels: Sequence[str]) -> Entry:
    picture = row.picture
    text = label_text(picture.reading.boxes, labels)
    return Entry.model_validate(
        {
            "name": row.name,
            "suffix": picture.photo.picture.suffix.lower(),
            "side": picture.side,
            "source": picture.photo.source,
            "picture_sha256": picture.look.sha256,
            "label_sha256": hashlib.sha256(text.encode()).hexdigest(),
            "width_px": picture.look.width_px,
            "height_px": picture.look.height_px,
            "boxes": len(picture.reading.boxes),
            "hard_negative": picture.reading.hard_negative,
        }
    )


def manifest_of(plan: Plan, made_with: dict[str, str]) -> Manifest:
    """The manifest of a set that is to be written."""
    described = plan.description
    entries = tuple(entry_of(row, described.labels) for row in plan.rows)
    return Manifest(
        name=described.name,
        version=described.version,
        digest=digest(described.labels, entries),
        labels=described.labels,
        made_with=made_with,
        pictures=entries,
        dropped=tuple(_dropped(pair) for pair in plan.pairs),
    )


def _dropped(pair: Pair) -> Dropped:
    one, other = listed_as(pair.train), listed_as(pair.held_out)
    return Dropped(training=one, held_out=other, kinship=pair.kinship, degree=pair.degree)


def digest(labels: Sequence[str], entries: Iterable[Entry]) -> str:
    """SHA-256 over the labels in their order and, sorted, each picture's place with the digests of its two files.

    Neither the machine, nor the order of files, nor the time enters.
    """
    lines = sorted(f"{entry.picture}\t{entry.picture_sha256}\t{entry.label_sha256}\n" for entry in entries)
    whole = hashlib.sha256(("\t".join(["labels", *labels]) + "\n").encode())
    for line in lines:
        whole.update(line.encode())
    return whole.hexdigest()


def read_manifest(folder: Path) -> Manifest:
    """The manifest in a set's folder; raises TrainingError naming file and field."""
    path = folder / FILE
    try:
        return Manifest.model_validate_json(read_bytes(path, MOST_BYTES))
    except ValidationError as error:
        raise TrainingError(f"{fault_at(str(path), error)}. Build the set again.") from None


def trainer_text(manifest: Manifest) -> str:
    """What ultralytics reads. It names no folder, which then is the file's own: the set may be moved."""
    names = "".join(f'  {place}: "{label}"\n' for place, label in enumerate(manifest.labels))
    return f"# {manifest.address}\ntrain: images/{Side.TRAIN.value}\nval: images/{Side.HELD_OUT.value}\nnames:\n{names}"
