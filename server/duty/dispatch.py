"""Where a case belongs and who is on duty there. Pure: a grid or a person from grids, rota and the moment."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray
from shapely import Point, transform
from shapely.geometry.base import BaseGeometry

from pipeline.zones import Hours

M_PER_DEG_LAT = 111_195.0
NEXT_SHIFT_H = 72


@dataclass(frozen=True, slots=True, eq=False)
class GridArea:
    """A grid's polygon in lon, lat."""

    id: str
    area: BaseGeometry


@dataclass(frozen=True, slots=True, eq=False)
class ZoneArea:
    """A place with a rule: kind such as no_parking or pavement, polygon in lon, lat, and when the rule holds."""

    id: str
    kind: str
    area: BaseGeometry
    hours: Hours = Hours()  # noqa: RUF009 - frozen


@dataclass(frozen=True, slots=True)
class DutyShift:
    """One line of a rota. weekdays: Monday 0; end_min ≤ start_min runs past midnight (equal: the whole day)."""

    grid_id: str
    person_id: str
    weekdays: frozenset[int]
    start_min: int
    end_min: int


@dataclass(frozen=True, slots=True)
class InGrid:
    """distance_m is 0 inside and on the border."""

    grid_id: str
    distance_m: float


@dataclass(frozen=True, slots=True)
class NoGrid:
    """No grid within the bound; nearest_m is None where there are no grids at all."""

    nearest_m: float | None


def grid_of(lat: float, lon: float, grids: Sequence[GridArea], nearest_m: float) -> InGrid | NoGrid:
    """The grid that covers a point, its border included; else the nearest within `nearest_m`.

    Where several cover it (a shared border, an overlap) the smallest area wins, then the first id, so that the same
    point always gives the same grid.
    """
    here = Point(lon, lat)
    covering = [grid for grid in grids if grid.area.covers(here)]
    if covering:
        return InGrid(min(covering, key=lambda grid: (grid.area.area, grid.id)).id, 0.0)
    distances = sorted((distance_m(lat, lon, grid.area), grid.id) for grid in grids)
    if not distances:
        return NoGrid(None)
    nearest, grid_id = distances[0]
    return InGrid(grid_id, nearest) if nearest <= nearest_m else NoGrid(nearest)


def distance_m(lat: float, lon: float, area: BaseGeometry) -> float:
    """Metres from a point to an area, 0 inside. Equirectangular around the point: under 0.1 % off within 10 km."""
    east = M_PER_DEG_LAT * math.cos(math.radians(lat))

    def local(lonlat: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(((lonlat[:, 0] - lon) * east, (lonlat[:, 1] - lat) * M_PER_DEG_LAT))

    return float(transform(area, local).distance(Point(0.0, 0.0)))


def zone_of(lat: float, lon: float, zones: Sequence[ZoneArea], kinds: frozenset[str], slack_m: float) -> str | None:
    """The id of the nearest zone of one of these kinds that is at most `slack_m` away, None where there is none."""
    near = sorted((distance_m(lat, lon, zone.area), zone.id) for zone in zones if zone.kind in kinds)
    return near[0][1] if near and near[0][0] <= slack_m else None


def on_duty(
    grid_id: str, at: datetime, rota: Sequence[DutyShift], zone: ZoneInfo, open_orders: Mapping[str, int]
) -> str | None:
    """The person who answers for a grid at a moment: of several the one with the fewest open orders, then the first id.

    Where nobody is on duty, whoever comes on duty next within three days; None where the rota has nobody.
    """
    local = at.astimezone(zone)
    mine = [shift for shift in rota if shift.grid_id == grid_id]
    present = {shift.person_id for shift in mine if _covers(shift, local)}
    if present:
        return min(present, key=lambda person: (open_orders.get(person, 0), person))
    coming = [(start, shift.person_id) for shift in mine if (start := _next_start(shift, local)) is not None]
    return min(coming)[1] if coming else None


def _covers(shift: DutyShift, local: datetime) -> bool:
    minute = local.hour * 60 + local.minute
    today, yesterday = local.weekday(), (local.weekday() - 1) % 7
    if shift.start_min < shift.end_min:
        return today in shift.weekdays and shift.start_min <= minute < shift.end_min
    late = today in shift.weekdays and minute >= shift.start_min
    early = yesterday in shift.weekdays and minute < shift.end_min
    return late or early


def _next_start(shift: DutyShift, local: datetime) -> datetime | None:
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    for day in range(NEXT_SHIFT_H // 24 + 1):
        start = midnight + timedelta(days=day, minutes=shift.start_min)
        if start.weekday() in shift.weekdays and local <= start <= local + timedelta(hours=NEXT_SHIFT_H):
            return start
    return None
