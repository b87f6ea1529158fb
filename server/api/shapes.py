"""What all request and response models share."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from server.cases.workorders import moment
from server.errors import Invalid

ID = "0199d2c4-7a10-7c3e-9f55-3d2b8a6f0e11"
OTHER_ID = "0199d2c4-8b21-7d4f-8a66-4e3c9b7a1f22"
SHA = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
AT = "2026-11-20T01:42:07.250000Z"
LATER = "2026-11-20T05:42:07.250000Z"

Sha256Path = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$", description="SHA-256 of the bytes", examples=[SHA])]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


class In(BaseModel):
    """A request body: unknown fields are refused, so a misspelt one is not lost silently."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Out(BaseModel):
    model_config = ConfigDict(frozen=True)


class ErrorDetail(Out):
    code: str = Field(examples=["wrong_state"])
    message: str = Field(examples=["a case in state closed cannot be dismissed"])
    where: str | None = Field(examples=["body.reason"])


class ErrorBody(Out):
    """Every answer of 400 and above."""

    error: ErrorDetail


class PersonRef(Out):
    id: str = Field(examples=[ID])
    name: str = Field(examples=["wang.fang"])
    display: str = Field(examples=["王芳"])


def errors(*codes: int) -> dict[int | str, dict[str, Any]]:
    """The refusals of an operation, for its `responses`."""
    return {code: {"model": ErrorBody} for code in codes}


def at(utc_ns: int) -> datetime:
    return moment(utc_ns)


def maybe_at(utc_ns: int | None) -> datetime | None:
    return None if utc_ns is None else moment(utc_ns)


def whole_place(lat: float | None, lon: float | None) -> tuple[float, float] | None:
    """A form's place, None where it has none. Raises Invalid for half of one."""
    if lat is not None and lon is not None:
        return lat, lon
    if lat is None and lon is None:
        return None
    missing = "lat" if lat is None else "lon"
    raise Invalid("half_a_place", f"lat and lon come together, and {missing} is missing", f"body.{missing}")
