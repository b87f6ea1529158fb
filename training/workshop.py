"""A workshop: a recipe, the sources it draws on, and the folders it works in."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from training.errors import TrainingError
from training.recipe import Recipe
from training.said import read_said
from training.sources import Box, Photo, Source, boxes_of, photos, read_sources
from training.split import Split, split

Say = Callable[[str], None]


def all_cores() -> int:
    """The cores that this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True, slots=True)
class Workshop:
    """`work` is the recipe's own folder; what teachers said lies beside it, for all recipes. The rest is read."""

    recipe: Recipe
    sources: dict[str, Source]
    data: Path
    work: Path
    renders: Path | None
    say: Say
    threads: int = field(default_factory=all_cores)

    def source(self, name: str) -> Source:
        if name not in self.sources:
            known = ", ".join(self.sources)
            raise TrainingError(f"recipe {self.recipe.name!r}: sources.toml has no source {name!r}; it has {known}.")
        return self.sources[name]

    def split(self, name: str) -> Split:
        """A source's photos told apart by its rule."""
        source = self.source(name)
        return split(photos(source, self.data), source.split, self.recipe.held_out_share, self.recipe.seed)

    def own_boxes(self, photo: Photo) -> list[Box]:
        """What a photo's source labels, in the recipe's labels."""
        return [box for box in boxes_of(photo, self.source(photo.source)) if box.label in self.recipe.labels]

    def said(self, teacher: str, source: str) -> dict[str, list[Box]]:
        """What a teacher said of a source's photos, by the photo's name."""
        return read_said(self.said_path(teacher, source))

    def taught(self, source: str) -> dict[str, list[Box]]:
        """What all teachers of the recipe said, by the photo's name."""
        together: dict[str, list[Box]] = {}
        for teacher in self.recipe.teachers:
            for name, boxes in self.said(teacher.name, source).items():
                together.setdefault(name, []).extend(boxes)
        return together

    def said_path(self, teacher: str, source: str) -> Path:
        return self.work.parent / "said" / teacher / f"{source}.jsonl"

    def shown(self) -> Iterator[str]:
        """The names of the sources that the recipe's teachers look at: those it uses, and the one it reports on."""
        yield from dict.fromkeys([use.source for use in self.recipe.uses] + ["street_waste_val"])


def open_workshop(
    recipe: Recipe, sources_path: Path, data: Path, work: Path, renders: Path | None, say: Say
) -> Workshop:
    """A workshop on these folders; makes `work`."""
    work.mkdir(parents=True, exist_ok=True)
    return Workshop(recipe, read_sources(sources_path), data, work, renders, say)
