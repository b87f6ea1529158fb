"""The city as the server knows it: grids, zones, rota, duty calendar, rules, taxonomy. Made of an edition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from shapely.geometry import shape

from pipeline.register import Part, Register
from pipeline.taxonomy import Taxonomy
from pipeline.zones import Hours, hours_of
from server.association.method import Method
from server.duty.clocks import Days, DutyCalendar, Shift, day_rule
from server.duty.dispatch import DutyShift, GridArea, InGrid, ZoneArea, grid_of
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
    """See the module. nearest_grid_m: how far outside its border a grid still takes a case; method: how traverses
    become cases."""

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
    method: Method = Method.JOINT

    def zones_at(self, utc_ns: int) -> tuple[ZoneArea, ...]:
        """The zones whose rule holds at a moment."""
        return tuple(zone for zone in self.zones if zone.hours.hold(utc_ns, self.zone))

    def home_of(self, lat: float, lon: float) -> str | None:
        """The grid that takes a case at this place, None where none does."""
        home = grid_of(lat, lon, self.grids, self.nearest_grid_m)
        return home.grid_id if isinstance(home, InGrid) else None

    def still_home(self, grid_id: str | None, lat: float, lon: float) -> str | None:
        """A case's grid; the one that takes its place now where it had none, or one that is no more."""
        known = any(grid.id == grid_id for grid in self.grids)
        return grid_id if known else self.home_of(lat, lon)


def city_of(content: Mapping[str, Any]) -> City:
    """The city of an edition's content, see `edition.content_of`."""
    city = content["city"]
    zone = ZoneInfo(city["time_zone"])
    return City(
        name_zh=city["name_zh"],
        name_en=city["name_en"],
        zone=zone,
        calendar=_calendar(zone, content["calendar"]),
        taxonomy=Taxonomy.parse(content["taxonomy"]["toml"]),
        nearest_grid_m=city["nearest_grid_m"],
        stays={
            category: StayRule(rule["dwell_s"], rule["seen_again_min"], frozenset(rule["zone_kinds"]))
            for category, rule in content["stays"].items()
        },
        grids=tuple(GridArea(one["id"], shape(one["geometry"])) for one in content["grids"]),
        zones=tuple(_zone_area(one) for one in content["zones"]),
        rota=tuple(
            DutyShift(one["grid_id"], one["person_id"], frozenset(one["weekdays"]), one["start_min"], one["end_min"])
            for one in content["rota"]
        ),
        bins=Register(tuple(Part(*row) for row in content.get("bins", {}).get("parts", ()))),
        fill=FillRule(**content.get("fill", {})),
        method=Method(content.get("association", {}).get("method", Method.JOINT)),
    )


def _zone_area(told: Mapping[str, Any]) -> ZoneArea:
    try:
        hours = hours_of(told["properties"])
    except ValueError:  # an edition of before hours were checked: its zones held always
        hours = Hours()
    return ZoneArea(told["id"], told["kind"], shape(told["geometry"]), hours)


def _calendar(zone: ZoneInfo, stored: dict[str, Any]) -> DutyCalendar:
    rule = day_rule(
        Days(stored["days"]),
        frozenset(date.fromisoformat(day) for day in stored["holidays"]),
        frozenset(date.fromisoformat(day) for day in stored["workdays"]),
    )
    return DutyCalendar(zone, tuple(Shift(start, end) for start, end in stored["shifts"]), rule)
