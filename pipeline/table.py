"""What is read from outside, a file or a message, as a frozen table of fields; and what is wrong with it, in words."""

from __future__ import annotations

import re
import tomllib
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError

TOO_DEEP: Final = re.compile(r"""(?<![\w-])(?:["']?[\w-]++["']?[ \t]*\.[ \t]*){100}""")
"""A key of so many parts, for which tomllib takes memory by their number's square."""


class Table(BaseModel):
    """A part of what is read; a misspelt field is an error, not a default, and so is a number that is not finite."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def zone_of(name: Any) -> ZoneInfo:
    """The time zone of a name; raises ValueError where there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, TypeError, OSError):  # the last for a folder of zones, on some machines
        raise ValueError(f"{name!r} is no time zone; write one such as Asia/Shanghai") from None


def _zone_name(name: str) -> str:
    zone_of(name)
    return name


ZoneName = Annotated[str, AfterValidator(_zone_name)]
"""A field that names a time zone."""


def toml_of(text: str) -> dict[str, Any]:
    """The tables of a TOML file; raises ValueError saying why it is none."""
    if deep := TOO_DEEP.search(text):
        raise ValueError(f"line {text.count(chr(10), 0, deep.start()) + 1} has a key of a hundred parts or more")
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deep") from None


def fault_at(where: str, error: ValidationError) -> str:
    """The first thing that is wrong: where it was read (a file, mostly), its field, and why."""
    first = error.errors()[0]
    field = ".".join(str(part) for part in first["loc"])
    return f"{where}, field {field}: {first['msg']}" if field else f"{where}: {first['msg']}"
