"""A disk that is full at every write: the system itself refuses, at any byte, and afterwards everything goes on."""

from __future__ import annotations

import os
import random
import resource
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from edge.errors import OutboxError
from edge.outbox.floors import Level, deletes
from edge.outbox.outbox import Outbox
from edge.outbox.parcels import ParkReason
from edge.outbox.stock import Stock
from edge.upload.transport import MemoryTransport
from edge.upload.uploader import Uploader
from tests.chaos.patrol import SEEN, drive, driven, traverse_id
from tests.edge.outbox.filling import drain

SIZE = 3000
KEPT, FULL = 0, 7


def with_room_for(file_bytes: int, work: Callable[[], None]) -> int:
    """Do the work in a process whose files may not grow past so many bytes; returns whether the disk was full."""
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))
        try:
            work()
        except OutboxError as error:
            os._exit(FULL if "the disk is full or failing" in str(error) else 1)
        os._exit(KEPT)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code in (KEPT, FULL)
    return code == FULL


def record(path: Path) -> None:
    outbox = Outbox.open(path)
    for number in range(driven(outbox) + 1, 5):
        drive(outbox, number, SIZE)
    outbox.close()


def send(path: Path) -> None:
    outbox = Outbox.open(path)
    drain(outbox, Uploader(outbox, MemoryTransport(), random.Random(0)))


def set_aside(path: Path) -> None:
    outbox = Outbox.open(path)
    for number in (1, 2):
        outbox.defer(traverse_id(number), fault=True)
        outbox.park(traverse_id(number), ParkReason.REFUSED, "no")
    outbox.release()
    outbox.remember("sent", "x" * 2000)


def make_room(path: Path) -> None:
    stock = Stock.open(path)
    stock.drop(deletes(Level.WIDE_VIEWS), 2, "no room")
    stock.forget(10, remembered=1)
    stock.shrink(1 << 20)


def check_whole(path: Path) -> Outbox:
    outbox = Outbox.open(path)
    counts = outbox.counts()
    assert counts.conserved
    assert counts.made == SEEN * driven(outbox)
    assert outbox._db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    return outbox


@pytest.mark.parametrize("work", [send, set_aside, make_room])
def test_full_at_any_byte_that_is_written_what_was_recorded_stays_whole(
    home: Path, work: Callable[[Path], None]
) -> None:
    """The log begins anew when nobody has the file open, so its growth passes through every limit."""
    were_full = []
    for room in (*range(0, 60_000, 2900), 2_000_000):
        path = home / f"{work.__name__}-{room}.sqlite3"
        record(path)
        were_full.append(with_room_for(room, lambda path=path: work(path)))
        assert driven(check_whole(path)) == 4
        work(path)
        assert check_whole(path).counts().made == 4 * SEEN
    assert were_full[0]
    assert not were_full[-1]
    assert sum(were_full) > 3


def test_full_while_recording_leaves_whole_traverses_and_goes_on_when_there_is_room(home: Path) -> None:
    recorded = []
    for room in (*range(0, 200_000, 6100), 2_000_000):
        path = home / f"{room}.sqlite3"
        with_room_for(room, lambda path=path: record(path))
        outbox = check_whole(path)
        recorded.append(driven(outbox))
        record(path)
        assert driven(check_whole(path)) == 4
    assert recorded == sorted(recorded)
    assert {recorded[0], recorded[-1]} == {0, 4}
