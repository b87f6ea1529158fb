"""What a vehicle is to be set to: a signed target of the model repository, `config/DEVICE.toml`.

Only what stands here can be set from afar. Addresses, keys, models and places on the vehicle's disk cannot: whoever
could change those could take the vehicle over.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field

from models.channel import Segment
from models.errors import ModelError
from models.tomlfile import parse_toml
from pipeline.table import Table

LARGEST_BYTES: Final = 2_000_000
Celsius = Annotated[float, Field(ge=20, le=120)]


class DesiredSampling(Table):
    distance_m: Annotated[float, Field(ge=0, le=100)]


class DesiredThermal(Table):
    warm_c: Celsius
    hot_c: Celsius
    critical_c: Celsius
    hysteresis_c: Annotated[float, Field(ge=0, le=30)] = 5.0


class DesiredUpload(Table):
    """Without a field the vehicle keeps its own."""

    max_kbit_s: Annotated[float, Field(ge=1, le=10_000_000)] | None = None
    daily_mb: Annotated[float, Field(ge=1, le=10_000_000)] | None = None


class Desired(Table):
    """device: whose it is; serial: grows with every publication. zones: GeoJSON of where vehicles may not stand.

    A part that is absent leaves what the vehicle was fitted out with.
    """

    format: Literal[1] = 1
    device: Segment
    serial: Annotated[int, Field(ge=1)]
    sampling: DesiredSampling | None = None
    thermal: DesiredThermal | None = None
    upload: DesiredUpload | None = None
    zones: Annotated[str, Field(max_length=LARGEST_BYTES)] | None = None


def desired_path(device: str) -> str:
    """The target path of a device's configuration."""
    return f"config/{device}.toml"


def parse_desired(content: bytes, where: str) -> Desired:
    """From its file; raises ModelError naming the field."""
    if len(content) > LARGEST_BYTES:
        raise ModelError(f"{where}: {len(content)} bytes, at most {LARGEST_BYTES} are taken")
    return parse_toml(content, where, Desired, ModelError)
