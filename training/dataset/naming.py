"""The names that pictures have in a set: plain, unique, and the same wherever the set is built."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from training.dataset.gather import Picture
from training.sources import Photo

LONGEST: Final = 120


@dataclass(frozen=True, slots=True)
class Row:
    """A picture under the name that its file has in the set, without a suffix."""

    name: str
    picture: Picture


def plain(name: str) -> str:
    """A stranger's file name made fit for a path, a table and a terminal."""
    return re.sub(r"[^\w.-]", "_", name, flags=re.ASCII)[:LONGEST]


def listed_as(photo: Photo) -> str:
    """What a set calls a photo: SOURCE__NAME, made plain."""
    return plain(f"{photo.source}__{photo.name}")


def name_all(pictures: Sequence[Picture]) -> tuple[Row, ...]:
    """The pictures in name order. Names that would meet, on any file system, get a piece of the picture's digest."""
    names = [listed_as(picture.photo) for picture in pictures]
    often = Counter(name.casefold() for name in names)
    rows: dict[str, Row] = {}
    for name, picture in zip(names, pictures, strict=True):
        unique = f"{name}-{picture.look.sha256[:12]}" if often[name.casefold()] > 1 else name
        while unique in rows:
            unique += "_"
        rows[unique] = Row(unique, picture)
    return tuple(rows[name] for name in sorted(rows))
