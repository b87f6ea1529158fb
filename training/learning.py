"""The learning curve: what each epoch's weights reach, so that one can see whether more training would pay.

Measured in torch with the letterbox, decoding and suppression that ship, on the exams whose boxes people drew.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from ultralytics import YOLO

from models.detector import Detector
from training.bfloat16 import quick
from training.cardfile import draft
from training.errors import TrainingError
from training.evaluate import PEOPLE, Exam, LeftOut, Looked, exams, sit
from training.workshop import Workshop


@dataclass(frozen=True, slots=True)
class Point:
    """What one file of weights reaches on one label."""

    weights: str
    dataset: str
    label: str
    n_boxes: int
    average_precision: float


class TorchSession:
    """Torch weights in the place of an inference session: the same blob in, the same raw head out."""

    def __init__(self, weights: Path, threads: int) -> None:
        torch.set_num_threads(threads)
        self._model = YOLO(str(weights)).model.float().eval()

    def run(self, blob: NDArray[np.float32]) -> NDArray[np.float32]:
        with torch.inference_mode(), quick("cpu"):
            return np.asarray(self._model(torch.from_numpy(blob.copy()))[0].float().numpy())


def epochs(shop: Workshop) -> list[Path]:
    """The weights of every epoch of the recipe's stages, in the order of training; raises TrainingError if none."""
    found = [
        path
        for stage in shop.recipe.stages
        for path in sorted((shop.work / "stages" / stage.name / "weights").glob("epoch*.pt"), key=_number)
    ]
    if not found:
        raise TrainingError(f"{shop.work}: no epoch was trained here yet; run the recipe first (steward train run).")
    return found


def _number(path: Path) -> int:
    return int(path.stem.removeprefix("epoch"))


def curve(shop: Workshop, files: Sequence[Path]) -> Iterator[Point]:
    """The points of every file, in the order given; each exam is laid out once."""
    asked = [exam for exam in exams(shop) if not isinstance(exam, LeftOut) and exam.truth == PEOPLE]
    for path in files:
        yield from _points(shop, path, asked)


def _points(shop: Workshop, path: Path, asked: Sequence[Exam]) -> Iterator[Point]:
    card = draft(shop.recipe, path.name)
    detector, looked = Detector(card, TorchSession(path, shop.threads)), Looked()  # type: ignore[arg-type]
    for exam in asked:
        sitting = sit(detector, exam, looked)
        for label in exam.labels:
            of = sitting.curve(label)
            if of.n_boxes:
                yield Point(
                    f"{path.parent.parent.name}/{path.stem}", exam.dataset, label, of.n_boxes, of.average_precision
                )
