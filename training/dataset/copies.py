"""Training pictures that show what a held-out picture shows: such a set measures memory, not skill."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np

from training.dataset.fingerprint import distances
from training.dataset.gather import Picture
from training.dataset.naming import plain
from training.dataset.scenes import Points, matches, points_of
from training.sources import Photo

CHUNK: Final = 512


class Kinship(StrEnum):
    """How two pictures were found to be of one kind. Each has a line in docs/training.md."""

    SAME_FILE = "same_file"
    SAME_EXPORT_NAME = "same_export_name"
    LOOKS_ALIKE = "looks_alike"
    SAME_SCENE = "same_scene"


@dataclass(frozen=True, slots=True)
class Pair:
    """`degree`: differing bits of 256 for looks_alike, matching points for same_scene, else 0."""

    train: Photo
    held_out: Photo
    kinship: Kinship
    degree: int

    @property
    def rank(self) -> tuple[int, int, str, str]:
        """Sorts the surest pairs first: by kinship, then fewest differing bits or most matching points, then name."""
        degree = -self.degree if self.kinship is Kinship.SAME_SCENE else self.degree
        return list(Kinship).index(self.kinship), degree, self.train.name, self.held_out.name

    def __str__(self) -> str:
        unit = {
            Kinship.LOOKS_ALIKE: f" ({self.degree} of 256 bits differ)",
            Kinship.SAME_SCENE: f" ({self.degree} points)",
        }
        one, other = (f"{photo.source}/{plain(photo.picture.name)}" for photo in (self.train, self.held_out))
        return f"{one} ~ {other}: {self.kinship}{unit.get(self.kinship, '')}"


def copies(train: Sequence[Picture], held_out: Sequence[Picture], copy_distance: int) -> list[Pair]:
    """Pairs across the split: the same file, an exporter's copies of one photo, or nearly the same picture.

    A picture and its mirror image, or one turned by a quarter, count as nearly the same.
    """
    if not train or not held_out:
        return []
    found = []
    prints = np.stack([seen.look.print for seen in held_out])
    exports = _by_export(held_out)
    for start in range(0, len(train), CHUNK):
        part = train[start : start + CHUNK]
        nearest = distances(np.stack([seen.look.print for seen in part]), prints)
        near = set(zip(*np.nonzero(nearest <= copy_distance), strict=True))
        named = {(i, j) for i, one in enumerate(part) for j in exports.get(_export(one), ())}
        for i, j in sorted(near | named):
            found.append(_pair(part[i], held_out[j], int(nearest[i, j]), copy_distance))
    return found


def _export(picture: Picture) -> tuple[str, str] | None:
    """What the copies of one photo have in common: source, and the name before an exporter's `.rf.HASH`."""
    base, mark, _ = picture.photo.name.partition(".rf.")
    return (picture.photo.source, base) if mark else None


def _by_export(pictures: Sequence[Picture]) -> dict[tuple[str, str] | None, list[int]]:
    """The places of the pictures that an exporter named, by what their copies have in common."""
    places: dict[tuple[str, str] | None, list[int]] = defaultdict(list)
    for place, picture in enumerate(pictures):
        if (key := _export(picture)) is not None:
            places[key].append(place)
    return places


def _pair(train: Picture, held_out: Picture, distance: int, copy_distance: int) -> Pair:
    if train.look.sha256 == held_out.look.sha256:
        return Pair(train.photo, held_out.photo, Kinship.SAME_FILE, 0)
    if distance <= copy_distance:
        return Pair(train.photo, held_out.photo, Kinship.LOOKS_ALIKE, distance)
    return Pair(train.photo, held_out.photo, Kinship.SAME_EXPORT_NAME, 0)


def neighbours(
    train: Sequence[Picture], held_out: Sequence[Picture], reach: int
) -> list[tuple[Picture, list[Picture]]]:
    """For each held-out picture the training pictures among its `reach` neighbours in name order on each side.

    Cameras and exporters number in order, so a series of one scene runs over neighbouring names, whatever folders an
    exporter dealt them out to.
    """
    held = {seen.photo.picture for seen in held_out}
    row = sorted([*train, *held_out], key=lambda seen: (seen.photo.name, seen.photo.source))
    return [
        (seen, [near for near in row[max(0, at - reach) : at + reach + 1] if near.photo.picture not in held])
        for at, seen in enumerate(row)
        if seen.photo.picture in held
    ]


def scene_pairs(near: Iterable[tuple[Picture, list[Picture]]], least_matches: int) -> Iterator[Pair]:
    """Pairs among neighbours that show one scene. Holds the points of the pictures around the current one only."""
    known: dict[str, Points] = {}
    for one, others in near:
        wanted = {seen.look.sha256: seen.photo.picture for seen in (one, *others)}
        known = {sha: known[sha] if sha in known else points_of(path) for sha, path in wanted.items()}
        for other in others:
            degree = matches(known[other.look.sha256], known[one.look.sha256], least_matches)
            if degree:
                yield Pair(other.photo, one.photo, Kinship.SAME_SCENE, degree)
