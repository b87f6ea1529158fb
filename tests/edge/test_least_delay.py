"""A clock that is heard late: its least delay counts, strays do not, and a clock set anew is believed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edge.least_delay import SECOND_NS, LeastDelay

MS_NS = 1_000_000


@given(
    offset_ns=st.integers(-(10**18), 10**18),
    delays_ms=st.lists(st.integers(0, 900), min_size=1, max_size=60),
)
def test_a_moment_is_never_after_it_was_heard_nor_off_by_more_than_the_delays_differ(
    offset_ns: int, delays_ms: list[int]
) -> None:
    clock, step_ns = LeastDelay(), SECOND_NS // 10
    for place, delay_ms in enumerate(delays_ms):
        made_ns = place * step_ns
        heard_ns = made_ns + delay_ms * MS_NS
        moment = clock.moment(made_ns - offset_ns, heard_ns)
        assert moment is not None
        least_ns = min(delays_ms[: place + 1]) * MS_NS
        assert moment == made_ns + least_ns <= heard_ns


def test_what_was_held_up_on_its_way_keeps_the_moment_at_which_it_was_made() -> None:
    clock = LeastDelay()
    assert clock.moment(0, 100 * MS_NS) == 100 * MS_NS
    assert clock.moment(SECOND_NS, SECOND_NS + 900 * MS_NS) == SECOND_NS + 100 * MS_NS


def test_one_stray_is_refused_and_three_that_agree_are_a_clock_set_anew() -> None:
    clock = LeastDelay()
    clock.moment(0, 0)
    hour_ns = 3600 * SECOND_NS
    assert clock.moment(hour_ns, SECOND_NS) is None
    assert clock.moment(2 * SECOND_NS, 2 * SECOND_NS) == 2 * SECOND_NS
    told = [clock.moment(hour_ns + step * SECOND_NS, step * SECOND_NS) for step in (3, 4, 5)]
    assert told == [None, None, 5 * SECOND_NS]
    assert clock.jumps == 1


def test_strays_that_disagree_never_move_the_clock() -> None:
    clock = LeastDelay()
    clock.moment(0, 0)
    assert all(clock.moment(step * 3600 * SECOND_NS, step * SECOND_NS) is None for step in range(1, 20))
    assert clock.offset_ns == 0


def test_a_least_delay_is_forgotten_after_its_window_so_that_drift_is_followed() -> None:
    clock = LeastDelay(window_ns=10 * SECOND_NS)
    clock.moment(0, 0)
    for second in range(1, 30):
        clock.moment(second * SECOND_NS, second * SECOND_NS + second * MS_NS)
    assert clock.offset_ns == 20 * MS_NS
