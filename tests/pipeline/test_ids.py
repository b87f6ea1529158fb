"""Ids come out the same for the same thing, and in order of time."""

from __future__ import annotations

import math

from pipeline.ids import named_uuid7
from tests.pipeline.coloured import START_NS


def test_ids_are_version_7_in_order_of_time_and_differ_by_name() -> None:
    one, two, later = named_uuid7(5_000_000, "a", 1), named_uuid7(5_000_000, "a", 2), named_uuid7(7_000_000, "a", 1)
    assert {one.version, two.version, later.version} == {7}
    assert one != two
    assert max(one, two) < later
    assert one.int >> 80 == 5
    assert math.isclose(named_uuid7(START_NS).int >> 80, START_NS // 1_000_000)
