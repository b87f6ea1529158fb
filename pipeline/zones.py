"""Zones: places where a rule holds (no_parking, pavement, parking_bay), and how likely a position is in one.

Read from GeoJSON: a FeatureCollection of Polygons or MultiPolygons (longitude first, as RFC 7946 has it) with
properties `id` and `kind`, and optionally `from` and `to` ("08:00", "20:00"; a span over midnight belongs to the day it
begins) and `days` (1 Monday to 7 Sunday) in the city's time: the collection's own `time_zone`, such as "Asia/Shanghai",
which is what it is where the file does not say.
"""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, Final, Self

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.errors import ShapelyError
from shapely.geometry import MultiPolygon, Polygon, shape
from shapely.geometry.base import BaseGeometry

from pipeline.geo import LocalFrame
from pipeline.observation import Covariance
from pipeline.table import zone_of

MAX_FEATURES: Final = 20_000
MAX_CORNERS: Final = 20_000
"""Of one feature. Whether its lines cross one another takes as long as the square of their number, 5 s for so many."""
TOO_MANY_CORNERS: Final = f"more than {MAX_CORNERS} corners; simplify it, or make several features of it"
MINUTES_A_DAY: Final = 24 * 60
POINTS: Final = 256
CITY_TIME: Final = "Asia/Shanghai"
MISSHAPEN: Final = (LookupError, TypeError, ValueError, AttributeError, OverflowError, RecursionError, ShapelyError)
"""What shapely's `shape` raises for what is no GeoJSON geometry."""


@dataclass(frozen=True, slots=True)
class Hours:
    """When a zone's rule holds: minutes of the day in the city's time, from the first to before the last."""

    first_min: int = 0
    last_min: int = MINUTES_A_DAY
    days: frozenset[int] = frozenset(range(1, 8))

    def hold(self, utc_ns: int, zone: tzinfo) -> bool:
        """Whether the rule holds at a moment."""
        local = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=utc_ns // 1000)).astimezone(zone)
        minute, today = local.hour * 60 + local.minute, local.isoweekday()
        if self.first_min < self.last_min:
            return today in self.days and self.first_min <= minute < self.last_min
        yesterday = (today - 2) % 7 + 1
        return (today in self.days and minute >= self.first_min) or (yesterday in self.days and minute < self.last_min)


@dataclass(frozen=True, slots=True, eq=False)
class Zone:
    """One place with a rule. area: in east, north metres of its ZoneMap's frame."""

    id: str
    kind: str
    area: BaseGeometry
    hours: Hours = Hours()


@dataclass(frozen=True, slots=True)
class Inside:
    """The zone that an uncertain position is most likely in, and how likely it is in any zone asked for (0..1)."""

    zone: Zone
    probability: float


class ZoneMap:
    """All zones of a city, in one local frame. `likely` is a pure function of the map and its arguments."""

    def __init__(self, frame: LocalFrame | None, zones: Sequence[Zone], time: tzinfo = UTC) -> None:
        """time: the city's, in which the zones' hours are."""
        self._frame, self.zones, self._time = frame, tuple(zones), time
        self._tree = shapely.STRtree([zone.area for zone in self.zones])

    @classmethod
    def none(cls) -> Self:
        """A city without zones."""
        return cls(None, ())

    @classmethod
    def parse(cls, text: str) -> Self:
        """The zones in GeoJSON text; raises ValueError naming the feature and what is wrong with it."""
        told = collection_of(text)
        rows, time = features_of(told), _time(told.get("time_zone", CITY_TIME))
        shapes = [_area(number, row) for number, row in enumerate(rows, start=1)]
        if not shapes:
            return cls.none()
        middle = shapes[0].centroid
        frame = LocalFrame(middle.y, middle.x)
        zones, seen = [], set[str]()
        for number, (row, geometry) in enumerate(zip(rows, shapes, strict=True), start=1):
            properties = row.get("properties") or {}
            ident, kind = properties.get("id"), properties.get("kind")
            if not isinstance(ident, str) or not isinstance(kind, str) or not ident or not kind:
                raise ValueError(f"feature {number}: properties.id and properties.kind must be texts")
            if ident in seen:
                raise ValueError(f"feature {number}: the id {ident} stands twice")
            seen.add(ident)
            try:
                hours = hours_of(properties)
            except ValueError as error:
                raise ValueError(f"feature {number}: {error}") from None
            zones.append(Zone(ident, kind, _to_metres(frame, geometry), hours))
        return cls(frame, zones, time)

    def likely(
        self, lat: float, lon: float, covariance: Covariance, kinds: Collection[str], utc_ns: int
    ) -> Inside | None:
        """How likely a position is in any zone of these kinds whose rule holds then; None where it is in none.

        The likelihood is the share of the position's error ellipse (POINTS points of equal weight) in the union of the
        zones; the zone named is the one with most of it, the smaller one where two have the same.
        """
        if self._frame is None:
            return None
        points = self._points(lat, lon, covariance)
        any_of, best = np.zeros(len(points), np.bool_), None
        for one in (self.zones[row] for row in sorted(self._tree.query(shapely.box(*points.min(0), *points.max(0))))):
            if one.kind not in kinds or not one.hours.hold(utc_ns, self._time):
                continue
            inside = shapely.intersects_xy(one.area, points[:, 0], points[:, 1])
            any_of |= inside
            claim = (int(inside.sum()), -one.area.area)
            if claim[0] and (best is None or claim > best[0]):
                best = (claim, one)
        return None if best is None else Inside(best[1], float(any_of.mean()))

    def _points(self, lat: float, lon: float, covariance: Covariance) -> NDArray[np.float64]:
        if self._frame is None:
            raise ValueError("a map without zones has no frame")
        matrix = np.array([[covariance.ee, covariance.en], [covariance.en, covariance.nn]])
        middle = np.array(self._frame.to_en(lat, lon))
        points: NDArray[np.float64] = middle + _UNIT_NORMAL @ np.linalg.cholesky(matrix).T
        return points


def _unit_normal() -> NDArray[np.float64]:
    """POINTS points [N, 2] that stand for a 2-D unit normal: a sunflower, each at the middle of an equal share of
    probability (radius² = −2 ln(1 − p)), turned on by the golden angle."""
    shares = (np.arange(POINTS) + 0.5) / POINTS
    radii, turns = np.sqrt(-2.0 * np.log1p(-shares)), np.arange(POINTS) * math.pi * (3.0 - math.sqrt(5.0))
    return np.column_stack((radii * np.sin(turns), radii * np.cos(turns)))


_UNIT_NORMAL: Final = _unit_normal()


def collection_of(text: str) -> dict[str, Any]:
    """A GeoJSON FeatureCollection, whose features nobody has looked at; raises ValueError in words for people."""
    try:
        told = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise ValueError(f"not JSON: {error}") from error
    rows = told.get("features") if isinstance(told, dict) and told.get("type") == "FeatureCollection" else None
    if not isinstance(rows, list):
        raise ValueError("not a GeoJSON FeatureCollection")
    return dict(told)


def features_of(collection: dict[str, Any]) -> list[dict[str, Any]]:
    """The features of such a collection; raises ValueError naming the one that is none."""
    rows: list[dict[str, Any]] = collection["features"]
    if len(rows) > MAX_FEATURES:
        raise ValueError(f"more than {MAX_FEATURES} features")
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, dict) or not isinstance(row.get("properties") or {}, dict):
            raise ValueError(f"feature {number}: not a GeoJSON feature")
    return rows


def _area(number: int, row: dict[str, Any]) -> Polygon | MultiPolygon:
    try:
        area = shape(row["geometry"])
    except MISSHAPEN:
        raise ValueError(f"feature {number}: its geometry is not readable") from None
    if not isinstance(area, Polygon | MultiPolygon) or area.is_empty:
        raise ValueError(f"feature {number}: its geometry must be a Polygon or MultiPolygon, not {area.geom_type}")
    if shapely.get_num_coordinates(area) > MAX_CORNERS:
        raise ValueError(f"feature {number}: {TOO_MANY_CORNERS}")
    west, south, east, north = area.bounds
    if west < -180 or east > 180 or south < -89.9 or north > 89.9:
        raise ValueError(f"feature {number}: coordinates are longitude, latitude in degrees; {area.bounds} is outside")
    if not area.is_valid:
        raise ValueError(f"feature {number}: {shapely.is_valid_reason(area)}")
    return area


def _to_metres(frame: LocalFrame, area: Polygon | MultiPolygon) -> BaseGeometry:
    def moved(lonlat: NDArray[np.float64]) -> NDArray[np.float64]:
        return frame.many_to_en(lonlat[:, ::-1])

    return shapely.transform(area, moved)


def _time(name: Any) -> tzinfo:
    try:
        return zone_of(name)
    except ValueError as error:
        raise ValueError(f"time_zone: {error}") from None


def hours_of(told: dict[str, Any]) -> Hours:
    """When the rule of a feature with these properties holds; raises ValueError in words for people."""
    if not told.keys() & {"from", "to", "days"}:
        return Hours()
    days = told.get("days", list(range(1, 8)))
    if not isinstance(days, list) or not days or not all(type(day) is int and 1 <= day <= 7 for day in days):
        raise ValueError(f"days are a list of 1 (Monday) to 7 (Sunday), not {days!r}")
    first, last = (_minute(told.get(key, default)) for key, default in (("from", "00:00"), ("to", "24:00")))
    if first == last:
        raise ValueError("from and to are the same time")
    return Hours(first, last, frozenset(days))


def _minute(text: Any) -> int:
    hours, colon, minutes = text.partition(":") if isinstance(text, str) else ("", "", "")
    told = colon and hours.isascii() and hours.isdigit() and minutes.isascii() and minutes.isdigit()
    minute = int(hours) * 60 + int(minutes) if told and len(hours) == len(minutes) == 2 else -1
    if not (0 <= minute <= MINUTES_A_DAY and int(minutes) < 60):
        raise ValueError(f'times of day are written "08:00" to "24:00", not {text!r}')
    return minute
