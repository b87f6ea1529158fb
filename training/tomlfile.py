"""Reading a TOML file into a pydantic model, with errors that name the file and the field."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from training.errors import TrainingError


class Table(BaseModel):
    """A part of a file; a misspelt field is an error, not a default."""

    model_config = ConfigDict(extra="forbid", frozen=True)


T = TypeVar("T", bound=BaseModel)


def read_toml(path: Path, shape: type[T]) -> T:
    """The file as `shape`; raises TrainingError."""
    try:
        return shape.model_validate(tomllib.loads(path.read_text("utf-8")))
    except OSError as error:
        raise TrainingError(f"{path}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise TrainingError(f"{path}: not a TOML file: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise TrainingError(f"{path}, field {where}: {first['msg']}") from error
