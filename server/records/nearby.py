"""Which stored things lie in a box: by PostGIS and its spatial index where that is there, else by two comparisons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, func
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
    exactly = and_(lat.between(box.south, box.north), lon.between(box.west, box.east))
    if not many_writers(session):
        return exactly
    # The index keeps its boxes in single precision, rounded outwards: by itself it finds what lies a metre outside too.
    spot: ColumnElement[Any] = func.ST_SetSRID(func.ST_MakePoint(lon, lat), WGS84)
    return and_(spot.bool_op("&&")(func.ST_MakeEnvelope(box.west, box.south, box.east, box.north, WGS84)), exactly)
