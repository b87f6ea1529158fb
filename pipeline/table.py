"""What is read from outside, a file or a message, as a frozen table of fields; and what is wrong with it, in words."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, ValidationError


class Table(BaseModel):
    """A part of what is read; a misspelt field is an error, not a default."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def fault_at(where: str, error: ValidationError) -> str:
    """The first thing that is wrong: where it was read (a file, mostly), its field, and why."""
    first = error.errors()[0]
    field = ".".join(str(part) for part in first["loc"])
    return f"{where}, field {field}: {first['msg']}" if field else f"{where}: {first['msg']}"
