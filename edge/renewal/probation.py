"""New models, or a new configuration, are on probation until they have worked for a while: what is counted, and when
they are turned back. Without a clock or a disk; the record lies beside what it is about, so that a crash counts too.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, Field, ValidationError

from edge.files import write_private

NAME: Final = "probation.json"
MOST_STARTS: Final = 3
WELL_S: Final = 600.0
WELL_FRAMES: Final = 100
ILL_S: Final = 300.0


class Why(StrEnum):
    """Why something was turned back. Each has a line in docs/vehicle-care.md."""

    FAILED = "failed"
    BLIND = "blind"
    SLOW = "slow"
    CRASHED = "crashed"
    UNHEALTHY = "unhealthy"


class Ruling(StrEnum):
    GOES_ON = "goes_on"
    PASSED = "passed"


@dataclass(frozen=True, slots=True)
class Probation:
    """starts: of the worker since it began; well_s, ill_s: how long it was healthy, and not, in this run; frames:
    analysed in this run."""

    subject: str
    starts: int = 1
    well_s: float = 0.0
    ill_s: float = 0.0
    frames: int = 0


def started(probation: Probation) -> tuple[Probation, Why | Ruling]:
    """The worker starts again while it lasts: what ends the worker several times before it has worked is at fault."""
    again = Probation(probation.subject, probation.starts + 1)
    return again, Why.CRASHED if again.starts > MOST_STARTS else Ruling.GOES_ON


def observed(probation: Probation, well: bool, span_s: float, frames: int) -> tuple[Probation, Why | Ruling]:
    """So long, so many frames, in this health. It has passed when it worked for WELL_S and saw WELL_FRAMES."""
    now = replace(
        probation,
        well_s=probation.well_s + (span_s if well else 0.0),
        ill_s=0.0 if well else probation.ill_s + span_s,
        frames=probation.frames + frames,
    )
    if now.ill_s >= ILL_S:
        return now, Why.UNHEALTHY
    return now, Ruling.PASSED if now.well_s >= WELL_S and now.frames >= WELL_FRAMES else Ruling.GOES_ON


class _Written(BaseModel):
    subject: Annotated[str, Field(max_length=1000)]
    starts: Annotated[int, Field(ge=1)]


def read_probation(folder: Path) -> Probation | None:
    """What is on probation in a folder; a damaged record counts as none."""
    try:
        told = _Written.model_validate_json((folder / NAME).read_bytes())
    except (OSError, ValidationError):
        return None
    return Probation(told.subject, told.starts)


def write_probation(folder: Path, probation: Probation | None) -> None:
    """None: it is over. Raises OutputError where the disk refuses."""
    if probation is None:
        (folder / NAME).unlink(missing_ok=True)
        return
    told = _Written(subject=probation.subject, starts=probation.starts)
    write_private(folder / NAME, told.model_dump_json().encode())
