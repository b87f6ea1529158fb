"""A vehicle whose processes die, the server it talks to, and the laws that hold whenever one looks."""

from __future__ import annotations

import json
import multiprocessing
import signal
from collections import Counter
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path

from edge.outbox.outbox import Outbox
from edge.outbox.parcels import ParkReason
from tests.chaos.life import Orders, live
from tests.chaos.patrol import PUBLIC_KEY, SEEN, driven, observation_ids, pictures, traverse_id
from tests.edge.loopback import City
from tests.waiting import PATIENCE_S

CITIZENS = multiprocessing.get_context("forkserver")
CITIZENS.set_forkserver_preload(["tests.chaos.life"])


@dataclass(frozen=True, slots=True)
class Vehicle:
    home: Path
    url: str

    def start(self, orders: Orders, seed: int = 0) -> BaseProcess:
        self.home.mkdir(exist_ok=True)
        process = CITIZENS.Process(target=live, args=(str(self.home), self.url, orders, seed))
        process.start()
        return process

    def live(self, orders: Orders, seed: int = 0, longest_s: float = 2 * PATIENCE_S) -> bool:
        """A life to its end; returns whether it was killed, and refuses any other end than that or a good one."""
        process = self.start(orders, seed)
        process.join(longest_s)
        if process.exitcode is None:
            process.kill()
            raise AssertionError(f"it lived on after {longest_s} s")
        assert process.exitcode in (0, -signal.SIGKILL), f"it ended with {process.exitcode}"
        return process.exitcode != 0

    @property
    def points(self) -> Counter[str]:
        """The points that its last whole life passed, and how often."""
        return Counter(json.loads((self.home / "points.json").read_text("utf-8")))

    def open(self) -> Outbox:
        return Outbox.open(self.home / "outbox.sqlite3")


def check_laws(vehicle: Vehicle, city: City) -> None:
    """Whatever has happened: nothing lost, nothing doubled, nothing said to have arrived that has not."""
    outbox = vehicle.open()
    try:
        counts = outbox.counts()
        assert counts.conserved, counts
        assert counts.made == SEEN * driven(outbox)
        held = outbox._db.execute("SELECT count(*) FROM item WHERE held").fetchone()
        bodies = outbox._db.execute("SELECT count(*) FROM body JOIN item USING (seq) WHERE held").fetchone()
        assert held == bodies == outbox._db.execute("SELECT count(*) FROM body").fetchone()
        for ident, kind in outbox._db.execute("SELECT id, kind FROM item WHERE state = 'acknowledged'"):
            assert ident in (city.traverses if kind == "traverse" else city.pictures)
        assert outbox._db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    finally:
        outbox.close()
    assert len(city.observations) == len(set(city.observations)), "an observation came under two traverses"


def check_arrived(vehicle: Vehicle, city: City, traverses: int, without: frozenset[str] = frozenset()) -> None:
    """Every traverse once, as it was made and sealed, and every picture but those in `without`."""
    check_laws(vehicle, city)
    city.public_key = PUBLIC_KEY
    assert city.flaws == []
    assert city.traverses.keys() == {traverse_id(number) for number in range(1, traverses + 1)}
    assert sorted(city.observations) == sorted(
        ident for number in range(1, traverses + 1) for ident in observation_ids(number)
    )
    made = {one.id: one.body for number in range(1, traverses + 1) for one in pictures(number)}
    assert city.pictures.keys() == made.keys() - without
    assert all(made[ident] == body for ident, body in city.pictures.items())
    outbox = vehicle.open()
    counts = outbox.counts()
    outbox.close()
    assert (counts.made, counts.acknowledged, counts.waiting) == (SEEN * traverses, SEEN * traverses, 0)


def given_up(vehicle: Vehicle) -> frozenset[str]:
    """The pictures that were deleted for want of room."""
    outbox = vehicle.open()
    try:
        return frozenset(ident for ident, reason, _ in outbox.parked() if reason is ParkReason.NO_ROOM)
    finally:
        outbox.close()
