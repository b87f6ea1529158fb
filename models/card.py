"""A model's card: what a weights file is, how to feed it, what it reaches, and what it was trained on.

A card is a TOML file in `models/cards/`, read once at start; the weights beside it are used only if their SHA-256 is
the card's `digest`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

from pydantic import Field

from models.errors import ModelError
from models.tomlfile import read_toml
from pipeline.table import Table
from pipeline.wire import Sha256

READ_SINCE: Final = "0.1.0"
"""The first version of City Steward that reads every field below. A new field raises it: older software refuses such a
card, so the model repository says it beside each model."""


Share = Annotated[float, Field(ge=0, le=1)]
"""A threshold beyond it would find nothing, and say nothing."""


class Preprocessing(Table):
    """Letterbox to the input size, RGB, divided by 255, NCHW float32.

    rectangular: the input is cut down to the picture's shape, in multiples of the stride, so that a 16:9 frame costs
    640×384. Only for graphs with free height and width. most_pixels: the input is also scaled down to about so many
    pixels (0: not), so that a square photo comes in the size it was trained in.
    """

    width_px: Annotated[int, Field(gt=0, le=4096)]
    height_px: Annotated[int, Field(gt=0, le=4096)]
    stride_px: Annotated[int, Field(gt=0)] = 32
    pad_value: Annotated[int, Field(ge=0, le=255)] = 114
    rectangular: bool = False
    most_pixels: Annotated[int, Field(ge=0)] = 0


class Metric(Table):
    """One figure with what it was measured on. `truth` says who drew the boxes: people, teachers, or a renderer."""

    label: str
    name: str
    value: float
    dataset: str
    truth: str
    n_boxes: int


class DataSource(Table):
    name: str
    licence: str
    n_images: int
    note: str = ""


class Int8(Table):
    """The twin of a model in 8-bit integers: fed alike, with the same labels and thresholds. See models/store.py.

    calibrated_on: the training photos that its ranges were taken from, by source. kept_float: the blocks that stay in
    float32, because integers hurt them. metrics: AP50 of the twin and of the float32 model, measured in one run.
    """

    weights: str
    digest: Sha256
    calibrated_on: dict[str, int]
    kept_float: tuple[str, ...] = ()
    metrics: tuple[Metric, ...] = ()


class Parity(Table):
    """How far the weights file and its torch original lay apart when it was exported, over anchors that score."""

    pictures: int
    anchors: int
    least_iou: float
    largest_score_difference: float


class Promotion(Table):
    """When the model became the champion, and over which: name and version, and the SHA-256 of its weights."""

    at: str
    champion: str
    champion_digest: Sha256
    pictures: int


class GateFigure(Table):
    """A gate that the model passed to be promoted: what was measured, the bar, and why, for people."""

    gate: str
    measured: float
    bar: float
    why: str


class ModelCard(Table):
    """See the module. thresholds: the score from which a detection of a label is used; golden: models/golden.py."""

    name: str
    version: str
    weights: str
    digest: Sha256
    labels: tuple[str, ...]
    thresholds: dict[str, Share]
    nms_iou: Share
    preprocessing: Preprocessing
    licence: str
    int8: Int8 | None = None
    parity: Parity | None = None
    promotion: Promotion | None = None
    gates: tuple[GateFigure, ...] = ()
    golden: dict[str, float] = Field(default_factory=dict)
    metrics: tuple[Metric, ...] = ()
    sources: tuple[DataSource, ...] = ()
    weaknesses: tuple[str, ...] = ()


def read_card(path: Path) -> ModelCard:
    """The card in a file; raises ModelError naming the file and the field."""
    return read_toml(path, ModelCard, ModelError)
