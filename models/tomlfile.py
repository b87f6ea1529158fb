"""TOML as a pydantic model. What cannot be read is refused in one sentence that names the file and the field.

The sentence is raised as the exception that the caller names, so that each room keeps to its own.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, TypeVar

from pydantic import BaseModel, ValidationError

from models.wholefile import read_at_most
from pipeline.table import fault_at, toml_of

T = TypeVar("T", bound=BaseModel)

MOST_BYTES: Final = 1 << 24


def read_toml(path: Path, shape: type[T], refusal: type[Exception]) -> T:
    """The file as `shape`; raises `refusal`."""
    try:
        content = read_at_most(path, MOST_BYTES)
    except FileNotFoundError:
        raise refusal(f"{path}: there is no such file") from None
    except OSError as error:
        raise refusal(f"{path}: cannot be read: {error.strerror}") from error
    if content is None:
        raise refusal(f"{path}: not a TOML file of ours: more than {MOST_BYTES >> 20} MiB")
    return parse_toml(content, str(path), shape, refusal)


def parse_toml(content: bytes, where: str, shape: type[T], refusal: type[Exception]) -> T:
    """A file's content as `shape`; raises `refusal`, which calls the file `where`."""
    try:
        return shape.model_validate(toml_of(content.decode()))
    except UnicodeDecodeError as error:
        raise refusal(f"{where}, byte {error.start}: not a text file") from error
    except ValidationError as error:
        raise refusal(fault_at(where, error)) from error
    except ValueError as error:
        raise refusal(f"{where}: not a TOML file: {error}") from error
