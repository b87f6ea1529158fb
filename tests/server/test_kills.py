"""kill -9 of the server at random moments: what it acknowledged is there, nothing is there twice, the laws hold."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from server.records.pictures import StoredPicture
from server.records.tables import ObservationRow, TraverseRow
from server.upkeep.check import check
from tests.ports import free_port
from tests.server.delivering import Car
from tests.server.nursery import Nursery
from tests.server.replay.test_replay import replayed
from tests.server.town import Clock, Town, open_town
from tests.waiting import PATIENCE_S

pytestmark = [pytest.mark.both_databases, pytest.mark.slow]

CARS = 3


def everything_is_there(home: Path, cars: Sequence[Car]) -> None:
    """Look at what the dead left: all that was acknowledged before is in the records, and the laws hold."""
    traverses = {one for car in cars for one in car.traverses}
    pictures = {one for car in cars for one in car.pictures}
    town = open_town(home, Clock(time.time_ns()))
    try:
        with town.context.store.read() as session:
            assert traverses <= set(session.scalars(select(TraverseRow.id)))
            assert pictures <= set(session.scalars(select(StoredPicture.sha256)))
            assert check(session, town.context.objects).is_whole
        town.laws_hold()
    finally:
        town.context.store.close()


def nothing_is_there_twice(town: Town, cars: Sequence[Car]) -> None:
    """Exactly what was made, once each."""
    made = {one for car in cars for one in car.made}
    assert made == {one for car in cars for one in car.traverses}, "all was acknowledged in the end"
    with town.context.store.read() as session:
        assert sorted(session.scalars(select(TraverseRow.id))) == sorted(made)
        assert session.scalar(select(func.count()).select_from(ObservationRow)) == 2 * len(made)
        stored = sorted(session.scalars(select(StoredPicture.sha256)))
        assert stored == sorted(one for car in cars for one in car.contents)
        assert check(session, town.context.objects, read=True).is_whole
        if session.get_bind().dialect.name == "sqlite":
            assert session.scalar(text("PRAGMA integrity_check")) == "ok"
    town.laws_hold()


def answered(cars: Sequence[Car], more_than: int) -> int:
    """Wait until the cars have heard more answers than that."""
    until = time.monotonic() + PATIENCE_S
    while (heard := sum(car.heard for car in cars)) <= more_than:
        assert time.monotonic() < until, [car.wrong for car in cars]
        threading.Event().wait(0.005)
    return heard


@pytest.mark.parametrize(
    "kills", [30, pytest.param(500, marks=[pytest.mark.chaos, pytest.mark.timeout(5400)])], ids=str
)
def test_killed_at_random_moments_it_loses_and_doubles_nothing(home: Path, town: Town, kills: int) -> None:
    town.clock.ns = time.time_ns()
    rng, stopped, heard = random.Random(kills), threading.Event(), 0
    with Nursery(home, free_port()) as nursery, ThreadPoolExecutor(CARS) as pool:
        cars = [Car(nursery.url, *town.enrol(f"car-{number}"), town, number + 1) for number in range(CARS)]
        town.context.store.close()
        work = [pool.submit(car.deliver_until, stopped, time.time_ns) for car in cars]
        for life in range(kills):
            nursery.start()
            if life % 4:  # every fourth may die before it answers anything
                heard = answered(cars, heard + rng.randrange(8))
            threading.Event().wait(rng.uniform(0.0, 0.05))
            nursery.kill()
            if life % 2:  # the other half of the lives find what the dead left as they left it
                everything_is_there(home, cars)
        nursery.start()
        stopped.set()
        for done in work:
            done.result(PATIENCE_S)
        nursery.kill()
    assert not [word for car in cars for word in car.wrong]
    nothing_is_there_twice(town, cars)
    assert replayed(town)["identical"]
    traverses, answers = sum(len(car.traverses) for car in cars), sum(car.heard for car in cars)
    print(f"{kills} kills; {traverses} traverses acknowledged, with a picture each; {answers} answers")
    assert answers > kills
