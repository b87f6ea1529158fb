"""The privacy step for pictures that people upload: without it nothing of them is stored."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from models.errors import ModelError
from models.privacy import PrivacyStep
from models.store import open_detector
from pipeline.redact import DidNotRun, Regions

THREADS = 2


class RegionFinder(Protocol):
    """Finds what must not be stored in a uint8 [H, W, 3] BGR picture, or says that it was not searched for."""

    def find(self, image: NDArray[np.uint8]) -> Regions | DidNotRun: ...


class NoModel:
    """Stands in where the models cannot be opened: refuses every picture, with the reason."""

    def __init__(self, why: str) -> None:
        self.why = why

    def find(self, image: NDArray[np.uint8]) -> Regions | DidNotRun:  # noqa: ARG002 - the protocol's signature
        return DidNotRun(self.why)


class FixedRegions:
    """Always finds the same boxes, or none; for tests of what comes after the search."""

    def __init__(self, *boxes: tuple[float, float, float, float], step: str = "fixed regions") -> None:
        self._boxes = np.array(boxes, np.float32).reshape(-1, 4)
        self._step = step

    def find(self, image: NDArray[np.uint8]) -> Regions | DidNotRun:
        height, width = image.shape[:2]
        return Regions(self._boxes.copy(), self._step, width, height)


def open_privacy_step(folder: Path | None = None) -> RegionFinder:
    """The step with the shipped models, or those of a folder; `NoModel` where they cannot be opened."""
    try:
        privacy = open_detector("privacy", folder, threads=THREADS)
        return PrivacyStep(privacy, open_detector("street", folder, threads=THREADS))
    except ModelError as error:
        return NoModel(str(error))
