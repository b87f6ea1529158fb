"""A workshop: a recipe, the sources it draws on, and the folders it works in."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from training.errors import TrainingError
from training.recipe import Recipe, TeacherPart
from training.said import read_said
from training.sources import Box, Photo, Source, read_sources
from training.split import Split, split

if TYPE_CHECKING:
    from training.dataset.reading import Reading

Say = Callable[[str], None]
WASTE: Final = "street_waste_val"
"""The source of held-out photos that the project's own models are reported on."""
BUILT_SETS: Final = Path("runs/datasets")


def all_cores() -> int:
    """The cores that this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True, slots=True)
class Workshop:
    """`work` is the recipe's own folder; what teachers said lies beside it, for all recipes. The rest is read.

    datasets: where built sets lie, for recipes that leave out what such a set dropped.
    """

    recipe: Recipe
    sources: dict[str, Source]
    data: Path
    work: Path
    renders: Path | None
    say: Say
    threads: int = field(default_factory=all_cores)
    datasets: Path = BUILT_SETS
    _read: dict[str, dict[Path, Reading]] = field(default_factory=dict, repr=False, compare=False)

    def source(self, name: str) -> Source:
        if name not in self.sources:
            known = ", ".join(self.sources)
            raise TrainingError(f"recipe {self.recipe.name!r}: sources.toml has no source {name!r}; it has {known}.")
        return self.sources[name]

    def photos(self, name: str) -> list[Photo]:
        """A source's photos, of whatever format, without those that its reader found to be of no use."""
        return [reading.photo for reading in self._readings(name).values()]

    def split(self, name: str) -> Split:
        """A source's photos told apart by its rule; those that the recipe leaves out are in neither part."""
        source = self.source(name)
        whole = split(self.photos(name), source.split, self.recipe.held_out_share, self.recipe.seed)
        sets = {use.without for use in self.recipe.uses if use.source == name and use.without}
        return replace(whole, train=self._left_in(whole.train, sets)) if sets else whole

    def _left_in(self, shown: Sequence[Photo], sets: Iterable[str]) -> tuple[Photo, ...]:
        from training.dataset.left_out import left_out_by
        from training.dataset.naming import listed_as

        dropped = {named for address in sets for named in left_out_by(self.datasets, address)}
        return tuple(photo for photo in shown if listed_as(photo) not in dropped)

    def own_boxes(self, photo: Photo) -> list[Box]:
        """What a photo's source labels, in the recipe's labels."""
        return [box for box in self._reading(photo).boxes if box.label in self.recipe.labels]

    def unspoken(self, photo: Photo) -> tuple[str, ...]:
        """The recipe's labels of which a photo's source says nothing in this picture, neither that it is there nor that
        it is not. Empty where the source labels whole pictures.
        """
        speaks_of = self._reading(photo).speaks_of
        return () if speaks_of is None else tuple(label for label in self.recipe.labels if label not in speaks_of)

    def _reading(self, photo: Photo) -> Reading:
        return self._readings(photo.source)[photo.picture]

    def _readings(self, name: str) -> dict[Path, Reading]:
        if name not in self._read:
            from training.dataset.readers.formats import read

            readings = read(self.source(name), self.data)
            self._read[name] = {one.photo.picture: one for one in readings if one.left_out is None}
        return self._read[name]

    def said(self, teacher: str, source: str) -> dict[str, list[Box]]:
        """What a teacher said of a source's photos, by the photo's name."""
        return read_said(self.said_path(teacher, source))

    def taught(self, source: str, teachers: Iterable[TeacherPart] | None = None) -> dict[str, list[Box]]:
        """What teachers said, all of the recipe's or these of them, by the photo's name."""
        together: dict[str, list[Box]] = {}
        for teacher in self.recipe.teachers if teachers is None else teachers:
            for name, boxes in self.said(teacher.name, source).items():
                together.setdefault(name, []).extend(boxes)
        return together

    def said_path(self, teacher: str, source: str) -> Path:
        return self.work.parent / "said" / teacher / f"{source}.jsonl"

    def shown(self) -> Iterator[str]:
        """The names of the sources that the recipe's teachers look at: those it uses, and the one it reports on, where
        that is described."""
        reported_on = [WASTE] if WASTE in self.sources else []
        yield from dict.fromkeys([use.source for use in self.recipe.uses] + reported_on)


def open_workshop(
    recipe: Recipe, sources_path: Path, data: Path, work: Path, renders: Path | None, say: Say
) -> Workshop:
    """A workshop on these folders; makes `work`. The trainer takes a relative path for one below its own data file."""
    work = work.absolute()
    work.mkdir(parents=True, exist_ok=True)
    return Workshop(recipe, read_sources(sources_path), data, work, renders, say)
