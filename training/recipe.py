"""A recipe: everything that decides what model comes out, in one TOML file. Same recipe, same mix."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from training.errors import TrainingError


class RecipePart(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TeacherPart(RecipePart):
    """A COCO-trained detector that labels vehicles and persons; a box counts from its label's threshold."""

    name: str
    weights: str
    input_px: int = 832
    classes: dict[int, str]
    thresholds: dict[str, Annotated[float, Field(gt=0, lt=1)]]


class UsePart(RecipePart):
    """How a source enters the mix.

    repeat: times a photo is listed; stretched: its photos were squeezed to squares, so some are drawn wide or tall;
    one_of_each: exporters wrote copies of a photo, keep one; smallest_side: drop boxes whose longer side is a smaller
    share of the picture; complete: labels that the source labels everywhere, so that no teacher adds them.
    """

    source: str
    repeat: int = 1
    stretched: bool = False
    one_of_each: bool = False
    smallest_side: float = 0.0
    complete: tuple[str, ...] = ()


class WallPart(RecipePart):
    """A source whose photos have walls for synthetic ads: how many pictures, and where in them walls are."""

    source: str
    count: int
    top: float
    bottom: float
    near_boxes: bool = False


class SynthesisPart(RecipePart):
    fonts: tuple[str, ...]
    repeat: int = 1
    walls: tuple[WallPart, ...]


class RendersPart(RecipePart):
    """Rendered frames (`images/` and `labels/`, classes in the recipe's order) in the folder that `--renders` names."""

    repeat: int = 2
    held_out_share: float = 0.1


class StagePart(RecipePart):
    """One training run; a later stage starts from the weights of the one before. `renders`: are there
    rendered frames in its mix?

    stop_after: epochs after which the schedule is cut short (0: never), the rest of the decay being the next stage's.
    self_teach: labels that the stage before fills in where a source does not label them, and from which score.
    """

    name: str
    epochs: int
    stop_after: int = 0
    input_px: int = 512
    batch: int = 16
    lr0: float
    lrf: float
    warmup_epochs: float = 1.0
    mosaic: float = 0.8
    close_mosaic: int = 1
    freeze: int = 0
    renders: bool = False
    self_teach: dict[str, float] = {}


class PublishPart(RecipePart):
    """How the model ships: the input that its card names, suppressing overlap, known weaknesses."""

    width_px: int = 640
    height_px: int = 384
    nms_iou: float = 0.6
    weaknesses: tuple[str, ...] = ()


class Recipe(RecipePart):
    name: str
    version: str
    labels: tuple[str, ...]
    seed: int
    base: str
    architecture: str = "yolo11n.yaml"
    held_out_share: float = 0.2
    teacher: TeacherPart
    uses: tuple[UsePart, ...]
    synthesis: SynthesisPart
    renders: RendersPart = RendersPart()
    stages: tuple[StagePart, ...]
    publish: PublishPart = PublishPart()


def read_recipe(path: Path) -> Recipe:
    """The recipe in a file; raises TrainingError naming the file and the field."""
    try:
        return Recipe.model_validate(tomllib.loads(path.read_text("utf-8")))
    except FileNotFoundError:
        raise TrainingError(f"{path}: there is no such recipe; the project's own are in datasets/.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise TrainingError(f"{path}: not a TOML file: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise TrainingError(f"{path}, field {where}: {first['msg']}") from error
