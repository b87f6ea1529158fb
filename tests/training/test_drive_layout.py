"""The street block: one seed is one block, and what it promises to hold is there."""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from training.drive.layout import UNUSED_PREFIXES, lay_out
from training.drive.mirror import mirrored
from training.drive.poses import corners
from training.drive.scene import PASSES, Block, Thing
from training.drive.truth import bins, grids, zones

seeds = st.integers(0, 10_000)


@settings(max_examples=20)
@given(seeds)
def test_the_same_seed_gives_the_same_block(seed: int) -> None:
    assert lay_out(seed) == lay_out(seed)


def test_another_seed_gives_another_block() -> None:
    assert len({lay_out(seed).things for seed in range(20)}) == 20


@settings(max_examples=40)
@given(seeds)
def test_every_block_holds_what_the_demo_promises(seed: int) -> None:
    block = lay_out(seed)
    wrong = Counter(thing.category for thing in block.things if thing.category)
    assert wrong == {"litter": 3, "illegal_ad": 2, "improper_parking": 1, "overflowing_bin": 1}
    labels = Counter(thing.label for thing in block.things)
    assert (labels["bin"], labels["person"], labels["bicycle"], labels["motorcycle"]) == (2, 4, 1, 1)
    assert len({thing.id for thing in block.things}) == len(block.things)


@settings(max_examples=40)
@given(seeds)
def test_a_problem_stands_there_in_every_pass(seed: int) -> None:
    assert all(thing.passes == PASSES for thing in lay_out(seed).things if thing.category)


@settings(max_examples=40)
@given(seeds)
def test_two_problems_of_one_category_are_far_enough_apart_to_be_two(seed: int) -> None:
    things = [thing for thing in lay_out(seed).things if thing.category]
    for i, one in enumerate(things):
        for other in things[i + 1 :]:
            if one.category == other.category:
                assert np.hypot(one.x_m - other.x_m, one.y_m - other.y_m) > 4.0


@settings(max_examples=40)
@given(seeds)
def test_only_the_offender_stands_on_the_pavement(seed: int) -> None:
    block = lay_out(seed)
    for car in (thing for thing in block.things if thing.label in ("car", "truck")):
        off_road = bool((np.abs(corners(car)[:, 1]) > block.road_half_m).all())
        assert off_road == (car.category == "improper_parking")
        assert bool((np.abs(corners(car)[:, 1]) < block.road_half_m).all()) != off_road


@settings(max_examples=40)
@given(seeds)
def test_no_plate_and_no_phone_number_can_be_anyones(seed: int) -> None:
    for thing in lay_out(seed).things:
        assert thing.plate is None or set(thing.plate[3:]) & {"I", "O"}
        assert all(len(phone) == 11 and phone[:3] in UNUSED_PREFIXES for phone in thing.phones)
        assert bool(thing.phones) == (thing.kind == "ad_site")


def _inside(point: tuple[float, float], ring: list[list[float]]) -> bool:
    """Even-odd rule."""
    x, y = point
    crossings = 0
    for (ax, ay), (bx, by) in itertools.pairwise(ring):
        if (ay > y) != (by > y) and x < ax + (y - ay) / (by - ay) * (bx - ax):
            crossings += 1
    return crossings % 2 == 1


def _lon_lat(block: Block, thing: Thing) -> tuple[float, float]:
    from training.drive.place import spot

    where = spot(block, thing.x_m, thing.y_m)
    return where.lon, where.lat


@settings(max_examples=20)
@given(seeds)
def test_zones_hold_the_offender_and_no_legal_car(seed: int) -> None:
    block = lay_out(seed)
    forbidden = [f for f in zones(block)["features"] if f["properties"]["kind"] in ("no_parking", "pavement")]
    for thing in block.things:
        if thing.label in ("car", "truck"):
            hits = [f for f in forbidden if _inside(_lon_lat(block, thing), f["geometry"]["coordinates"][0])]
            assert bool(hits) == (thing.category == "improper_parking")


@settings(max_examples=20)
@given(seeds)
def test_every_thing_lies_in_exactly_one_grid_and_every_bin_in_the_register(seed: int) -> None:
    block = lay_out(seed)
    for thing in block.things:
        point = _lon_lat(block, thing)
        assert sum(_inside(point, f["geometry"]["coordinates"][0]) for f in grids(block)["features"]) == 1
    registered = {f["properties"]["id"] for f in bins(block)["features"]}
    assert registered == {thing.id for thing in block.things if thing.kind == "bin"}


@settings(max_examples=20)
@given(seeds)
def test_a_mirrored_block_has_all_across_the_street_and_comes_back_when_mirrored_again(seed: int) -> None:
    block = lay_out(seed)
    across = mirrored(block)
    assert {thing.id: -thing.y_m for thing in across.things} == {thing.id: thing.y_m for thing in block.things}
    for thing in across.things:
        if thing.kind == "ad_site":
            assert np.sign(thing.y_m) * np.cos(np.radians(thing.heading_deg)) < 0.0  # its face looks to the street
    again = mirrored(across)
    assert [(one.x_m, one.y_m) for one in again.things] == [(one.x_m, one.y_m) for one in block.things]
    assert (again.trees, again.bays, again.buildings) == (block.trees, block.bays, block.buildings)
