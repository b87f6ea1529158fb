"""Room on the disk: what goes in which order, that all of it stays counted, and that the file really shrinks."""

from __future__ import annotations

import shutil
import threading
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.outbox.floors import FLOORS, Level, next_level
from edge.outbox.janitor import CALM_S, Janitor, swept
from edge.outbox.outbox import Outbox, Progress
from edge.outbox.parcels import ParkReason, Rank
from edge.outbox.stock import Dropped, Stock
from tests.edge.outbox.filling import fill, picture, traverse
from tests.waiting import PATIENCE_S, until

KEEP = 1000
SIZE = 20_000


def test_the_floors_descend_and_each_deletes_what_the_one_before_did_and_more() -> None:
    for first, then in pairwise(FLOORS):
        assert then.level == first.level + 1
        assert then.below < first.below
        assert then.below < then.until <= first.below or then.level is Level.CLIPS
        assert then.deletes[: len(first.deletes)] == first.deletes
    assert FLOORS[-1].deletes == tuple(sorted(Rank, reverse=True)), "records last, urgent ones at the very end"
    assert all(rank > Rank.RECORD for floor in FLOORS[:-1] for rank in floor.deletes)


@pytest.mark.parametrize(
    ("level", "free", "then"),
    [
        (Level.AMPLE, 2000, Level.AMPLE),
        (Level.AMPLE, 1999, Level.TIDY),
        (Level.TIDY, 2499, Level.TIDY),
        (Level.TIDY, 2500, Level.AMPLE),
        (Level.AMPLE, 999, Level.CLIPS),
        (Level.CLIPS, 1249, Level.CLIPS),
        (Level.CLIPS, 1250, Level.TIDY),
        (Level.AMPLE, 749, Level.WIDE_VIEWS),
        (Level.AMPLE, 499, Level.CLOSE_VIEWS),
        (Level.AMPLE, 249, Level.RECORDS),
        (Level.RECORDS, 499, Level.RECORDS),
        (Level.RECORDS, 500, Level.CLOSE_VIEWS),
        (Level.RECORDS, 9999, Level.AMPLE),
    ],
)
def test_levels_are_entered_below_one_mark_and_left_above_another(level: Level, free: int, then: Level) -> None:
    assert next_level(level, free, KEEP) is then


@given(st.sampled_from(Level), st.integers(0, 3000))
def test_looking_twice_at_the_same_disk_changes_nothing(level: Level, free: int) -> None:
    once = next_level(level, free, KEEP)
    assert next_level(once, free, KEEP) is once


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "outbox.sqlite3"


def stocked(path: Path, traverses: int = 8, size: int = SIZE) -> Outbox:
    """Traverses with a close view, a wide view and a clip each; every fourth is urgent, and its close view too."""
    outbox = Outbox.open(path)
    for number in range(1, traverses + 1):
        urgent = number % 4 == 0
        ranks = (Rank.URGENT_CLOSE if urgent else Rank.CLOSE, Rank.WIDE, Rank.CLIP)
        views = [picture(number * 10 + rank, size, rank) for rank in ranks]
        record = traverse(number, views, rank=Rank.URGENT_RECORD if urgent else Rank.RECORD)
        outbox.put(record, views, len(views), "drive", Progress(number, number))
    return outbox


def ranks_held(outbox: Outbox) -> set[int]:
    return {rank for (rank,) in outbox._db.execute("SELECT DISTINCT rank FROM item WHERE held")}


def test_what_was_not_acknowledged_goes_in_order_is_counted_and_records_go_last_and_loudly(path: Path) -> None:
    outbox, said = stocked(path), []
    janitor = Janitor(Stock.open(path), KEEP << 20, said.append)
    gone = []
    for free_mb in (3000, 1500, 900, 700, 400, 400, 400, 200, 200, 200):
        before = ranks_held(outbox)
        janitor.step(free_mb << 20)
        gone += [Rank(rank).name for rank in sorted(before - ranks_held(outbox), reverse=True)]
        assert outbox.counts().conserved
        assert outbox.counts().made == 24
    assert gone == ["CLIP", "WIDE", "CLOSE", "URGENT_CLOSE", "RECORD", "URGENT_RECORD"]
    assert janitor.dropped == Dropped(records=8, observations=24, pictures=24)
    counts = outbox.counts()
    assert [(one.reason, one.observations, one.records, one.pictures) for one in counts.reasons] == [
        (ParkReason.NO_ROOM, 24, 8, 24)
    ]
    loud = [line for line in said if line.startswith("ERROR")]
    assert len(loud) == 2
    assert "6 records with 18 observations were deleted before the server had them" in loud[0]
    assert outbox.release() == 0


def test_records_stay_and_are_sent_when_their_pictures_had_to_go(path: Path) -> None:
    outbox = stocked(path)
    janitor = Janitor(Stock.open(path), KEEP << 20, lambda _: None)
    for _ in range(6):
        janitor.step(400 << 20)
    sent = []
    while (item := outbox.claim()) is not None:
        sent.append(item.kind)
        outbox.acknowledge(item.id)
    assert sent == ["traverse"] * 8
    assert outbox.counts().acknowledged == outbox.counts().made == 24


def test_a_parked_item_is_deleted_too_and_keeps_saying_why_it_was_parked(path: Path) -> None:
    outbox = stocked(path, 1)
    outbox.park(traverse(1, []).id, ParkReason.INVALID, "field x")
    Stock.open(path).drop((Rank.RECORD,), 64, "no room")
    assert outbox.parked()[0][1:] == (ParkReason.NO_ROOM, "invalid: field x")
    assert outbox.counts().conserved


def test_what_was_deleted_on_its_way_and_arrived_counts_as_arrived(path: Path) -> None:
    outbox = stocked(path, 1)
    item = outbox.claim()
    assert item is not None
    Stock.open(path).drop((Rank.RECORD,), 64, "no room")
    outbox.acknowledge(item.id)
    counts = outbox.counts()
    assert (counts.acknowledged, counts.parked, counts.conserved) == (3, 0, True)


def test_a_disk_that_fills_is_held_at_its_floor_and_the_file_shrinks(path: Path) -> None:
    """60 MB of pictures on a disk of 100 MB of which 64 are to stay free, as bytes really lie in the file."""
    outbox, stock = stocked(path, 100, 200_000), Stock.open(path)
    disk_bytes, keep_bytes = 100 << 20, 64 << 20
    at_first = stock.size_bytes()
    janitor, lowest = Janitor(stock, keep_bytes, lambda _: None), Level.AMPLE
    for _ in range(40):
        janitor.step(disk_bytes - stock.size_bytes())
        lowest = max(lowest, janitor.level)
    assert lowest is Level.CLOSE_VIEWS or lowest is Level.WIDE_VIEWS
    assert at_first > 60_000_000
    assert disk_bytes - stock.size_bytes() >= keep_bytes
    assert janitor.level <= Level.CLIPS
    assert janitor.dropped.records == 0
    assert ranks_held(outbox) >= {Rank.RECORD, Rank.URGENT_RECORD, Rank.CLOSE}
    assert outbox.counts().conserved


def test_after_everything_was_sent_the_file_is_small_again(path: Path) -> None:
    outbox, stock = stocked(path, 100, 200_000), Stock.open(path)
    while (item := outbox.claim()) is not None:
        outbox.acknowledge(item.id)
    janitor = Janitor(stock, 1 << 20, lambda _: None)
    for _ in range(8):
        janitor.step(1 << 40)
    assert stock.size_bytes() < 25_000_000


def test_ids_of_long_ago_are_forgotten_and_still_counted(path: Path) -> None:
    outbox = Outbox.open(path)
    for number in range(1, 41):
        fill(outbox, number)
    for _ in range(60):
        item = outbox.claim()
        assert item is not None
        outbox.acknowledge(item.id)
    before = outbox.counts()
    stock = Stock.open(path)
    assert stock.forget(500, remembered=30) > 0
    assert stock.forget(500, remembered=30) == 0
    assert outbox.counts() == before
    assert before.conserved
    while (item := outbox.claim()) is not None:
        outbox.acknowledge(item.id)
    assert outbox.counts().acknowledged == 80


def test_a_traverse_is_remembered_for_as_long_as_a_picture_of_it_may_be_released(path: Path) -> None:
    outbox = Outbox.open(path)
    fill(outbox, 1, pictures=1)
    record = outbox.claim()
    assert record is not None
    outbox.acknowledge(record.id)
    shown = outbox.claim()
    assert shown is not None
    outbox.park(shown.id, ParkReason.SERVER_FAULT, "failed six times")
    assert Stock.open(path).forget(500, remembered=0) == 0
    assert outbox.release() == 1
    assert outbox.claim() == shown


def test_a_disk_that_cannot_be_looked_at_is_looked_at_again(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stocked(path, 1, SIZE)
    usage, said, looked = shutil.disk_usage, list[str](), threading.Event()

    def look(folder: Path) -> object:
        if not said:
            raise OSError("stale file handle")
        looked.set()
        return usage(folder)

    monkeypatch.setattr("edge.outbox.janitor.CALM_S", 0.01)
    monkeypatch.setattr("edge.outbox.janitor.shutil.disk_usage", look)
    with swept(path, KEEP, said.append):
        assert looked.wait(10)
    assert "stale file handle" in said[0]


def test_an_outbox_that_another_program_holds_is_looked_at_again(path: Path) -> None:
    outbox, stock, said = stocked(path, 1), Stock.open(path), list[str]()
    stock._file.db.execute("PRAGMA busy_timeout = 0")
    janitor = Janitor(stock, KEEP << 20, said.append)
    with outbox._file.transaction():
        assert janitor.step(400 << 20) == CALM_S
    assert "another program has held it for too long" in said[-1]
    janitor.step(400 << 20)
    assert janitor.dropped.pictures > 0


def test_an_outbox_that_cannot_be_opened_is_opened_later(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.mkdir(parents=True)
    said, refused = list[str](), threading.Event()

    def say(words: str) -> None:
        said.append(words)
        refused.set()

    monkeypatch.setattr("edge.outbox.janitor.CALM_S", 0.01)
    with swept(path, KEEP, say):
        assert refused.wait(PATIENCE_S)
        path.rmdir()
        until(path.is_file)
    assert len(said) == 1
    assert "no room can be made, trying again" in said[0]
