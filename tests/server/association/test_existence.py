"""What a pass can have seen, and what it says that it saw nothing."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.association import existence
from server.association.drive import drive_of
from server.association.existence import View
from server.association.priors import default_priors
from tests.server.association_scene import STREET, Pass, Thing, Town, drive

PRIORS = default_priors()
VIEW = View(120.0, 30.0)
BIN = Thing("bin", "overflowing_bin", 50.0, 15.0)


def chance(aside_m: float, along: bool) -> float:
    """That a pass down the street detects what stands so far aside, whether or not others along it have seen it."""
    path = drive_of(drive(Pass(0, (0.0, 0.0)), []).poses, STREET, PRIORS)
    place = np.array([[50.0, aside_m]])
    return float(existence.chances(place, path, None, VIEW, PRIORS, np.array([along]))[0][0])


def test_a_corner_may_hide_what_only_passes_through_another_street_have_seen() -> None:
    assert chance(15.0, along=False) == pytest.approx((1.0 - PRIORS.corner_hidden) * chance(15.0, along=True))


def test_what_stands_at_this_street_is_in_view_whoever_saw_it_before() -> None:
    assert chance(6.0, along=False) == chance(6.0, along=True) > 0.8


def crossing_passes(seen_heading_deg: float) -> float:
    """How surely a bin at the corner has gone when three passes down the street told nothing of it, after it was seen
    from that direction."""
    town, way = Town(), drive(Pass(0, (0.0, 0.0)), [BIN])
    seen = replace(way.observations[0], camera_heading_deg=seen_heading_deg)
    town.take(replace(way, observations=(seen,)))
    for number in range(1, 4):
        town.take(drive(Pass(number, (0.0, 0.0)), []))
    return town.cases[town.case_of(0, "bin")].gone


def test_passes_through_a_side_street_do_not_say_that_a_problem_has_gone() -> None:
    assert crossing_passes(0.0) < 0.3
    assert crossing_passes(90.0) > 0.7


@given(st.floats(0.0, 0.84), st.integers(1, 9))
def test_something_is_seen_more_often_more_rarely(hit: float, times: int) -> None:
    once, more = existence.so_often(hit, 1, PRIORS), existence.so_often(hit, times, PRIORS)
    assert once == pytest.approx(hit, abs=1e-8)
    assert -1e-12 <= more <= once + 1e-12


@given(st.floats(0.2, 0.84), st.integers(2, 9))
def test_a_new_problem_that_a_pass_saw_more_than_once_is_hardly_a_faint_one(hit: float, times: int) -> None:
    _, faint = existence.when_new(hit, 0.2 * hit, times, PRIORS)
    assert 0.0 < faint < 0.5 * PRIORS.faint_share
    assert existence.when_new(hit, 0.2 * hit, 1, PRIORS)[1] == pytest.approx(PRIORS.faint_share)


def gone_after_misses(pieces: int) -> float:
    """How surely litter has gone that one pass saw in so many frames and two passes missed."""
    town, way = Town(), drive(Pass(0, (0.0, 0.0)), [Thing("heap", "litter", 60.0, 6.0)])
    first = replace(way.observations[0], attributes=())
    seen = [replace(first, id=UUID(int=9 - k), utc_ns=first.utc_ns - k * 1_000_000_000) for k in range(pieces)]
    town.take(replace(way, observations=tuple(reversed(seen))))
    for number in (1, 2):
        town.take(drive(Pass(number, (0.0, 0.0)), []))
    (case,) = town.cases.values()
    return case.gone


def test_what_was_plain_to_see_is_sooner_known_to_be_gone() -> None:
    assert gone_after_misses(3) > gone_after_misses(1) + 0.05
