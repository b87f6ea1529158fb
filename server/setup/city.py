"""The city as the server knows it: grids, zones, rota, duty calendar, rules, taxonomy. Read from the store at start."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from shapely.geometry import shape
from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.register import Part, Register
from pipeline.taxonomy import Taxonomy
from server.duty.clocks import Days, DutyCalendar, Shift, day_rule
from server.duty.dispatch import DutyShift, GridArea, ZoneArea
from server.records.tables import Duty, Grid, Setting, Zone
from server.setup.fill import FillRule


@dataclass(frozen=True, slots=True)
class StayRule:
    """When a thing of a category is a problem only if it stays, and only in certain places.

    dwell_s: seen standing so long within one pass is enough; seen_again_min: otherwise two sightings by different
    traverses must be so far apart; zone_kinds: the places where it may not stand, empty for anywhere.
    """

    dwell_s: float
    seen_again_min: float
    zone_kinds: frozenset[str]


@dataclass(frozen=True, slots=True, eq=False)
class City:
    """See the module. nearest_grid_m: how far outside its border a grid still takes a case."""

    name_zh: str
    name_en: str
    zone: ZoneInfo
    calendar: DutyCalendar
    taxonomy: Taxonomy
    nearest_grid_m: float
    stays: Mapping[str, StayRule]
    grids: tuple[GridArea, ...]
    zones: tuple[ZoneArea, ...]
    rota: tuple[DutyShift, ...]
    bins: Register = Register()  # noqa: RUF009 - frozen
    fill: FillRule = FillRule()  # noqa: RUF009 - frozen


def read_city(session: Session) -> City:
    """The city that `steward server init` stored."""
    settings = {row.key: row.value for row in session.scalars(select(Setting))}
    city, calendar = settings["city"], settings["calendar"]
    zone = ZoneInfo(city["time_zone"])
    return City(
        name_zh=city["name_zh"],
        name_en=city["name_en"],
        zone=zone,
        calendar=_calendar(zone, calendar),
        taxonomy=Taxonomy.parse(settings["taxonomy"]["toml"]),
        nearest_grid_m=city["nearest_grid_m"],
        stays={
            category: StayRule(rule["dwell_s"], rule["seen_again_min"], frozenset(rule["zone_kinds"]))
            for category, rule in settings["stays"].items()
        },
        grids=tuple(GridArea(row.id, shape(row.geometry)) for row in session.scalars(select(Grid).order_by(Grid.id))),
        zones=tuple(
            ZoneArea(row.id, row.kind, shape(row.geometry)) for row in session.scalars(select(Zone).order_by(Zone.id))
        ),
        rota=tuple(
            DutyShift(row.grid_id, row.person_id, frozenset(row.weekdays), row.start_min, row.end_min)
            for row in session.scalars(select(Duty).order_by(Duty.id))
        ),
        bins=Register(tuple(Part(*row) for row in settings.get("bins", {}).get("parts", ()))),
        fill=FillRule(**settings.get("fill", {})),
    )


def _calendar(zone: ZoneInfo, stored: dict[str, Any]) -> DutyCalendar:
    rule = day_rule(
        Days(stored["days"]),
        frozenset(date.fromisoformat(day) for day in stored["holidays"]),
        frozenset(date.fromisoformat(day) for day in stored["workdays"]),
    )
    return DutyCalendar(zone, tuple(Shift(start, end) for start, end in stored["shifts"]), rule)
