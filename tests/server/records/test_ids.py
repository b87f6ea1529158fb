"""Ids that only grow."""

from __future__ import annotations

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from server.records.ids import Uuid7


@given(st.lists(st.integers(0, 2**62), min_size=2, max_size=50))
def test_ids_only_grow_whatever_the_clock_does(times: list[int]) -> None:
    clock = iter(times)
    made = Uuid7(lambda: next(clock))
    ids = [made() for _ in times]
    assert ids == sorted(set(ids))


def test_an_id_is_a_version_7_uuid_that_says_its_time() -> None:
    one = Uuid7(lambda: 1_795_399_200_123_456_789)()
    assert (one.version, one.variant) == (7, "specified in RFC 4122")
    assert one.int >> 80 == 1_795_399_200_123
    assert UUID(str(one)) == one
