"""Days without a link, then a bad one: everything arrives exactly once, the urgent first, and the file is small."""

from __future__ import annotations

import random
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from edge.outbox.outbox import Outbox
from edge.outbox.parcels import OVERDUE_TURN, Item, ItemKind, Parcel, Rank
from edge.outbox.stock import Stock
from edge.upload.transport import Accepted, Answer, FlakyTransport, declared_pictures
from edge.upload.uploader import Pause, Uploader
from tests.chaos.patrol import SEEN, drive, pictures, record

LOSS = 0.3


@dataclass
class Server:
    """Takes what it is given, in memory, and remembers in which order and how often."""

    declared: set[str] = field(default_factory=set)
    taken: list[str] = field(default_factory=list)
    offers: Counter[str] = field(default_factory=Counter)

    def send(self, item: Item) -> Answer:
        self.offers[item.id] += 1
        if item.kind is ItemKind.TRAVERSE:
            self.declared |= declared_pictures(item.body)
        else:
            assert item.id in self.declared, "a picture came before its traverse"
        if self.offers[item.id] == 1:
            self.taken.append(item.id)
        return Accepted()


def made(number: int, size: int) -> list[Parcel]:
    taken = pictures(number, size)
    return [record(number, taken), *taken]


def replayed(home: Path, traverses: int, size: int) -> None:
    path = home / "outbox.sqlite3"
    outbox, server = Outbox.open(path), Server()
    started_s = time.process_time()
    for number in range(1, traverses + 1):
        drive(outbox, number, size)
    recorded_s = time.process_time() - started_s
    counts, stock = outbox.counts(), Stock.open(path)
    assert counts.made == counts.waiting == SEEN * traverses
    full_bytes = stock.size_bytes()

    uploader = Uploader(outbox, FlakyTransport(server, LOSS, random.Random(1)), random.Random(2))
    started_s, now_s, steps = time.process_time(), 0.0, 0
    while (pause := uploader.step(now_s)) != Pause.until_woken():
        now_s += pause.seconds or 0.0
        steps += 1
    sent_s = time.process_time() - started_s

    counts = outbox.counts()
    assert counts.conserved
    assert (counts.acknowledged, counts.waiting, counts.parked) == (SEEN * traverses, 0, 0)
    ranks = {one.id: one.rank for number in range(1, traverses + 1) for one in made(number, size)}
    assert sorted(server.taken) == sorted(ranks), "each traverse and each picture once"
    _check_order([ranks[ident] for ident in server.taken])
    while stock.spare_bytes() > 1 << 20:
        stock.shrink(64 << 20)
    sizes = f"{full_bytes / 1e6:.0f} MB, and {stock.size_bytes() / 1e6:.1f} MB afterwards"
    print(
        f"{traverses} traverses, {counts.made} observations, {len(ranks)} items in {sizes}; "
        f"recorded in {recorded_s:.1f} s, sent in {steps} steps and {sent_s:.1f} s of CPU, "
        f"{1e3 * sent_s / steps:.2f} ms a step; {now_s / 3600:.1f} h of backing off"
    )


def _check_order(taken: list[Rank]) -> None:
    """Until 95 % of a rank had arrived, nearly every turn went to it or to those before it.

    One turn in sixteen may be an overdue one's, and what was lost waits until others have passed.
    """
    for rank in list(Rank)[:-2]:
        places = [at for at, other in enumerate(taken) if other is rank]
        if not places:
            continue
        until = places[int(0.95 * (len(places) - 1))]
        early = sum(1 for other in taken[:until] if other > rank)
        assert early <= until / OVERDUE_TURN + 64, (rank, early, until)


def test_six_hours_offline_arrive_once_and_in_order(home: Path) -> None:
    replayed(home, traverses=360, size=400)


@pytest.mark.chaos
@pytest.mark.timeout(5400)
def test_seventy_two_hours_offline_arrive_once_and_in_order(tmp_path: Path) -> None:
    """A traverse a minute, as a vehicle that never stops makes them; close views of 30 kB, wide views of 60 kB."""
    replayed(tmp_path, traverses=72 * 60, size=30_000)
