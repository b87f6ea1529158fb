"""What a vehicle is to be set to: a signed target of the model repository, `config/DEVICE.toml`.

Only what stands here can be set from afar. Addresses, keys, models and places on the vehicle's disk cannot: whoever
could change those could take the vehicle over.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from models.channel import Segment
from models.errors import ModelError
from models.tomlfile import parse_toml
from pipeline.table import Table

LARGEST_BYTES: Final = 2_000_000
Celsius = Annotated[float, Field(ge=20, le=120)]


class DesiredSampling(Table):
    """distance_m: how far the camera moves between two analysed frames; 0 analyses every frame.

    closer_m: the same while something is in sight that is neither believed nor given up; half of distance_m where it is
    not given. As large as distance_m it means no closer looks.
    """

    distance_m: Annotated[float, Field(ge=0, le=100)]
    closer_m: Annotated[float, Field(ge=0, le=100)] | None = None

    @model_validator(mode="after")
    def _closer_is_closer(self) -> Self:
        if self.closer_m is not None and self.closer_m > self.distance_m:
            raise ValueError(f"closer_m may be {self.distance_m:g} at most, as distance_m is, not {self.closer_m:g}")
        return self


class DesiredThermal(Table):
    """From which temperature each band begins, and by how much it must fall below that to be left again."""

    warm_c: Celsius
    hot_c: Celsius
    critical_c: Celsius
    hysteresis_c: Annotated[float, Field(ge=0, le=30)] = 5.0

    @model_validator(mode="after")
    def _rising(self) -> Self:
        if not self.warm_c < self.hot_c < self.critical_c:
            raise ValueError("warm_c, hot_c and critical_c rise in this order")
        return self


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
