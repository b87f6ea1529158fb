"""Which photos are held out. Neighbours show the same wall, so whole days or blocks are, never single photos."""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from training.sources import Photo, SplitRule

CAPTURE_NAME: Final = re.compile(r"(\d{8})_\d{6}")
UNSET_CLOCK: Final = "20100101"
"""What phones write before their clock is set: such photos may be from any day, so they are never held out."""
BLOCK: Final = 10
"""Neighbouring ids in one block."""


@dataclass(frozen=True, slots=True)
class Split:
    """A source's photos, told apart. Together they are all its photos, and none is in both."""

    train: tuple[Photo, ...]
    held_out: tuple[Photo, ...]


def capture_day(name: str) -> str | None:
    """The day in a camera's file name (`IMG_20180724_101500` → `20180724`), or None where none was set."""
    found = CAPTURE_NAME.search(name)
    if found is None or found[1] == UNSET_CLOCK:
        return None
    return found[1]


def split(photos: Sequence[Photo], rule: SplitRule, share: float, seed: int) -> Split:
    """Hold out about `share` of the photos by the source's rule; the same seed gives the same split."""
    if rule == "none":
        return Split(tuple(photos), ())
    if rule == "all_held_out":
        return Split((), tuple(photos))
    if rule == "day":
        return _by_group(photos, lambda _, photo: capture_day(photo.name), share, seed)
    return _by_group(photos, lambda place, _: str(place // BLOCK), share, seed)


def _by_group(photos: Sequence[Photo], group_of: Callable[[int, Photo], str | None], share: float, seed: int) -> Split:
    """Hold out whole groups in a seeded order until the share is reached; one that overshoots is passed over."""
    groups: dict[str, list[Photo]] = defaultdict(list)
    for place, photo in enumerate(photos):
        group = group_of(place, photo)
        if group is not None:
            groups[group].append(photo)
    order = sorted(groups)
    random.Random(seed).shuffle(order)  # noqa: S311
    wanted, chosen = share * len(photos), set()
    for group in order:
        if len(chosen) + len(groups[group]) <= wanted * 1.15:
            chosen.update(photo.picture for photo in groups[group])
    return Split(
        tuple(photo for photo in photos if photo.picture not in chosen),
        tuple(photo for photo in photos if photo.picture in chosen),
    )
