"""Which photos are held out. Neighbours show one wall, so whole places, days or blocks are, never single photos."""

from __future__ import annotations

import hashlib
import random
import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
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
    if rule == "place":
        return _by_place(photos, share, seed)
    if rule == "place_and_day":
        group = _linked(photos)
        return _by_group(photos, lambda _, photo: group.get(photo.picture), share, seed)
    if rule == "day":
        return _by_group(photos, lambda _, photo: photo.day or capture_day(photo.name), share, seed)
    return _by_group(photos, lambda place, _: str(place // BLOCK), share, seed)


def _by_place(photos: Sequence[Photo], share: float, seed: int) -> Split:
    """Hold out whole places on all their days; a photo without a place is always trained on.

    A place's side depends on its name and the seed alone, so it keeps it when later photos join: what one model was
    trained on is never what the next is measured on.
    """
    held = {place for place in {photo.place for photo in photos} if place is not None and _draw(place, seed) < share}
    return Split(
        tuple(photo for photo in photos if photo.place not in held),
        tuple(photo for photo in photos if photo.place in held),
    )


def _draw(name: str, seed: int) -> float:
    """A number in 0..1 that is the same on every machine."""
    return int.from_bytes(hashlib.sha256(f"{seed}:{name}".encode()).digest()[:8]) / 2**64


def _linked(photos: Sequence[Photo]) -> dict[Path, str]:
    """Each photo's group, where photos that share a place or a day are in one; those that tell neither have none."""
    above: dict[str, str] = {}

    def top(key: str) -> str:
        while above.setdefault(key, key) != key:
            above[key] = above[above[key]]
            key = above[key]
        return key

    keys = {photo.picture: _keys(photo) for photo in photos}
    for told in keys.values():
        for other in told[1:]:
            one, two = sorted((top(told[0]), top(other)))
            above[two] = one
    return {picture: top(told[0]) for picture, told in keys.items() if told}


def _keys(photo: Photo) -> list[str]:
    day = photo.day or capture_day(photo.name)
    return [f"{kind} {told}" for kind, told in (("day", day), ("place", photo.place)) if told]


def _by_group(photos: Sequence[Photo], group_of: Callable[[int, Photo], str | None], share: float, seed: int) -> Split:
    """Hold out whole groups in a seeded order until the share is reached; one that overshoots is passed over."""
    groups: dict[str, list[Photo]] = defaultdict(list)
    for place, photo in enumerate(photos):
        group = group_of(place, photo)
        if group is not None:
            groups[group].append(photo)
    order = sorted(groups)
    random.Random(seed).shuffle(order)  # noqa: S311
    wanted = share * len(photos)
    chosen: set[Path] = set()
    for group in order:
        if len(chosen) + len(groups[group]) <= wanted * 1.15:
            chosen.update(photo.picture for photo in groups[group])
    return Split(
        tuple(photo for photo in photos if photo.picture not in chosen),
        tuple(photo for photo in photos if photo.picture in chosen),
    )
