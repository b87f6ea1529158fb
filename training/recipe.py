"""A recipe: everything that decides what model comes out, in one TOML file. Same recipe, same mix."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from models.tomlfile import read_toml
from pipeline.table import Table
from training.errors import TrainingError


@dataclass(frozen=True, slots=True)
class Bar:
    """The score from which a taught box of a label counts, and the lower one from which it is at least ignored."""

    counts_from: float
    ignored_from: float


Share = Annotated[float, Field(gt=0, lt=1)]


class TeacherPart(Table):
    """A trained model that labels what sources leave unlabelled; a box counts from its label's threshold, and is
    neither taught nor taught as background from `ignored_from` on.

    kind "coco": an ultralytics detector whose `classes` are our labels. kind "card": a model of ours that has shipped,
    by its card in `weights`. kind "privacy": faces and plates, the latter on the vehicles that the teacher named in
    `after` found, with the anchors of the plate detector in `anchors`. kind "heads": the heads of the persons that the
    teacher in `after` found.
    """

    kind: Literal["coco", "card", "privacy", "heads"] = "coco"
    name: str
    weights: str = ""
    input_px: int = 832
    classes: dict[int, str] = Field(default_factory=dict)
    thresholds: dict[str, Share] = Field(default_factory=dict)
    ignored_from: Annotated[float, Field(gt=0, le=1)] = 1.0
    anchors: str = ""
    after: str = ""


class UsePart(Table):
    """How a source enters the mix.

    repeat: times a photo is listed; stretched: its photos were squeezed to squares, so some are drawn wide or tall;
    one_of_each: exporters wrote copies of a photo, keep one; smallest_side: drop boxes whose longer side is a smaller
    share of the picture; only_with_boxes: leave out photos on which nothing is labelled or taught; complete: labels
    that the source labels everywhere, so that no teacher adds them; without: a built set (`NAME@VERSION-DIGEST`), and
    the photos that it dropped because a held-out one shows the same are not trained on here either.
    """

    source: str
    repeat: int = 1
    stretched: bool = False
    one_of_each: bool = False
    smallest_side: float = 0.0
    only_with_boxes: bool = False
    complete: tuple[str, ...] = ()
    without: Annotated[str, Field(pattern=r"^[a-z0-9_]+@[0-9.]+-[0-9a-f]{12}$")] | None = None


class WallPart(Table):
    """A source whose photos are drawn on: how many, where in them walls are, how wide a group of ads may be."""

    source: str
    count: int
    top: float = 0.0
    bottom: float = 1.0
    near_boxes: bool = False
    widest: float = 1.0


class SynthesisPart(Table):
    """What is drawn onto photos: small ads onto walls, or plates onto the vehicles that the first teacher found."""

    kind: Literal["ads", "plates"] = "ads"
    fonts: tuple[str, ...] = ()
    repeat: int = 1
    walls: tuple[WallPart, ...] = ()


class RendersPart(Table):
    """Rendered frames (`images/` and a folder of labels, classes in the recipe's order) under `--renders`."""

    labels: str = "labels"
    repeat: int = 2
    held_out_share: float = 0.1


class StagePart(Table):
    """One training run; a later stage starts from the weights of the one before. `renders`: are there
    rendered frames in its mix?

    sides_px: sides that batches are drawn at, each batch at one of them by chance (none: all at `input_px`).
    stop_after: epochs after which the schedule is cut short (0: never), the rest of the decay being the next stage's.
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
    sides_px: tuple[Annotated[int, Field(gt=0, multiple_of=32)], ...] = ()


class PublishPart(Table):
    """How the model ships: the input that its card names, the side of photos that are measured, the overlap that
    suppresses.

    target_precision, target_recall: by label, what the operating score must reach on the held-out photos that choose
    it (of all scores that do, the one that finds most, or that is right most often). recall_weight: the beta of the
    F-measure by which the other labels' scores are chosen; above 1, recall weighs more. untried_score: the operating
    score of a label of which no held-out set has enough boxes to choose one. blend: how far the published weights lie
    on the way from those that the run started from to those that it ended with (training/blend.py).
    """

    blend: Annotated[float, Field(gt=0, le=1)] = 1.0
    width_px: int = 640
    height_px: int = 384
    square_px: int = 512
    nms_iou: float = 0.6
    target_precision: dict[str, Share] = Field(default_factory=dict)
    target_recall: dict[str, Share] = Field(default_factory=dict)
    recall_weight: float = 1.0
    untried_score: float = 0.35
    weaknesses: tuple[str, ...] = ()


class Int8Part(Table):
    """How the model's twin in 8-bit integers is made and what it is held to.

    pictures: how many training photos of each source its ranges are taken from. kept_float: blocks that stay in float32
    (`steward train sensitivity` measures them). gate: held-out labels, by source, on which it must keep its AP50.
    """

    pictures: dict[str, Annotated[int, Field(gt=0)]]
    kept_float: tuple[str, ...] = ()
    gate: dict[str, tuple[str, ...]]


class Recipe(Table):
    """base: what the first stage starts from, torch weights under `--data` or the card of a model that has shipped.
    share: the share of the photos that is trained on, each listed as many times more (training/mix.py).
    """

    name: str
    version: str
    labels: tuple[str, ...]
    seed: int
    base: str
    architecture: str = "yolo11n.yaml"
    held_out_share: float = 0.2
    share: Annotated[float, Field(gt=0, le=1)] = 1.0
    teachers: tuple[TeacherPart, ...] = ()
    uses: tuple[UsePart, ...]
    synthesis: SynthesisPart = SynthesisPart()
    renders: RendersPart = RendersPart()
    stages: tuple[StagePart, ...]
    publish: PublishPart = PublishPart()
    int8: Int8Part | None = None

    @property
    def bars(self) -> dict[str, Bar]:
        """From which score each taught label counts or is ignored, over all teachers."""
        return {
            label: Bar(least, min(least, teacher.ignored_from))
            for teacher in self.teachers
            for label, least in teacher.thresholds.items()
        }

    @property
    def taught_labels(self) -> tuple[str, ...]:
        """The labels that others' models teach; agreement with a model's own predecessor is no exam."""
        return tuple(label for teacher in self.teachers if teacher.kind != "card" for label in teacher.thresholds)


def read_recipe(path: Path) -> Recipe:
    """The recipe in a file; raises TrainingError naming the file and the field."""
    if not path.is_file():
        raise TrainingError(f"{path}: there is no such recipe; the project's own are in datasets/.")
    return read_toml(path, Recipe, TrainingError)
