"""What bin sensors, or the gateway that speaks for them, send."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import AwareDatetime, Field, field_validator

from server.api.access import CallerId, ContextOf
from server.api.shapes import AT, In, Out, errors
from server.api.traverses import LinkOut
from server.cases.workorders import nanoseconds
from server.intake.sensors import Reading, receive_readings

router = APIRouter(tags=["devices"])

MOST: int = 500


class ReadingIn(In):
    at: AwareDatetime = Field(examples=[AT])
    fill_percent: Annotated[float, Field(ge=0, le=200, examples=[100.0])]
    battery_percent: Annotated[float, Field(ge=0, le=100)] | None = Field(None, examples=[87.0])

    @field_validator("at")
    @classmethod
    def _of_this_age(cls, at: datetime) -> datetime:
        if not 2000 <= at.year <= 2200:
            raise ValueError("no time of a reading")
        return at


class Readings(In):
    readings: Annotated[list[ReadingIn], Field(min_length=1, max_length=MOST)]


class HeardOut(Out):
    new: int = Field(description="readings that were not known", examples=[2])
    known: int = Field(description="readings not later than one received before", examples=[0])
    emptied: int = Field(description="readings that said that the bin is no longer full", examples=[0])
    links: list[LinkOut] = Field(description="what became of those that said that it is full")


@router.post("/api/sensors/readings", responses=errors(401, 403, 413, 422))
def post_readings(body: Readings, device_id: CallerId, context: ContextOf) -> HeardOut:
    """Take in what a sensor read, in any order, each reading once: a batch that comes again changes nothing."""
    readings = [Reading(nanoseconds(one.at), one.fill_percent, one.battery_percent) for one in body.readings]
    heard = receive_readings(context, device_id, readings)
    return HeardOut(
        new=heard.new,
        known=heard.known,
        emptied=heard.emptied,
        links=[
            LinkOut(observation_id=one.observation_id, outcome=one.outcome, case_id=one.case_id, reason=one.reason)
            for one in heard.links
        ],
    )
