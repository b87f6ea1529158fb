"""What several writers took in at one time is replayed one after the other, to the same cases."""

from __future__ import annotations

import math
import random
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select

from pipeline.wire import TraverseWire
from server.cases.journal import JournalRow
from server.intake.traverses import receive
from tests.server.replay.test_replay import replayed
from tests.server.setupfile import lon_m
from tests.server.town import MIN_NS, Town

pytestmark = pytest.mark.both_databases

CARS = 4
PASSES = 6
APART_M = 2_000.0


def look(random_: random.Random, kind: int) -> list[float]:
    """A unit vector near one of a few."""
    rough = [random_.gauss(3.0 if place == kind else 0.0, 0.5) for place in range(8)]
    length = math.hypot(*rough)
    return [value / length for value in rough]


def shift(town: Town, car: int, device_id: str) -> None:
    """One car's passes, of two things in a place of its own and one that all cars see."""
    random_ = random.Random(car)
    for number in range(PASSES):
        at_ns = town.clock.ns + (number * CARS + car) * MIN_NS
        seen: list[dict[str, Any]] = [
            town.seen(east_m=APART_M * car + 25.0 * which, at_ns=at_ns) | {"appearance": look(random_, which)}
            for which in (0, 1)
        ]
        own = town.traverse(device_id, *seen)
        for pose in own["poses"]:
            pose["lon"] += APART_M * car / lon_m()
        receive(town.context, device_id, TraverseWire.model_validate(own))
        common = town.seen("illegal_ad", north_m=6.0, at_ns=at_ns) | {"appearance": look(random_, 2)}
        receive(town.context, device_id, TraverseWire.model_validate(town.traverse(device_id, common)))


def test_four_cars_at_one_time_are_replayed_identically(town: Town) -> None:
    devices = [town.enrol(f"car-{car}")[0] for car in range(CARS)]
    with ThreadPoolExecutor(CARS) as pool:
        for done in [pool.submit(shift, town, car, device_id) for car, device_id in enumerate(devices)]:
            done.result()
    with town.context.store.read() as session:
        rows = session.execute(select(JournalRow.lessons).order_by(JournalRow.seq)).scalars().all()
    assert len(rows) == 2 * CARS * PASSES
    assert max(lessons or 0 for lessons in rows) > CARS
    answer = replayed(town)
    assert answer["identical"], answer
    town.laws_hold()
