"""Shards: whoever may touch the same place holds a lock in common."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.records.locks import Lock, shards_of

LATS, LONS = st.floats(-90, 90), st.floats(-180, 180)
MARGINS = st.floats(0, 0.02)
M_PER_DEG = 111_195.0


def around(lat: float, lon: float, margins: tuple[float, float, float, float]) -> set[int]:
    """The shards of a box of a few kilometres that holds a place."""
    south, north, west, east = margins
    box = max(lat - south, -90.0), min(lat + north, 90.0), max(lon - west, -180.0), min(lon + east, 180.0)
    return set(shards_of(*box))


@given(LATS, LONS, st.tuples(*[MARGINS] * 4), st.tuples(*[MARGINS] * 4))
def test_two_boxes_with_a_place_in_common_have_a_shard_in_common(
    lat: float, lon: float, one: tuple[float, float, float, float], other: tuple[float, float, float, float]
) -> None:
    here = set(shards_of(lat, lat, lon, lon))
    assert len(here) == 1
    assert here <= around(lat, lon, one) & around(lat, lon, other)


@given(LATS, LONS)
def test_a_shards_key_is_no_single_locks_and_fits_postgresql(lat: float, lon: float) -> None:
    [key] = shards_of(lat, lat, lon, lon)
    assert max(Lock) < key < 2**63


@pytest.mark.parametrize("lat", [-60.0, -31.2, 0.0, 31.2325, 47.1, 65.0])
def test_a_street_block_touches_few_shards_and_a_neighbour_two_blocks_on_none_of_them(lat: float) -> None:
    north, east = 160.0 / M_PER_DEG, 220.0 / M_PER_DEG / math.cos(math.radians(lat))

    def block(lon: float) -> set[int]:
        return set(shards_of(lat - north, lat + north, lon - east, lon + east))

    for step in range(50):
        lon = 121.4725 + 0.0001 * step
        assert len(block(lon)) <= 9
        assert not block(lon) & block(lon + 5.5 * east)


def test_places_that_lie_apart_have_shards_of_their_own() -> None:
    lats = [-90.0 + 0.5 * number for number in range(1, 360)]
    keys = [key for lat in lats for lon in range(-179, 180) for key in shards_of(lat, lat, float(lon), float(lon))]
    assert len(set(keys)) == len(keys)
