"""kill -9 at every named point and at random moments, over a link that loses a third: nothing lost, nothing doubled."""

from __future__ import annotations

import random
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from tests.chaos.life import Orders
from tests.chaos.patrol import SEEN, drive
from tests.chaos.vehicle import Vehicle, check_arrived, check_laws, given_up
from tests.edge.loopback import City, serving
from tests.edge.weather import lossy

LOSS = 0.3
MUST_BE_PASSED = (
    "open: before BEGIN IMMEDIATE",
    "record: before INSERT INTO item(id,",
    "record: before INSERT INTO body(seq,",
    "record: before COMMIT",
    "record: after COMMIT",
    "claim: before WITH lane(rank) AS",
    "send traverse: before PUT",
    "send traverse: half of the body",
    "send traverse: after PUT",
    "send evidence: before POST",
    "send evidence: half of the body",
    "send evidence: after PUT",
    "acknowledge: before UPDATE item SET",
    "acknowledge: before COMMIT",
    "acknowledge: after COMMIT",
    "defer: before COMMIT",
    "defer: after COMMIT",
    "drop: before COMMIT",
    "forget: before COMMIT",
    "shrink: before PRAGMA wal_checkpoint(TRUNCATE)",
)


def whole_life(home: Path, orders: Orders) -> Counter[str]:
    """The points that an undisturbed life passes, and how often."""
    city = City(weather=lossy(LOSS, random.Random(5)))
    with serving(city) as url:
        vehicle = Vehicle(home / "whole", url)
        assert not vehicle.live(orders)
        check_arrived(vehicle, city, orders.traverses, given_up(vehicle) - city.pictures.keys())
    return vehicle.points


def killed_at(home: Path, orders: Orders, seed: int) -> bool:
    """A vehicle that dies where it is told, and then lives on; returns whether it came to that point."""
    city = City(weather=lossy(LOSS, random.Random(seed)))
    with serving(city) as url:
        vehicle = Vehicle(home, url)
        killed = vehicle.live(orders, seed)
        check_laws(vehicle, city)
        assert not vehicle.live(replace(orders, die_at=None))
        check_arrived(vehicle, city, orders.traverses, given_up(vehicle) - city.pictures.keys())
    return killed


def test_killed_at_every_named_point_nothing_is_lost_or_doubled(home: Path) -> None:
    orders = Orders(traverses=6, sweeps=5)
    passed = whole_life(home, orders)
    assert set(MUST_BE_PASSED) <= passed.keys()
    killed = [
        killed_at(home / str(number), replace(orders, die_at=(point, 1)), number)
        for number, point in enumerate(sorted(passed))
    ]
    assert sum(killed) >= 0.9 * len(passed)


@pytest.mark.chaos
@pytest.mark.timeout(5400)
def test_killed_at_every_third_time_that_a_point_is_passed(home: Path) -> None:
    orders, kills = Orders(traverses=6, sweeps=5), 0
    for number, (point, times) in enumerate(sorted(whole_life(home, orders).items())):
        for nth in range(2, times + 1, 3):
            kills += killed_at(home / f"{number}-{nth}", replace(orders, die_at=(point, nth)), nth)
    print(f"{kills} kills")
    assert kills > 100


def killed_at_random(home: Path, kills: int, traverses: int, longest_s: float, seed: int) -> None:
    """One vehicle with a backlog, killed again and again at random moments; the laws hold after each kill."""
    rng = random.Random(seed)
    city, killed, started_s = City(weather=lossy(LOSS, random.Random(seed))), 0, time.monotonic()
    with serving(city) as url:
        vehicle = Vehicle(home / "vehicle", url)
        wanted, lives = vehicle_with_backlog(vehicle, traverses) + traverses // 4, 0
        while killed < kills:
            process = vehicle.start(Orders(wanted), seed=lives)
            process.join(rng.uniform(0.0, longest_s))
            process.kill()
            process.join()
            lives += 1
            if process.exitcode == 0:  # done before its moment came, as on a quick machine
                longest_s, wanted = longest_s / 2.0, wanted + traverses // 4
            else:
                killed += 1
            check_laws(vehicle, city)
        assert not vehicle.live(Orders(wanted), seed=lives, longest_s=3000.0)
        check_arrived(vehicle, city, wanted)
    print(
        f"{killed} of {lives} lives killed; {len(city.observations)} observations, {len(city.pictures)} pictures, "
        f"{len(city.asked)} requests heard; {time.monotonic() - started_s:.0f} s"
    )


def vehicle_with_backlog(vehicle: Vehicle, traverses: int) -> int:
    """What it recorded while it had no link."""
    vehicle.home.mkdir(exist_ok=True)
    outbox = vehicle.open()
    for number in range(1, traverses + 1):
        drive(outbox, number)
    assert outbox.counts().waiting == SEEN * traverses
    outbox.close()
    return traverses


def test_killed_at_twenty_random_moments_with_a_backlog(home: Path) -> None:
    killed_at_random(home, kills=20, traverses=150, longest_s=0.2, seed=11)


@pytest.mark.chaos
@pytest.mark.timeout(5400)
def test_killed_at_five_hundred_random_moments_with_a_backlog_of_ten_thousand_observations(home: Path) -> None:
    killed_at_random(home, kills=500, traverses=3334, longest_s=0.3, seed=12)
