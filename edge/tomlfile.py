"""Reading a TOML file into a pydantic model, with errors that name the file and the field."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from edge.errors import ConfigError


class Table(BaseModel):
    """A part of a configuration file; a misspelt field is an error, not a default."""

    model_config = ConfigDict(extra="forbid", frozen=True)


T = TypeVar("T", bound=Table)


def read_toml(path: Path, shape: type[T]) -> T:
    """The file as `shape`; raises ConfigError."""
    try:
        return shape.model_validate(tomllib.loads(path.read_text("utf-8")))
    except FileNotFoundError:
        raise ConfigError(f"{path}: there is no such file") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}, byte {error.start}: not a text file") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not TOML: {error}") from error
    except ValidationError as error:
        raise ConfigError(f"{path}, {said(error)}") from error


def said(error: ValidationError) -> str:
    """The first thing that a validation found wrong: its field and why."""
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    return f"field {where}: {first['msg']}" if where else str(first["msg"])
