"""What is on probation passes by working, and goes by crashing, ailing or seeing nothing."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from edge.renewal.probation import (
    ILL_S,
    MOST_STARTS,
    NAME,
    WELL_FRAMES,
    WELL_S,
    Probation,
    Ruling,
    Why,
    observed,
    read_probation,
    started,
    write_probation,
)

NEW = Probation("street 2")


def test_it_passes_when_it_has_worked_long_enough_and_seen_enough() -> None:
    now, ruling = observed(NEW, True, WELL_S, WELL_FRAMES - 1)
    assert ruling is Ruling.GOES_ON
    assert observed(now, True, 1.0, 1)[1] is Ruling.PASSED


def test_a_parked_vehicle_proves_nothing() -> None:
    assert observed(NEW, True, 100 * WELL_S, 0)[1] is Ruling.GOES_ON


def test_an_ill_worker_turns_it_back_and_a_passing_weakness_does_not() -> None:
    now, ruling = observed(NEW, False, ILL_S - 1, 0)
    assert ruling is Ruling.GOES_ON
    assert observed(now, False, 1.0, 0)[1] is Why.UNHEALTHY
    better, _ = observed(now, True, 1.0, 1)
    assert observed(better, False, ILL_S - 1, 0)[1] is Ruling.GOES_ON


def test_too_many_starts_turn_it_back() -> None:
    now = NEW
    for _ in range(MOST_STARTS - 1):
        now, ruling = started(now)
        assert ruling is Ruling.GOES_ON
    assert started(now)[1] is Why.CRASHED


steps = st.lists(st.tuples(st.booleans(), st.floats(0, 60), st.integers(0, 50)), max_size=60)


@given(steps)
def test_it_never_passes_before_its_time(told: list[tuple[bool, float, int]]) -> None:
    now, well_s, frames = NEW, 0.0, 0
    for well, span_s, seen in told:
        now, ruling = observed(now, well, span_s, seen)
        well_s, frames = well_s + (span_s if well else 0.0), frames + seen
        if ruling is Ruling.PASSED:
            assert well_s >= WELL_S
            assert frames >= WELL_FRAMES


def test_it_survives_a_restart_and_a_damaged_record_is_none(tmp_path: Path) -> None:
    assert read_probation(tmp_path) is None
    write_probation(tmp_path, Probation("street 2", 2, well_s=9.0))
    assert read_probation(tmp_path) == Probation("street 2", 2)
    (tmp_path / NAME).write_text("{", "utf-8")
    assert read_probation(tmp_path) is None
    write_probation(tmp_path, None)
    assert not (tmp_path / NAME).exists()


def test_every_reason_has_a_line_in_the_docs(root: Path) -> None:
    text = (root / "docs" / "vehicle-care.md").read_text("utf-8")
    assert [one for one in Why if f"| `{one}` |" not in text] == []
