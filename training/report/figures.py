"""The report as values: what the page and the JSON file are both written from."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from typing import Any

from training.evaluate import LeftOut
from training.operating import OperatingPoint, Reading
from training.report.alarms import DriveFigures
from training.report.averages import Averages
from training.report.calibration import Calibration
from training.report.mistakes import Causes, Mistake
from training.report.slices import Slice

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class DataSet:
    """An exam's pictures. digest: SHA-256 over names, picture bytes and true boxes, in order."""

    name: str
    truth: str
    digest: str
    n_pictures: int
    n_boxes: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Header:
    """What was measured, with what, by which command and when (as the caller says)."""

    model: str
    version: str
    weights: str
    digest: str
    recipe: str
    recipe_version: str
    recipe_digest: str
    provider: str
    command: str
    date: str
    weaknesses: tuple[str, ...]
    data_sets: tuple[DataSet, ...]


@dataclass(frozen=True, slots=True)
class Drawn:
    """A precision-recall curve thinned to what can be seen: (score, precision, recall), best score first."""

    dataset: str
    truth: str
    label: str
    points: tuple[tuple[float, float, float], ...]


@dataclass(frozen=True, slots=True)
class Row:
    """A label in an exam. n_pictures_with: pictures that show one."""

    dataset: str
    truth: str
    label: str
    n_pictures: int
    n_pictures_with: int
    n_boxes: int
    least_iou: float
    averages: Averages


@dataclass(frozen=True, slots=True)
class Operating:
    """A label's operating point, and what the card's present score gives on the same photos."""

    point: OperatingPoint
    shipped: Reading


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that was measured. Slices, calibration, causes and mistakes are at the card's scores."""

    header: Header
    left_out: tuple[LeftOut, ...]
    rows: tuple[Row, ...]
    curves: tuple[Drawn, ...]
    operating: tuple[Operating, ...]
    calibration: tuple[Calibration, ...]
    slices: tuple[Slice, ...]
    drives: tuple[DriveFigures, ...]
    causes: tuple[Causes, ...]
    mistakes: tuple[Mistake, ...]

    def to_json(self) -> str:
        """The report as JSON; a figure that could not be measured is null."""
        return json.dumps({"schema": SCHEMA, **_plain(asdict(self))}, ensure_ascii=False, indent=1) + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if isinstance(value, float):
        return None if math.isnan(value) else round(value, 5)
    return value
