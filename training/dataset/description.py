"""What a data set is made of: `datasets/sets.toml`, one `[[set]]` table each."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from models.tomlfile import read_toml
from pipeline.table import Table
from training.errors import TrainingError
from training.sources import SplitRule, by_name

NAME = r"^[a-z0-9_]+$"
VERSION = r"^[0-9]+(\.[0-9]+){0,2}$"


class Description(Table):
    """Everything that decides which pictures and labels a set holds.

    labels: in the order of the class numbers. sources: names in sources.toml. split: rules that differ from the
    source's own. label_map: our labels that the set calls something else. across_the_split: what happens to a training
    picture that shows what a held-out one shows. copy_distance: from how many of 256 differing hash bits on two
    pictures are no copies. scene_neighbours: how many neighbours in name order, on each side, are looked at for the
    same scene (0: none). scene_matches: from how many matching points on two pictures show one scene.
    """

    name: str = Field(pattern=NAME)
    version: str = Field(pattern=VERSION)
    labels: Annotated[tuple[Annotated[str, Field(pattern=NAME)], ...], Field(min_length=1)]
    sources: Annotated[tuple[str, ...], Field(min_length=1)]
    split: dict[str, SplitRule] = Field(default_factory=dict)
    label_map: dict[str, str] = Field(default_factory=dict)
    held_out_share: Annotated[float, Field(gt=0, lt=1)] = 0.2
    seed: int = 20
    across_the_split: Literal["fail", "drop"] = "fail"
    copy_distance: Annotated[int, Field(ge=0, le=96)] = 64
    scene_neighbours: Annotated[int, Field(ge=0, le=100)] = 0
    scene_matches: Annotated[int, Field(ge=8)] = 20
    note: str = ""

    @field_validator("labels", "sources")
    @classmethod
    def _once(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(names)) < len(names):
            raise ValueError("a name stands twice")
        return names

    @field_validator("split")
    @classmethod
    def _of_its_sources(cls, split: dict[str, SplitRule], rest: ValidationInfo) -> dict[str, SplitRule]:
        strangers = split.keys() - set(rest.data.get("sources", split))
        if strangers:
            raise ValueError(f"{min(strangers)} is not among the set's sources")
        return split


class _Sets(Table):
    sets: Annotated[tuple[Description, ...], Field(alias="set")]


def read_descriptions(path: Path) -> dict[str, Description]:
    """The sets that a file describes, by name; raises TrainingError naming the file and the field."""
    return by_name(read_toml(path, _Sets, TrainingError).sets, f"{path}: set")


def find(path: Path, name: str) -> Description:
    """The set of that name."""
    described = read_descriptions(path)
    if name not in described:
        raise TrainingError(f"{path}: no set {name!r}; it describes {', '.join(described)}.")
    return described[name]
