"""A channel: which model a vehicle should run, and which it ran before. A signed target of the model repository.

`channels/NAME/CHANNEL.json`, such as `channels/street/stable.json`. Going back to an earlier model is the channel
published again with a higher serial, never an older file.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field, ValidationError

from models.errors import ModelError
from pipeline.table import Table, fault_at
from pipeline.wire import Sha256

SEGMENT: Final = r"^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$"
Segment = Annotated[str, Field(pattern=SEGMENT)]
"""A name that may be a folder: no separator, no leading dot."""
TargetPath = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._+-]*(/[A-Za-z0-9][A-Za-z0-9._+-]*){2}$")]
LARGEST_BYTES: Final = 10_000


class Release(Table):
    """One published model: where its card and weights stand in the repository, and their SHA-256."""

    version: Segment
    card: TargetPath
    card_digest: Sha256
    weights: TargetPath
    digest: Sha256


class Channel(Table):
    """What runs now and what ran before; serial grows by one with every publication."""

    format: Literal[1] = 1
    name: Segment
    channel: Segment
    serial: Annotated[int, Field(ge=1)]
    current: Release
    previous: Release | None = None


def channel_path(name: str, channel: str) -> str:
    """The channel's target path."""
    return f"channels/{name}/{channel}.json"


def parse_channel(content: bytes, where: str) -> Channel:
    """A channel from its file; raises ModelError naming the field."""
    try:
        return Channel.model_validate_json(content[: LARGEST_BYTES + 1])
    except ValidationError as error:
        raise ModelError(fault_at(where, error)) from error
