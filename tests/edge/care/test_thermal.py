"""Bands of temperature: when they are entered and left, and what the worker leaves out in each."""

from __future__ import annotations

import threading
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from edge.care.shedding import READ_S, Shedding
from edge.care.thermal import BANDS, PACES, Band, Limits, next_band, warmest
from edge.care.vitals import Vitals
from edge.config import ThermalTable
from pipeline.pose import FixQuality, Pose
from pipeline.reasons import Reason
from pipeline.sampling import Sampler

LIMITS = Limits(80, 90, 98, 5)
HERE = Pose(0, 55.7, 13.2, 1.6, 0, 0, 0, 0, 5.0, 0.0, 2.0, 1.0, 1.0, FixQuality.GNSS)

CHANGES = [
    # was            °C     is
    (Band.NORMAL,    79.9,  Band.NORMAL),
    (Band.NORMAL,    80.0,  Band.WARM),
    (Band.NORMAL,    98.0,  Band.CRITICAL),
    (Band.WARM,      75.1,  Band.WARM),
    (Band.WARM,      75.0,  Band.NORMAL),
    (Band.HOT,       85.1,  Band.HOT),
    (Band.HOT,       85.0,  Band.WARM),
    (Band.HOT,       60.0,  Band.NORMAL),
    (Band.CRITICAL,  93.1,  Band.CRITICAL),
    (Band.CRITICAL,  93.0,  Band.HOT),
    (Band.CRITICAL,  None,  Band.NORMAL),
]  # fmt: skip


@pytest.mark.parametrize(("was", "celsius", "now"), CHANGES)
def test_a_band_is_entered_at_its_edge_and_left_below_it(was: Band, celsius: float | None, now: Band) -> None:
    assert next_band(was, celsius, LIMITS) is now


@given(st.sampled_from(Band), st.floats(0, 130))
def test_a_band_fits_its_temperature_within_the_hysteresis(was: Band, celsius: float) -> None:
    now = next_band(was, celsius, LIMITS)
    assert celsius >= LIMITS.begins_c(now) - LIMITS.hysteresis_c
    above = BANDS[BANDS.index(now) + 1 :]
    assert all(celsius < LIMITS.begins_c(band) for band in above)
    assert next_band(now, celsius, LIMITS) is now


@given(st.sampled_from(Band), st.lists(st.floats(0, 4.9), min_size=2, max_size=30), st.floats(0, 120))
def test_a_swing_smaller_than_the_hysteresis_never_goes_back_and_forth(
    was: Band, swings: list[float], base: float
) -> None:
    bands = []
    for swing in swings:
        was = next_band(was, base + swing, LIMITS)
        bands.append(BANDS.index(was))
    rises = [after - before for before, after in pairwise(bands) if after != before]
    assert len({rise > 0 for rise in rises}) <= 1


def test_the_warmest_sensor_counts_and_broken_ones_do_not(tmp_path: Path) -> None:
    assert warmest(tmp_path) is None
    for number, written in enumerate(("41000\n", "63500\n", "-274000\n", "999999\n", "none\n", "")):
        write_sensor(tmp_path, written, number)
    assert warmest(tmp_path) == 63.5


def write_sensor(folder: Path, written: str, number: int = 0) -> None:
    zone = folder / f"thermal_zone{number}"
    zone.mkdir(exist_ok=True)
    (zone / "temp").write_text(written, "ascii")


def looks(pace: float, step_m: float = 0.5) -> list[tuple[float, Reason | None]]:
    sampler = Sampler(distance_m=1.5)
    sampler.pace = pace
    told = []
    for number in range(25):
        metre = number * step_m
        told.append((metre, sampler.place(replace(HERE, odometer_m=metre, utc_ns=round(metre / 5 * 1e9)))))
    return told


@pytest.mark.parametrize(("pace", "passed"), [(1.0, [0, 1.5, 3, 4.5, 6]), (2.0, [0, 3, 6]), (4.0, [0, 6])])
def test_work_is_shed_by_looking_less_often(pace: float, passed: list[float]) -> None:
    assert [metre for metre, reason in looks(pace) if reason is None and metre <= 6] == passed


def test_a_frame_left_out_for_heat_says_so_and_one_that_is_too_close_says_that() -> None:
    reasons = dict(looks(2.0))
    assert reasons[1.0] is Reason.TOO_CLOSE
    assert reasons[1.5] is Reason.TOO_WARM
    assert {reason for _, reason in looks(PACES[Band.CRITICAL])} == {Reason.TOO_WARM}


def test_without_positions_one_frame_of_many_is_looked_at() -> None:
    sampler = Sampler()
    sampler.pace = 4.0
    assert [sampler.place(None) is None for _ in range(8)] == [False, False, False, True] * 2
    sampler.pace = 1.0
    assert sampler.place(None) is None


def test_a_standing_vehicle_looks_less_often_too() -> None:
    sampler = Sampler(still_s=1.0)
    sampler.pace = 4.0
    told = [sampler.place(replace(HERE, utc_ns=round(second * 0.5e9), speed_mps=0.0)) for second in range(9)]
    assert told == [None, Reason.STANDSTILL, *[Reason.TOO_WARM] * 6, None]


def test_recorded_footage_waits_while_it_is_critical_and_is_then_looked_at(tmp_path: Path) -> None:
    now, said, vitals, sampler = [0.0], [], Vitals(), Sampler()
    write_sensor(tmp_path, "99000")
    shedding = Shedding(ThermalTable(sensors=tmp_path), vitals, said.append, lambda: now[0])
    turns = []

    def turn() -> None:
        turns.append(vitals.pulse().band)
        write_sensor(tmp_path, "85000")
        now[0] += READ_S

    shedding.wait(threading.Event(), turn)
    assert turns == ["critical"]
    shedding.apply(sampler)
    assert sampler.pace == PACES[Band.WARM]
    assert vitals.pulse().celsius == 85.0
    assert len(said) == 2


def test_bands_that_do_not_rise_are_refused() -> None:
    with pytest.raises(ValidationError, match="rise in this order"):
        ThermalTable(warm_c=90, hot_c=85)
