"""Which stored things lie in a box: by PostGIS and its spatial index where that is there, else by two comparisons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Float, and_, bindparam, func, literal
from sqlalchemy.orm import InstrumentedAttribute, Session

from server.records.locks import many_writers

WGS84 = 4326


@dataclass(frozen=True, slots=True)
class Box:
    """A part of the map: degrees, borders included."""

    south: float
    north: float
    west: float
    east: float

    def corners(self) -> dict[str, float]:
        """The parameters of a condition that was `inside_any`."""
        return {"south": self.south, "north": self.north, "west": self.west, "east": self.east}

    def wider(self, lat_deg: float, lon_deg: float) -> Box:
        """The box with a margin, cut off at the ends of the map."""
        return Box(
            max(self.south - lat_deg, -90.0),
            min(self.north + lat_deg, 90.0),
            max(self.west - lon_deg, -180.0),
            min(self.east + lon_deg, 180.0),
        )


def inside(
    session: Session, box: Box, lat: InstrumentedAttribute[float], lon: InstrumentedAttribute[float]
) -> ColumnElement[bool]:
    """The condition that a row's place lies in the box. The index of the table is on the same words."""
    return _inside(many_writers(session), lat, lon, *(literal(value, Float) for value in box.corners().values()))


def inside_any(many: bool, lat: InstrumentedAttribute[float], lon: InstrumentedAttribute[float]) -> ColumnElement[bool]:
    """The same condition for a statement that is made once; the box is given with it, as `corners`. many: whether the
    database has many writers."""
    return _inside(many, lat, lon, *(bindparam(name, type_=Float) for name in ("south", "north", "west", "east")))


def _inside(
    many: bool,
    lat: InstrumentedAttribute[float],
    lon: InstrumentedAttribute[float],
    south: ColumnElement[float],
    north: ColumnElement[float],
    west: ColumnElement[float],
    east: ColumnElement[float],
) -> ColumnElement[bool]:
    exactly = and_(lat.between(south, north), lon.between(west, east))
    if not many:
        return exactly
    # The index keeps its boxes in single precision, rounded outwards: by itself it finds what lies a metre outside too.
    spot: ColumnElement[Any] = func.ST_SetSRID(func.ST_MakePoint(lon, lat), WGS84)
    return and_(spot.bool_op("&&")(func.ST_MakeEnvelope(west, south, east, north, WGS84)), exactly)
