"""TOML as a pydantic model. What cannot be read is refused in one sentence that names the file and the field.

The sentence is raised as the exception that the caller names, so that each room keeps to its own.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Final, TypeVar

from pydantic import BaseModel, ValidationError

from pipeline.table import fault_at

T = TypeVar("T", bound=BaseModel)

TOO_DEEP: Final = re.compile(rb"""(?<![\w-])(?:["']?[\w-]++["']?[ \t]*\.[ \t]*){100}""")
"""A key of so many parts, for which tomllib takes memory by their number's square."""


def read_toml(path: Path, shape: type[T], refusal: type[Exception]) -> T:
    """The file as `shape`; raises `refusal`."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise refusal(f"{path}: there is no such file") from None
    except OSError as error:
        raise refusal(f"{path}: cannot be read: {error.strerror}") from error
    return parse_toml(content, str(path), shape, refusal)


def parse_toml(content: bytes, where: str, shape: type[T], refusal: type[Exception]) -> T:
    """A file's content as `shape`; raises `refusal`, which calls the file `where`."""
    if deep := TOO_DEEP.search(content):
        raise refusal(f"{where}, byte {deep.start()}: not a TOML file: a key of a hundred parts or more")
    try:
        return shape.model_validate(tomllib.loads(content.decode()))
    except UnicodeDecodeError as error:
        raise refusal(f"{where}, byte {error.start}: not a text file") from error
    except ValidationError as error:
        raise refusal(fault_at(where, error)) from error
    except (ValueError, RecursionError) as error:
        raise refusal(f"{where}: not a TOML file: {error}") from error
