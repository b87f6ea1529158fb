"""Plate hashes: one hash is strong evidence for one vehicle, two are strong evidence for two, none says nothing."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.observation import AttributeValue
from pipeline.plates import PLATE_HASH
from pipeline.traverse import Traverse
from server.association import plate
from server.association.plate import Plates, log_ratio, read, together
from server.association.priors import default_priors
from server.association.state import from_state, to_state
from tests.server.association.test_merge import NEW, OLD
from tests.server.association_scene import Pass, Thing, Town, drive, observation

PRIORS = default_priors()
E, V = PRIORS.plate_misread, PRIORS.plate_vehicles
VAN = Thing("van", "improper_parking", 40.0, 4.0)
groups = st.dictionaries(st.sampled_from(["s:a", "s:b", "s:c", "s:d"]), st.integers(1, 3), max_size=3).map(
    lambda counts: tuple(counts.items())
)


def told(way: Traverse, *hashes: AttributeValue | None) -> Traverse:
    """The traverse with a plate hash on each observation that has one."""
    seen = (
        one if name is None else replace(one, attributes=(*one.attributes, (PLATE_HASH, name)))
        for one, name in zip(way.observations, hashes, strict=True)
    )
    return replace(way, observations=tuple(seen))


def test_one_reading_each_has_a_closed_form() -> None:
    alone = 1.0 - E / V  # a wrong reading may be of any of the V
    same = (V * (1 - E) ** 2 + (1 - 1 / V) * E**2) / alone**2
    other = (2 * (1 - E) * E + (1 - 2 / V) * E**2) / alone**2
    assert log_ratio((("s:a", 1),), (("s:a", 1),), PRIORS) == pytest.approx(math.log(same))
    assert log_ratio((("s:a", 1),), (("s:b", 1),), PRIORS) == pytest.approx(math.log(other))
    assert math.log(same) > 5.0
    assert math.log(other) < -2.5


def by_summing_over_the_truth(counts: dict[str, int], vehicles: int) -> float:
    """Likelihood of readings of one vehicle that is any of V: each right with 1 − e, else any hash alike."""
    names = [name for name, count in counts.items() for _ in range(count)]
    total = 0.0
    for truth in range(vehicles):
        chances = ((1 - E) if name == f"s:{'abcd'[truth] if truth < 4 else truth}" else E / vehicles for name in names)
        total += math.prod(chances) / vehicles
    return total


@given(groups, groups)
def test_it_is_the_sum_over_whose_plate_was_read(one: Plates, other: Plates) -> None:
    first, second = dict(one), dict(other)
    both = {name: first.get(name, 0) + second.get(name, 0) for name in {*first, *second}}
    whole, mine, its = (by_summing_over_the_truth(counts, int(V)) for counts in (both, first, second))
    expected = math.log(whole / (mine * its)) if one and other else 0.0
    assert log_ratio(one, other, PRIORS) == pytest.approx(expected, abs=1e-6)


@given(groups, groups)
def test_it_is_symmetric_and_says_nothing_without_readings_or_under_another_salt(one: Plates, other: Plates) -> None:
    assert log_ratio(one, other, PRIORS) == pytest.approx(log_ratio(other, one, PRIORS))
    elsewhere = tuple((name.replace("s:", "t:"), count) for name, count in other)
    assert log_ratio(one, (), PRIORS) == log_ratio(one, elsewhere, PRIORS) == 0.0


def test_one_misreading_among_many_does_not_part_a_vehicle_from_itself() -> None:
    often = (("s:a", 4), ("s:b", 1))
    assert log_ratio(often, (("s:a", 1),), PRIORS) > 4.0
    assert log_ratio(often, (("s:c", 1),), PRIORS) < -2.5


def test_groups_keep_what_was_read_most() -> None:
    many = together(*(((f"s:{k}", 1),) for k in range(9)), (("s:8", 9),))
    assert many[0] == ("s:8", plate.COUNT_KEPT)
    assert len(many) == plate.HASHES_KEPT


@pytest.mark.parametrize("wrong", ["", "nosalt", ":x", "s:", 7, True, "s:" + "x" * 200, None])
def test_an_attribute_that_is_no_hash_says_nothing(wrong: AttributeValue | None) -> None:
    seen = observation("x", "improper_parking", 39.9, 116.4, 1)
    assert read(replace(seen, attributes=() if wrong is None else ((PLATE_HASH, wrong),))) == ()
    assert read(replace(seen, attributes=((PLATE_HASH, "2026-11:9f2c"),))) == (("2026-11:9f2c", 1),)


@pytest.mark.parametrize(("second", "cases"), [("s:a", 1), ("s:b", 2), (None, 1)])
def test_half_an_hour_later_the_same_hash_is_the_same_case_and_another_is_another(
    second: str | None, cases: int
) -> None:
    town = Town()
    town.take(told(drive(Pass(0, (1.0, 0.0)), [VAN]), "s:a"))
    town.take(told(drive(Pass(1, (-1.0, 1.0)), [VAN]), second))
    assert len(town.cases) == cases


def test_the_same_hash_from_the_other_end_of_the_street_after_hours_is_the_same_case() -> None:
    for name, cases in (("s:a", 1), ("s:b", 2)):
        town = Town()
        town.take(told(drive(Pass(0, (2.0, 0.0)), [VAN]), "s:a"))
        town.take(told(drive(Pass(4, (-2.0, -1.0), westwards=True), [VAN]), name))
        assert len(town.cases) == cases


def test_a_state_keeps_hashes_as_json() -> None:
    for one, plates in product((OLD, NEW), ((), (("s:a", 2), ("s:b", 1)))):
        case = replace(one, plates=plates)
        assert from_state(to_state(case)) == case
