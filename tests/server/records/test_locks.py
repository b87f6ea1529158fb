"""Shards: whoever may touch the same place holds a lock in common."""

from __future__ import annotations

import math

import pytest
from h3.api.basic_int import latlng_to_cell
from hypothesis import given
from hypothesis import strategies as st

from server.records.locks import RESOLUTION, Lock, shards_of

LATS, LONS = st.floats(-90, 90), st.floats(-180, 180)
MARGINS = st.tuples(*[st.floats(0, 0.02)] * 4)
M_PER_DEG = 111_195.0


@given(LATS, LONS, MARGINS)
def test_a_box_has_the_cell_of_each_place_in_it_so_that_two_that_meet_have_one_in_common(
    lat: float, lon: float, margins: tuple[float, float, float, float]
) -> None:
    south, north, west, east = margins
    box = max(lat - south, -90.0), min(lat + north, 90.0), max(lon - west, -180.0), min(lon + east, 180.0)
    assert latlng_to_cell(lat, lon, RESOLUTION) in shards_of(*box)


@given(LATS, LONS)
def test_a_shards_key_is_no_single_locks_and_fits_postgresql(lat: float, lon: float) -> None:
    assert all(max(Lock) < key < 2**63 for key in shards_of(lat, lat, lon, lon))


@pytest.mark.parametrize("lat", [-60.0, -31.2, 0.0, 31.2325, 47.1, 65.0])
def test_a_street_block_touches_few_shards_and_a_neighbour_two_blocks_on_none_of_them(lat: float) -> None:
    north, east = 160.0 / M_PER_DEG, 220.0 / M_PER_DEG / math.cos(math.radians(lat))

    def block(lon: float) -> set[int]:
        return set(shards_of(lat - north, lat + north, lon - east, lon + east))

    for step in range(50):
        lon = 121.4725 + 0.0001 * step
        assert len(block(lon)) <= 14
        assert not block(lon) & block(lon + 5.5 * east)
