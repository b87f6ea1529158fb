"""Zones: read from GeoJSON, asked with an uncertain position and a moment."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.geo import LocalFrame
from pipeline.observation import Covariance
from pipeline.zones import Hours, ZoneMap

FRAME = LocalFrame(31.2304, 121.4737)
SHANGHAI = timezone(timedelta(hours=8))
SURE = Covariance(0.01, 0.0, 0.01)
KINDS = {"no_parking", "pavement"}


def ring(west: float, south: float, east: float, north: float) -> list[list[float]]:
    corners = ((west, south), (east, south), (east, north), (west, north), (west, south))
    return [[lon, lat] for lat, lon in (FRAME.to_latlon(*corner) for corner in corners)]


def feature(ident: str, kind: str, box: tuple[float, float, float, float], **more: Any) -> dict[str, Any]:
    geometry = {"type": "Polygon", "coordinates": [ring(*box)]}
    return {"type": "Feature", "properties": {"id": ident, "kind": kind, **more}, "geometry": geometry}


def map_of(*features: dict[str, Any], **more: Any) -> ZoneMap:
    return ZoneMap.parse(json.dumps({"type": "FeatureCollection", **more, "features": list(features)}))


def share_in(zones: ZoneMap, east: float, north: float, covariance: Covariance, utc_ns: int = 0) -> float:
    inside = zones.likely(*FRAME.to_latlon(east, north), covariance, KINDS, utc_ns)
    return 0.0 if inside is None else inside.probability


STRIP = map_of(feature("strip", "no_parking", (-50, 0, 50, 4)))


@given(st.floats(0.2, 5), st.floats(-6, 10))
def test_the_likelihood_is_the_share_of_the_error_ellipse_in_the_zone(sigma: float, north: float) -> None:
    """Against the normal distribution's own integral over a strip."""
    expected = 0.5 * (math.erf((4 - north) / sigma / math.sqrt(2)) - math.erf(-north / sigma / math.sqrt(2)))
    assert share_in(STRIP, 0.0, north, Covariance(1.0, 0.0, sigma**2)) == pytest.approx(expected, abs=0.03)


def test_a_slanted_error_ellipse_is_honoured() -> None:
    along, across = Covariance(4.0, 3.9, 4.0), Covariance(4.0, -3.9, 4.0)
    corner = map_of(feature("corner", "no_parking", (0, 0, 50, 50)))
    assert share_in(corner, 0, 0, along) > 0.4
    assert share_in(corner, 0, 0, across) < 0.15


def test_overlapping_zones_count_once_and_the_one_with_most_of_it_is_named() -> None:
    zones = map_of(feature("wide", "pavement", (-50, 0, 50, 4)), feature("small", "no_parking", (-7, 0, 7, 4.5)))
    inside = zones.likely(*FRAME.to_latlon(0, 2), SURE, KINDS, 0)
    assert inside is not None
    assert (inside.zone.id, inside.probability) == ("small", 1.0)
    inside = zones.likely(*FRAME.to_latlon(20, 2), SURE, KINDS, 0)
    assert inside is not None
    assert inside.zone.id == "wide"


def test_zones_of_other_kinds_and_a_city_without_zones_hold_nothing() -> None:
    bays = map_of(feature("bay", "parking_bay", (-5, -5, 5, 5)))
    assert bays.likely(*FRAME.to_latlon(0, 0), SURE, KINDS, 0) is None
    assert ZoneMap.none().likely(31.0, 121.0, SURE, KINDS, 0) is None
    assert map_of().likely(31.0, 121.0, SURE, KINDS, 0) is None


def at(day: int, hour: int, minute: int = 0) -> int:
    """A moment of the week of Monday 2025-10-13, in Shanghai."""
    return int(datetime(2025, 10, 12 + day, hour, minute, tzinfo=SHANGHAI).timestamp()) * 10**9


@pytest.mark.parametrize(
    ("first", "last", "days", "utc_ns", "holds"),
    [
        ("08:00", "20:00", [1, 2, 3, 4, 5], at(1, 8), True),
        ("08:00", "20:00", [1, 2, 3, 4, 5], at(1, 7, 59), False),
        ("08:00", "20:00", [1, 2, 3, 4, 5], at(5, 20), False),
        ("08:00", "20:00", [1, 2, 3, 4, 5], at(6, 12), False),
        ("22:00", "06:00", [5], at(5, 23), True),
        ("22:00", "06:00", [5], at(6, 5, 59), True),
        ("22:00", "06:00", [5], at(5, 5), False),
        ("22:00", "06:00", [7], at(1, 3), True),
        ("00:00", "24:00", [3], at(3, 23, 59), True),
        ("00:00", "24:00", [3], at(4, 0), False),
    ],
)
def test_times_of_day_hold_in_the_citys_time(first: str, last: str, days: list[int], utc_ns: int, holds: bool) -> None:
    zones = map_of(feature("z", "no_parking", (-5, -5, 5, 5), **{"from": first, "to": last, "days": days}))
    assert (share_in(zones, 0, 0, SURE, utc_ns) > 0.9) is holds


def test_a_file_may_name_another_time_zone() -> None:
    hours = {"from": "08:00", "to": "09:00"}
    here = map_of(feature("z", "no_parking", (-5, -5, 5, 5), **hours))
    there = map_of(feature("z", "no_parking", (-5, -5, 5, 5), **hours), time_zone="Europe/Lisbon")
    half_past_eight = at(1, 8, 30)
    assert share_in(here, 0, 0, SURE, half_past_eight) > 0.9
    assert share_in(there, 0, 0, SURE, half_past_eight) == 0.0


@pytest.mark.parametrize("name", ["Mars/Base", 8, None, "../etc/passwd", ""])
def test_a_time_zone_that_is_none_is_named(name: object) -> None:
    with pytest.raises(ValueError, match=r"time_zone: .* is no time zone; write one such as"):
        map_of(GOOD, time_zone=name)


def test_hours_without_limits_always_hold() -> None:
    assert all(Hours().hold(at(day, hour), UTC) for day in range(1, 8) for hour in range(24))


POINT = {
    "type": "Feature",
    "properties": {"id": "a", "kind": "b"},
    "geometry": {"type": "Point", "coordinates": [1, 2]},
}
BOWTIE = {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}
PROJECTED = {"type": "Polygon", "coordinates": [[[5e5, 3e6], [5e5, 3e6 + 1], [5e5 + 1, 3e6], [5e5, 3e6]]]}
GOOD = feature("a", "no_parking", (0, 0, 5, 5))


@pytest.mark.parametrize(
    ("features", "says"),
    [
        ([POINT], "feature 1: its geometry must be a Polygon or MultiPolygon, not Point"),
        ([GOOD, GOOD], "feature 2: the id a stands twice"),
        ([{**GOOD, "properties": {"kind": "pavement"}}], "feature 1: properties.id and properties.kind must be texts"),
        ([{**GOOD, "geometry": BOWTIE}], "feature 1: Self-intersection"),
        ([{**GOOD, "geometry": PROJECTED}], "feature 1: coordinates are longitude, latitude in degrees"),
        ([{**GOOD, "geometry": None}], "feature 1: its geometry is not readable"),
        ([{**GOOD, "geometry": {"type": "Polygon", "coordinates": "x"}}], "feature 1: its geometry is not readable"),
        ([feature("a", "b", (0, 0, 5, 5), **{"from": "8am"})], "feature 1: times of day"),
        ([feature("a", "b", (0, 0, 5, 5), **{"from": "08:00", "to": "08:00"})], "feature 1: from and to"),
        ([feature("a", "b", (0, 0, 5, 5), days=[0])], "feature 1: days are a list"),
        ([feature("a", "b", (0, 0, 5, 5), days=[[1]])], "feature 1: days are a list"),
        ([{**GOOD, "geometry": {"type": "Polygon", "coordinates": [[[10**400, 0]] * 4]}}], "feature 1: its geometry"),
        ([3], "feature 1: not a GeoJSON feature"),
        ([{**GOOD, "geometry": {"type": "Polygon", "coordinates": [[[0, 0]] * 100_000]}}], "more than 20000 corners"),
    ],
)
def test_a_bad_feature_is_named(features: list[Any], says: str) -> None:
    with pytest.raises(ValueError, match="feature") as error:
        map_of(*features)
    assert says in str(error.value)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"type": "Feature"}', '{"type": "FeatureCollection", "features": 3}'])
def test_a_text_that_is_no_feature_collection_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="JSON"):
        ZoneMap.parse(text)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.sampled_from(["Polygon", "Point", "08:00", "a", ""]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["type", "coordinates", "geometries", "id", "kind", "days", "to"]), inner)
    ),
    max_leaves=12,
)


@given(st.lists(st.fixed_dictionaries({"properties": JSON, "geometry": JSON}), max_size=2))
def test_any_features_end_in_a_map_or_a_value_error(features: list[Any]) -> None:
    try:
        zones = map_of(*features)
    except ValueError:
        return
    assert isinstance(zones, ZoneMap)


def test_a_city_of_many_zones_answers_fast_enough_for_a_vehicle() -> None:
    """Only zones near the position are looked at: the answer among 4,000 zones is that among the two near it."""
    rows = [
        feature(f"z{x}-{y}", "no_parking", (x * 20, y * 20, x * 20 + 8, y * 20 + 8))
        for x in range(63)
        for y in range(63)
    ]
    zones = map_of(*rows)
    assert share_in(zones, 204, 204, SURE) == pytest.approx(1.0)
    assert share_in(zones, 214, 214, SURE) == 0.0
    assert np.isclose(share_in(zones, 200, 204, Covariance(0.01, 0, 0.01)), 0.5, atol=0.1)
