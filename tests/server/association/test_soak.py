"""One problem that thousands of passes see: what is kept of it, and what a pass costs, no longer grow."""

from __future__ import annotations

import json
import math
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from types import FrameType

import numpy as np
import pytest

from pipeline.traverse import Traverse
from server.association import merge
from server.association.casebook import CaseBook
from server.association.memory import Memory
from server.association.method import MATCHERS, Method
from server.association.priors import default_priors
from server.association.state import to_state
from tests.server.association_scene import STREET, Pass, Thing, Town, drive

PASSES = 3000
KNOWN = 300
"""Passes after which all is kept of a case that ever will be."""
BIN = Thing("bin", "overflowing_bin", 15.0, 4.0)


def seen_from_all_sides(number: int) -> Traverse:
    """A pass by turns in both directions that tells of one bin's looks, from one of many sides."""
    rng = np.random.default_rng(number)
    bias = float(rng.normal(0.0, 0.4)), float(rng.normal(0.0, 0.4))
    way = drive(Pass(number, bias, 20.0, noise_m=0.3, westwards=number % 2 == 1), [BIN])
    look = np.arange(8.0) + rng.normal(0.0, 1.0, 8)
    told = tuple((look / np.linalg.norm(look)).tolist())
    (seen,) = way.observations
    return replace(way, observations=(replace(seen, appearance=told, camera_heading_deg=number * 77.0 % 360.0),))


def kept(book: CaseBook) -> int:
    """Letters of the longest text that is kept of a case."""
    return max(len(json.dumps(to_state(filed.state))) for filed in book.filed.values())


def calls_of(asked: Callable[[Traverse], object], traverse: Traverse) -> int:
    """How many functions are called while something is asked of a traverse."""
    count: Counter[str] = Counter()

    def noted(_frame: FrameType, event: str, _about: object) -> None:
        count[event] += 1

    before = sys.getprofile()
    sys.setprofile(noted)
    try:
        asked(traverse)
    finally:
        sys.setprofile(before)
    return count["call"] + count["c_call"]


@pytest.mark.parametrize("method", list(Method))
def test_what_thousands_of_passes_see_is_kept_in_no_more_room_and_asked_in_no_more_steps(method: Method) -> None:
    book, room, steps = CaseBook(default_priors(), MATCHERS[method]), 0, 0
    for number in range(PASSES + 1):
        traverse = seen_from_all_sides(number)
        if number == KNOWN:
            room, steps = kept(book), calls_of(book.take, traverse)
        elif number < PASSES:
            book.take(traverse)
    assert calls_of(book.take, traverse) <= 1.1 * steps
    assert kept(book) <= 1.1 * room
    assert sum(filed.state.traverses for filed in book.filed.values()) == PASSES + 1
    if method is Method.JOINT:
        (only,) = book.filed.values()
        east, north = STREET.offset_m(only.state.lat, only.state.lon)
        assert math.hypot(east - BIN.east_m, north - BIN.north_m) < 1.0


def test_two_of_which_one_was_missed_a_thousand_times_are_still_compared() -> None:
    priors, street = default_priors(), Town()
    for number in range(2):
        street.take(drive(Pass(number, (0.0, 0.0)), [Thing("a", "litter", 30.0, 4.0), Thing("b", "litter", 34.0, 4.0)]))
    one, other = street.cases.values()
    missed = replace(one, waiting=1900.0, missed_ns=one.last_seen_ns)
    assert merge.log_odds(missed, other, priors, Memory()) == pytest.approx(
        merge.log_odds(replace(missed, waiting=700.0), other, priors, Memory())
    )
