"""A pass that is off by tens of metres finds its cases where looks or misses tell; streets that are alike do not."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from pipeline.traverse import Traverse
from server.association.casebook import CaseBook
from server.association.plane import Plane
from server.association.priors import default_priors
from tests.server.association_scene import STREET, Pass, Thing, drive

PRIORS = default_priors()
KINDS = ("litter", "overflowing_bin", "illegal_ad", "pothole")
ROW = [Thing(f"thing {k}", KINDS[k % 4], 14.0 + 7.0 * k + 2.0 * (k % 3), (5.0, -6.0, 8.0)[k % 3]) for k in range(8)]


def passed(number: int, off: tuple[float, float] = (0.0, 0.0), things: list[Thing] = ROW) -> Traverse:
    """A pass along the row whose fixes are all off by so much, and say that they are off by 3.5 m."""
    return drive(Pass(number, off, noise_m=0.3), things)


def looking(traverse: Traverse) -> Traverse:
    """The same with looks: each thing always the same, by its place among what was seen."""
    looks = np.random.default_rng(4).normal(size=(len(traverse.observations), 16))
    told = zip(traverse.observations, looks, strict=True)
    seen = tuple(replace(one, appearance=tuple((look / np.linalg.norm(look)).tolist())) for one, look in told)
    return replace(traverse, observations=seen)


def elsewhere(traverse: Traverse, east_m: float) -> Traverse:
    """The same pass so far down the street."""
    (lat, lon), (to_lat, to_lon) = STREET.to_latlon(0.0, 0.0), STREET.to_latlon(east_m, 0.0)
    poses = tuple(replace(pose, lat=pose.lat + to_lat - lat, lon=pose.lon + to_lon - lon) for pose in traverse.poses)
    seen = tuple(
        replace(one, lat=(one.lat or 0.0) + to_lat - lat, lon=(one.lon or 0.0) + to_lon - lon)
        for one in traverse.observations
    )
    return replace(traverse, poses=poses, observations=seen)


@pytest.mark.parametrize("off", [(-42.0, 0.0), (-38.0, 12.0), (-34.0, -20.0)])
def test_a_pass_off_by_tens_of_metres_that_missed_all_finds_its_cases_and_leaves_the_map_where_it_is(
    off: tuple[float, float],
) -> None:
    book = CaseBook(PRIORS)
    for number in range(4):
        book.take(passed(number))
    before = {name: (filed.state.lat, filed.state.lon) for name, filed in book.filed.items()}
    answer = book.take(passed(4, off))
    assert answer is not None
    assert len(book.filed) == len(ROW)
    assert (answer.shift.east_m, answer.shift.north_m) == pytest.approx((-off[0], -off[1]), abs=3.0)
    for name, filed in book.filed.items():
        moved = Plane.at(*before[name]).offset_m(filed.state.lat, filed.state.lon)
        assert math.hypot(*moved) < 1.0


def test_looks_alone_tell_that_a_pass_is_astray_where_nothing_was_missed() -> None:
    book = CaseBook(PRIORS)
    for number in range(8):
        book.take(looking(passed(number)))
    book.take(looking(passed(8, (0.0, 58.0))))
    assert len(book.filed) == len(ROW)


@pytest.mark.parametrize("number_of", [2, 3, 5])
@pytest.mark.parametrize("east_m", [45.0, 60.0])
def test_a_row_like_another_down_the_street_where_nobody_has_been_is_new(number_of: int, east_m: float) -> None:
    row = [Thing(f"bin {k}", "overflowing_bin", 12.0 + 6.0 * k, 5.0) for k in range(number_of)]
    book = CaseBook(PRIORS)
    for number in range(3):
        book.take(drive(Pass(number, (float(number), 0.0), length_m=50.0, noise_m=0.3), row))
    book.take(elsewhere(drive(Pass(3, (0.0, 0.0), length_m=50.0, noise_m=0.3), row), east_m))
    assert len(book.filed) == 2 * number_of
