"""What became of looking for new models."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class NotTaken(StrEnum):
    """Why an update was not taken. Each has a line in docs/edge.md."""

    UNREACHABLE = "unreachable"
    EXPIRED = "expired"
    NOT_SIGNED = "not_signed"
    OTHER_FILE = "other_file"
    NEEDS_NEWER_SOFTWARE = "needs_newer_software"
    UNUSABLE = "unusable"
    OTHER_SCORES = "other_scores"
    DID_BADLY = "did_badly"


@dataclass(frozen=True, slots=True)
class Taken:
    """The vehicle has a new model, by name and version; the worker runs it from its next start."""

    models: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UpToDate:
    """The channels name what the vehicle has."""

    models: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Kept:
    """The vehicle keeps what it has; `why` is for the log."""

    reason: NotTaken
    why: str
