"""What a data set is made of: `datasets/sets.toml`, one `[[set]]` table each."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from training.errors import TrainingError
from training.sources import SplitRule

NAME = r"^[a-z0-9_]+$"
VERSION = r"^[0-9]+(\.[0-9]+){0,2}$"


class Description(BaseModel):
    """Everything that decides which pictures and labels a set holds.

    labels: in the order of the class numbers. sources: names in sources.toml. split: rules that differ from the
    source's own. label_map: our labels that the set calls something else. across_the_split: what happens to a training
    picture that shows what a held-out one shows. copy_distance: from how many of 256 differing hash bits on two
    pictures are no copies. scene_neighbours: how many neighbours in name order, on each side, are looked at for the
    same scene (0: none). scene_matches: from how many matching points on two pictures show one scene.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=NAME)
    version: str = Field(pattern=VERSION)
    labels: Annotated[tuple[Annotated[str, Field(pattern=NAME)], ...], Field(min_length=1)]
    sources: Annotated[tuple[str, ...], Field(min_length=1)]
    split: dict[str, SplitRule] = {}
    label_map: dict[str, str] = {}
    held_out_share: Annotated[float, Field(gt=0, lt=1)] = 0.2
    seed: int = 20
    across_the_split: Literal["fail", "drop"] = "fail"
    copy_distance: Annotated[int, Field(ge=0, le=96)] = 64
    scene_neighbours: Annotated[int, Field(ge=0, le=100)] = 0
    scene_matches: Annotated[int, Field(ge=8)] = 20
    note: str = ""


def read_descriptions(path: Path) -> dict[str, Description]:
    """The sets that a file describes, by name; raises TrainingError naming the file, the set and the field."""
    try:
        tables = tomllib.loads(path.read_text("utf-8"))["set"]
    except (OSError, KeyError, ValueError) as why:
        raise TrainingError(f"{path}: no readable [[set]] tables ({why}). Compare it with datasets/sets.toml.") from why
    found: dict[str, Description] = {}
    for number, table in enumerate(tables, start=1):
        description = _description(table, f"{path}, set {number}")
        if description.name in found:
            raise TrainingError(f"{path}: set {description.name!r} stands twice; give each its own name.")
        found[description.name] = description
    return found


def _description(table: object, where: str) -> Description:
    try:
        described = Description.model_validate(table)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise TrainingError(f"{where}, field {field}: {first['msg']}.") from None
    for field, names in (("labels", described.labels), ("sources", described.sources)):
        if len(set(names)) < len(names):
            raise TrainingError(f"{where}, field {field}: a name stands twice.")
    strangers = [name for name in described.split if name not in described.sources]
    if strangers:
        raise TrainingError(f"{where}, field split.{strangers[0]}: it is not among the set's sources.")
    return described


def find(path: Path, name: str) -> Description:
    """The set of that name."""
    described = read_descriptions(path)
    if name not in described:
        raise TrainingError(f"{path}: no set {name!r}; it describes {', '.join(described)}.")
    return described[name]
