"""`supervisor.json` in the state folder: what the supervisor has seen, for the worker's health page and the doctor."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, Field, ValidationError

from edge.care.health import Supervised
from edge.files import write_private

NAME: Final = "supervisor.json"
LARGEST_BYTES: Final = 10_000


class _Written(BaseModel):
    restarts: Annotated[int, Field(ge=0)]
    rests: Annotated[int, Field(ge=0)]
    why: str


def read_supervised(state_dir: Path) -> Supervised | None:
    """What the supervisor wrote, or None where there is none; a damaged file counts as none."""
    try:
        with (state_dir / NAME).open("rb") as stream:
            told = _Written.model_validate_json(stream.read(LARGEST_BYTES))
    except (OSError, ValidationError):
        return None
    return Supervised(told.restarts, told.rests, told.why)


def write_supervised(state_dir: Path, seen: Supervised) -> None:
    """Raises OutputError where the disk refuses."""
    told = _Written(restarts=seen.restarts, rests=seen.rests, why=seen.why)
    write_private(state_dir / NAME, told.model_dump_json().encode())


def forget_supervised(state_dir: Path) -> None:
    """No supervisor is at work any more."""
    (state_dir / NAME).unlink(missing_ok=True)
