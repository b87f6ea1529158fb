"""A city's setup file: people, rota, duty calendar, rules, and the paths of its grids and zones.

Checked whole before anything is written; every error names the file, the field and what to do.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import Field, ValidationInfo, field_validator
from shapely import get_num_coordinates, is_valid_reason
from shapely.geometry import shape

from models.shipped import DATASETS
from models.tomlfile import read_toml
from models.wholefile import read_at_most
from pipeline.register import Register
from pipeline.table import Table, ZoneName
from pipeline.taxonomy import Taxonomy
from pipeline.zones import MAX_CORNERS, MISSHAPEN, TOO_MANY_CORNERS, hours_of
from server.access.people import NAME
from server.association.method import Method
from server.duty.clocks import Days, Shift
from server.errors import SetupError

Name = Annotated[str, Field(min_length=1, max_length=64, pattern=NAME)]
Key = Annotated[str, Field(min_length=1, max_length=64)]
Hours = Annotated[str, Field(pattern=r"^\d\d:\d\d-\d\d:\d\d$")]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
LONGEST: Final = {"name_zh": 128, "name_en": 128, "kind": 64}
"""What a feature is called and of which kind it is, in so many letters at most."""
MOST_BYTES: Final = 1 << 26
"""So large a file that a setup names may be."""
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class CityPart(Table):
    name_zh: str
    name_en: str
    time_zone: ZoneName = "Asia/Shanghai"
    grids: str
    zones: str | None = None
    taxonomy: str | None = None
    nearest_grid_m: Annotated[float, Field(ge=0, le=10_000)] = 100.0


class CalendarPart(Table):
    days: Days = Days.STATUTORY
    shifts: Annotated[tuple[Hours, ...], Field(min_length=1)]
    holidays: tuple[date, ...] = ()
    workdays: tuple[date, ...] = ()

    @field_validator("shifts")
    @classmethod
    def _in_order(cls, shifts: tuple[str, ...]) -> tuple[str, ...]:
        spans = [minutes(one) for one in shifts]
        for start, end in spans:
            Shift(start, end)
        if any(after[0] < before[1] for before, after in pairwise(spans)):
            raise ValueError("shifts overlap or are out of order")
        return shifts


class StayPart(Table):
    category: Key
    dwell_s: Annotated[float, Field(ge=0)] = 300.0
    seen_again_min: Annotated[float, Field(ge=0)] = 10.0
    zone_kinds: tuple[str, ...] = ()


class PersonPart(Table):
    name: Name
    display: Annotated[str, Field(min_length=1, max_length=64)]
    role: Literal["operator", "crew", "reviewer", "supervisor", "admin", "ml_engineer", "inspector"]
    password: Annotated[str, Field(min_length=8, max_length=128)] | None = None


class RotaPart(Table):
    grid: Key
    person: Name
    weekdays: tuple[Weekday, ...] = WEEKDAYS
    hours: Hours = "00:00-24:00"

    @field_validator("hours")
    @classmethod
    def _of_a_day(cls, hours: str) -> str:
        minutes(hours)
        return hours


class ObjectsPart(Table):
    """Where pictures are kept, if not in the home; storeaddress.FORM says how it is written."""

    address: Annotated[str, Field(max_length=500)]


class BinsPart(Table):
    """The register of the city's bins, and from and below how many per cent a bin sensor's reading counts."""

    register_file: Annotated[str, Field(alias="register")]
    full_percent: Annotated[float, Field(gt=0, le=100)] = 100.0
    empty_percent: Annotated[float, Field(gt=0, le=100)] = 60.0

    @field_validator("empty_percent")
    @classmethod
    def _below(cls, empty: float, rest: ValidationInfo) -> float:
        if empty >= rest.data.get("full_percent", 100.0):
            raise ValueError("a bin counts as emptied below a level that lies under the one from which it is full")
        return empty


class AssociationPart(Table):
    """How traverses become cases."""

    method: Method = Method.JOINT


class SetupFile(Table):
    city: CityPart
    calendar: CalendarPart
    objects: ObjectsPart | None = None
    bins: BinsPart | None = None
    association: AssociationPart | None = None
    stay: tuple[StayPart, ...] = ()
    person: Annotated[tuple[PersonPart, ...], Field(min_length=1)]
    rota: tuple[RotaPart, ...] = ()


@dataclass(frozen=True, slots=True)
class Area:
    """One feature of a GeoJSON file."""

    id: str
    geometry: dict[str, Any]
    properties: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Setup:
    """A setup whose parts fit together."""

    file: SetupFile
    grids: tuple[Area, ...]
    zones: tuple[Area, ...]
    taxonomy_toml: str
    bins: Register = Register()  # noqa: RUF009 - frozen


def read_setup(path: Path, crews: Collection[str] = ()) -> Setup:
    """Read and check a setup with the files it names; raises SetupError. crews: who else may stand on the rota."""
    file = read_toml(path, SetupFile, SetupError)
    taxonomy_path = path.parent / file.city.taxonomy if file.city.taxonomy else DATASETS / "taxonomy.toml"
    taxonomy_toml = _text(taxonomy_path)
    try:
        taxonomy = Taxonomy.parse(taxonomy_toml)
    except ValueError as error:
        raise SetupError(f"{taxonomy_path}: not a taxonomy: {error}") from error
    grids = read_areas(path.parent / file.city.grids)
    zones = read_areas(path.parent / file.city.zones) if file.city.zones else ()
    _check_hours(path.parent / str(file.city.zones), zones)
    _check(path, file, {grid.id for grid in grids}, set(taxonomy.categories), crews)
    bins = _read_bins(path.parent / file.bins.register_file) if file.bins else Register()
    return Setup(file, grids, zones, taxonomy_toml, bins)


def _check_hours(path: Path, zones: Iterable[Area]) -> None:
    for zone in zones:
        try:
            hours_of(zone.properties)
        except ValueError as error:
            raise SetupError(f"{path}, feature {zone.id}: {error}") from error


def _read_bins(path: Path) -> Register:
    try:
        bins = Register.parse(_text(path))
    except ValueError as error:
        raise SetupError(f"{path}: not a register of bins: {error}") from error
    for one in bins.parts:
        _check_letters(path, one.id[:70], json.dumps(one.id, ensure_ascii=False))
        if len(one.id) > 64:
            raise SetupError(f"{path}: the id of a bin has at most 64 letters, not {one.id[:70]!r}")
    return bins


def read_areas(path: Path) -> tuple[Area, ...]:
    """The polygons of a GeoJSON FeatureCollection, each with an `id` of its own; raises SetupError."""
    try:
        features = json.loads(_text(path))["features"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise SetupError(f"{path}: not a GeoJSON FeatureCollection ({error})") from error
    if not isinstance(features, list):
        raise SetupError(f"{path}: not a GeoJSON FeatureCollection (`features` is no list)")
    areas: dict[str, Area] = {}
    for number, feature in enumerate(features):
        try:
            properties = dict(feature.get("properties") or {})
            name = str(properties.get("id") or feature.get("id") or "")
            area = shape(feature["geometry"])
            told = json.dumps([name, properties], ensure_ascii=False, allow_nan=False)
        except MISSHAPEN as error:
            raise SetupError(f"{path}, feature {number}: not a GeoJSON feature ({error})") from error
        _check_letters(path, number, told)
        if not name or len(name) > 64 or name in areas:
            raise SetupError(f"{path}, feature {number}: needs an id of its own of at most 64 letters, not {name!r}")
        if get_num_coordinates(area) > MAX_CORNERS:
            raise SetupError(f"{path}, feature {name}: {TOO_MANY_CORNERS}")
        if area.geom_type not in ("Polygon", "MultiPolygon") or not area.is_valid or area.is_empty:
            raise SetupError(f"{path}, feature {name}: not a valid polygon: {is_valid_reason(area)}")
        west, south, east, north = area.bounds
        if west < -180 or east > 180 or south < -90 or north > 90:
            raise SetupError(f"{path}, feature {name}: coordinates are longitude, latitude in degrees")
        for key, most in LONGEST.items():
            if len(str(properties.get(key) or "")) > most:
                raise SetupError(f"{path}, feature {name}: {key} has at most {most} letters")
        areas[name] = Area(name, feature["geometry"], properties)
    return tuple(areas.values())


def _text(path: Path) -> str:
    try:
        content = read_at_most(path, MOST_BYTES)
        if content is None:
            raise SetupError(f"{path}: is larger than {MOST_BYTES >> 20} MiB; leave out what the city does not need")
        return content.decode()
    except OSError as error:
        raise SetupError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise SetupError(f"{path}, byte {error.start}: not a text in UTF-8; save it as that") from error
    except ValueError as error:  # of a path
        raise SetupError(f"{str(path)!r}: no file is called so: {error}") from error


def _check_letters(path: Path, feature: object, told: str) -> None:
    """A feature as JSON has to do without what no database keeps: NUL, and half of a surrogate pair."""
    try:
        told.encode()
    except UnicodeEncodeError as error:
        raise SetupError(f"{path}, feature {feature!r}: holds half a letter, {error.object[error.start]!a}") from error
    if "\\u0000" in told:
        raise SetupError(f"{path}, feature {feature!r}: holds the letter \\u0000, which no database keeps")


def minutes(hours: str) -> tuple[int, int]:
    """'08:30-12:00' as minutes of the day; raises ValueError for a time that no day has."""
    start, end = (int(clock[:2]) * 60 + int(clock[3:]) for clock in hours.split("-"))
    if max(start, end) > 1440 or any(int(clock[3:]) > 59 for clock in hours.split("-")):
        raise ValueError(f"{hours} are not hours of a day")
    return start, end


def _check(path: Path, file: SetupFile, grids: set[str], categories: set[str], crews: Collection[str]) -> None:
    people = [person.name for person in file.person]
    crews = {person.name for person in file.person if person.role == "crew"}.union(crews)
    if not grids:
        raise SetupError(f"{path.parent / file.city.grids}: holds no grid")
    for name, times in Counter(people).items():
        if times > 1:
            raise SetupError(f"{path}: person {name} stands twice")
    for number, line in enumerate(file.rota):
        if line.grid not in grids:
            raise SetupError(f"{path}, field rota.{number}.grid: there is no grid {line.grid} in {file.city.grids}")
        if line.person not in crews:
            raise SetupError(f"{path}, field rota.{number}.person: {line.person} is no person with role crew")
    for number, stay in enumerate(file.stay):
        if stay.category not in categories:
            raise SetupError(f"{path}, field stay.{number}.category: the taxonomy has no category {stay.category}")
        if stay.category in {before.category for before in file.stay[:number]}:
            raise SetupError(f"{path}, field stay.{number}.category: {stay.category} has a rule above; keep one")
