"""Which stored things lie in a box: by PostGIS and its spatial index where that is there, else row by row of a grid.

A row is 111 m from south to north. An index on latitude alone would go through all that lies in the box's strip around
the earth: with ten million cases in a city that is as much work as all the rest of taking a traverse in.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeVar

from sqlalchemy import (
    ColumnElement,
    Float,
    Integer,
    Select,
    Text,
    and_,
    bindparam,
    cast,
    func,
    literal,
    literal_column,
    select,
)
from sqlalchemy.orm import InstrumentedAttribute, Session

from server.records.locks import many_writers

WGS84: Final = 4326
ROWS_A_DEGREE: Final = 1000


class Placed(Protocol):
    """What has a place."""

    @property
    def lat(self) -> float: ...

    @property
    def lon(self) -> float: ...


P = TypeVar("P", bound=Placed)


@dataclass(frozen=True, slots=True)
class Box:
    """A part of the map: degrees, borders included."""

    south: float
    north: float
    west: float
    east: float

    def corners(self) -> dict[str, float]:
        return {"south": self.south, "north": self.north, "west": self.west, "east": self.east}

    def asked(self, at: int = 0) -> dict[str, Any]:
        """The parameters of a condition that was `inside_any`."""
        told = {**self.corners(), "rows": f"[{','.join(map(str, self.rows))}]"}
        return {_at(name, at): value for name, value in told.items()}

    def among(self, some: Iterable[P]) -> list[P]:
        """Those that lie in it."""
        south, north, west, east = self.south, self.north, self.west, self.east
        return [one for one in some if south <= one.lat <= north and west <= one.lon <= east]

    def meets(self, other: Box) -> bool:
        """Whether the two have a place in common."""
        apart = self.south > other.north or other.south > self.north or self.west > other.east or other.west > self.east
        return not apart

    @property
    def rows(self) -> range:
        """The rows of the grid that it touches; on both sides of the equator is one row of twice the height."""
        return range(int(self.south * ROWS_A_DEGREE), int(self.north * ROWS_A_DEGREE) + 1)

    @property
    def area(self) -> float:
        """In square degrees."""
        return (self.north - self.south) * (self.east - self.west)

    def around(self, other: Box) -> Box:
        """The smallest box that holds both."""
        return Box(
            min(self.south, other.south),
            max(self.north, other.north),
            min(self.west, other.west),
            max(self.east, other.east),
        )

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
    corners = (literal(value, Float) for value in box.corners().values())
    return _inside(many_writers(session), lat, lon, box.rows, *corners)


def joined(boxes: Sequence[Box]) -> list[Box]:
    """Boxes that hold all that these hold: those that overlap are one where that is no larger than the two.

    Their number is a power of two, so that few statements serve any; the last one is repeated to make it so.
    """
    apart: list[Box] = []
    for box in boxes:
        while (other := next((one for one in apart if box.meets(one) and _saves(box, one)), None)) is not None:
            apart.remove(other)
            box = box.around(other)
        apart.append(box)
    return apart + apart[-1:] * ((1 << (len(apart) - 1).bit_length()) - len(apart))


def _saves(box: Box, other: Box) -> bool:
    """Whether the two as one are no larger than they are."""
    return box.around(other).area <= box.area + other.area


def inside_any(
    many: bool, lat: InstrumentedAttribute[float], lon: InstrumentedAttribute[float], at: int = 0
) -> ColumnElement[bool]:
    """The same condition for a statement that is made once; the box is given with it, as `asked`. many: whether the
    database has many writers; at: which box it is, of several."""
    corners = (bindparam(_at(name, at), type_=Float) for name in ("south", "north", "west", "east"))
    rows = select(func.json_each(bindparam(_at("rows", at), type_=Text)).table_valued("value").c.value)
    return _inside(many, lat, lon, rows, *corners)


def _at(name: str, at: int) -> str:
    return f"{name}_{at}"


def _inside(
    many: bool,
    lat: InstrumentedAttribute[float],
    lon: InstrumentedAttribute[float],
    rows: range | Select[tuple[Any]],
    south: ColumnElement[float],
    north: ColumnElement[float],
    west: ColumnElement[float],
    east: ColumnElement[float],
) -> ColumnElement[bool]:
    exactly = and_(lat.between(south, north), lon.between(west, east))
    if not many:
        return and_(cast(lat * literal_column(str(ROWS_A_DEGREE)), Integer).in_(rows), exactly)
    # The index keeps its boxes in single precision, rounded outwards: by itself it finds what lies a metre outside too.
    spot: ColumnElement[Any] = func.ST_SetSRID(func.ST_MakePoint(lon, lat), WGS84)
    return and_(spot.bool_op("&&")(func.ST_MakeEnvelope(west, south, east, north, WGS84)), exactly)
