"""Neighbours that changed places: what gives it away, and what is left alone."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.observation import Covariance
from server.association import apart, ellipse, exchange, spot
from server.association.engine import associate
from server.association.memory import Memory
from server.association.priors import default_priors
from server.association.state import Glance, Look, OpenCase, Spot, Standing, from_state, to_state
from tests.server.association_scene import STREET, Pass, Thing, drive

PRIORS = default_priors()
EAST, WEST, NORTH = 90.0, 270.0, 0.0
STEP_M = 1.8
"""How far two bins of a group stand from one another."""


def at_ns(number: int) -> int:
    """When a pass begins."""
    return drive(Pass(number, (0.0, 0.0)), []).poses[0].utc_ns


def look(approach_deg: float, east_m: float, sigma_m: float = 0.5, count: int = 4) -> Look:
    """As passes from this direction saw a thing that stands so far along the street."""
    error = Covariance(sigma_m**2, 0.0, sigma_m**2)
    return Look(approach_deg, count, np.zeros(0), Spot(*STREET.to_latlon(east_m, 6.0), error))


def case(name: str, looks: tuple[Look, ...], seen: tuple[tuple[int, float], ...] = ()) -> OpenCase:
    """A bin as of the last pass; seen: by which passes it was, and in which direction they went."""
    glances = tuple(Glance("car", at_ns(k), at_ns(k) + 10, turn) for k, turn in seen or ((1, EAST),))
    lat, lon = STREET.to_latlon(STEP_M / 2.0, 6.0)
    return OpenCase(
        case_id=name,
        category="overflowing_bin",
        standing=Standing.OPEN,
        lat=lat,
        lon=lon,
        own=Covariance(0.3, 0.0, 0.3),
        shared=Covariance(1.0, 0.0, 1.0),
        looks=looks,
        solid=0.9,
        faint=0.05,
        worth=2.0,
        first_seen_ns=glances[0].first_ns,
        last_seen_ns=glances[-1].last_ns,
        as_of_ns=at_ns(9),
        traverses=4,
        observations=12,
        glances=glances,
    )


def spots_m(of: OpenCase) -> list[float]:
    """Where its looks saw it, metres along the street."""
    return sorted(round(STREET.offset_m(one.spot.lat, one.spot.lon)[0], 1) for one in of.looks if one.spot is not None)


def east_m(of: OpenCase) -> float:
    return STREET.offset_m(of.lat, of.lon)[0]


def test_two_that_hold_one_side_of_each_other_get_what_is_theirs() -> None:
    one = case("a", (look(EAST, 0.0), look(WEST, STEP_M)))
    other = case("b", (look(EAST, STEP_M), look(WEST, 0.0)))
    mended = exchange.put_right(one, other, PRIORS, Memory())
    assert mended is not None
    assert sorted(map(spots_m, mended)) == [[0.0, 0.0], [STEP_M, STEP_M]]
    assert sorted(map(east_m, mended)) == pytest.approx([0.0, STEP_M], abs=0.05)


def test_the_side_that_was_seen_less_is_exchanged() -> None:
    one = case("a", (look(EAST, 0.0, count=9), look(WEST, STEP_M)))
    other = case("b", (look(EAST, STEP_M, count=9), look(WEST, 0.0)))
    mended = exchange.put_right(one, other, PRIORS, Memory())
    assert mended is not None
    assert [spots_m(of) for of in mended] == [[0.0, 0.0], [STEP_M, STEP_M]]


def test_two_that_hold_their_own_are_left_alone() -> None:
    one = case("a", (look(EAST, 0.0), look(WEST, 0.3), look(NORTH, -0.3)))
    other = case("b", (look(EAST, STEP_M), look(WEST, STEP_M), look(NORTH, STEP_M + 0.4)))
    assert exchange.put_right(one, other, PRIORS, Memory()) is None


def test_places_that_are_not_known_well_exchange_nothing() -> None:
    one = case("a", (look(EAST, 0.0, sigma_m=2.0), look(WEST, STEP_M, sigma_m=2.0)))
    other = case("b", (look(EAST, STEP_M, sigma_m=2.0), look(WEST, 0.0, sigma_m=2.0)))
    assert exchange.put_right(one, other, PRIORS, Memory()) is None


def test_two_seen_by_turns_are_one_that_stands_and_one_that_has_ended() -> None:
    first = ((1, EAST),)
    one = case("a", (look(EAST, 0.0, 0.9),), (*first, (2, EAST), (4, EAST), (6, EAST)))
    other = case("b", (look(EAST, STEP_M, 0.9), look(WEST, 0.0, 0.9)), (*first, (3, WEST), (5, WEST), (7, WEST)))
    mended = exchange.put_right(one, other, PRIORS, Memory())
    assert mended is not None
    (left, gone) = mended
    assert (len(left.glances), len(gone.glances)) == (7, 1)
    assert gone.gone > PRIORS.retire_gone > left.gone
    assert gone.last_seen_ns == at_ns(1) + 10


def test_only_two_close_neighbours_that_are_certainly_two_may_have_changed_places() -> None:
    one, other = apart.never(case("a", (look(EAST, 0.0),)), case("b", (look(EAST, STEP_M),)))
    assert exchange.neighbours(one, other, PRIORS)
    lat, lon = STREET.to_latlon(8.0, 6.0)
    for stranger in (
        replace(other, apart=()),
        replace(other, category="litter"),
        replace(other, standing=Standing.DISMISSED),
        replace(other, part="bin 7"),
        replace(other, lat=lat, lon=lon),
    ):
        assert not exchange.neighbours(replace(one, apart=()) if not stranger.apart else one, stranger, PRIORS)


def test_a_state_keeps_where_it_was_seen_from_each_side_as_json() -> None:
    one = case("a", (look(EAST, 0.0), replace(look(WEST, STEP_M), spot=None)))
    assert from_state(to_state(one)) == one
    old = to_state(one)
    old["glances"] = [glance[:3] for glance in old["glances"]]
    assert from_state({**old, "version": 4}).glances[0].approach_deg is None


def test_what_two_sides_pull_adds_up_to_where_they_place_a_thing_together() -> None:
    priors = replace(PRIORS, object_extent_m=0.0)
    spots = [Spot(*STREET.to_latlon(k * 3.0, 6.0), Covariance(0.5, cross, 1.0)) for k, cross in enumerate((0.2, -0.3))]
    pulls = [spot.pull(one, STREET, priors) for one in spots]
    ee, en, nn, east, north = (sum(terms) for terms in zip(*(one for one in pulls if one is not None), strict=True))
    (both,) = spot.together([(spots[0], spots[1])], STREET)
    assert both is not None
    place = ellipse.Ellipse(ee, en, nn).inverse().times(east, north)
    assert place == pytest.approx(STREET.offset_m(both.lat, both.lon), abs=1e-4)
    assert ellipse.of(both.error) == pytest.approx(ellipse.Ellipse(ee, en, nn).inverse(), abs=1e-6)


PLACES = st.floats(-4.0, 4.0)


@given(st.lists(st.tuples(PLACES, PLACES), min_size=2, max_size=4))
def test_no_look_and_no_sighting_is_lost_or_doubled(sides: list[tuple[float, float]]) -> None:
    turns = [80.0 * k for k in range(len(sides))]
    seen = tuple((k, turn) for k, turn in enumerate(turns))
    one = case("a", tuple(look(turn, mine) for turn, (mine, _) in zip(turns, sides, strict=True)), seen)
    other = case("b", tuple(look(turn, its) for turn, (_, its) in zip(turns, sides, strict=True)), seen)
    mended = exchange.put_right(one, other, PRIORS, Memory())
    for before, after in ((one, other), mended or (one, other)), ((other, one), mended or (other, one)):
        assert Counter(spots_m(before[0]) + spots_m(before[1])) == Counter(spots_m(after[0]) + spots_m(after[1]))
        assert len(before[0].glances) + len(before[1].glances) == len(after[0].glances) + len(after[1].glances)


@pytest.mark.parametrize(
    ("heal", "parted", "changed"), [(True, False, True), (True, True, False), (False, False, False)]
)
def test_a_pass_that_sees_both_puts_them_right_unless_a_person_parted_them(
    heal: bool, parted: bool, changed: bool
) -> None:
    one = case("a", (look(EAST, 50.0), look(WEST, 50.0 + STEP_M)))
    other = case("b", (look(EAST, 50.0 + STEP_M), look(WEST, 50.0)))
    lat, lon = STREET.to_latlon(50.0 + STEP_M / 2.0, 6.0)
    known = apart.never(*(replace(of, lat=lat, lon=lon) for of in (one, other)))
    bins = [Thing("left", "overflowing_bin", 50.0, 6.0), Thing("right", "overflowing_bin", 50.0 + STEP_M, 6.0)]
    said = frozenset({frozenset({"a", "b"})}) if parted else frozenset[frozenset[str]]()
    answer = associate(drive(Pass(10, (1.0, -1.0)), bins), known, PRIORS, heal=heal, parted=said)
    assert len(answer.updated) == 2
    mixed = [max(spots_m(of)) - min(spots_m(of)) > STEP_M / 2.0 for of in answer.updated]
    assert mixed == [not changed, not changed]


@given(PLACES, PLACES, st.floats(0.3, 1.5))
def test_what_all_passes_from_one_side_are_off_by_changes_nobodys_place(
    off_east_m: float, off_north_m: float, sigma_m: float
) -> None:
    def seen(approach_deg: float, east_m: float, off: tuple[float, float]) -> Look:
        one = look(approach_deg, east_m + off[0], sigma_m)
        assert one.spot is not None
        lat, lon = STREET.to_latlon(east_m + off[0], 6.0 + off[1])
        return replace(one, spot=replace(one.spot, lat=lat, lon=lon))

    off = (off_east_m, off_north_m)
    one = case("a", (seen(EAST, 0.0, (0.0, 0.0)), seen(WEST, 0.0, off)))
    other = case("b", (seen(EAST, STEP_M, (0.0, 0.0)), seen(WEST, STEP_M, off)))
    assert exchange.put_right(one, other, PRIORS, Memory()) is None
