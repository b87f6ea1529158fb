"""The outbox: idempotent, conserved, and whole after the process dies at any statement."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.errors import OutboxError
from edge.outbox.outbox import Outbox, PassState, Progress, Put
from edge.outbox.parcels import ItemKind, ParkReason
from edge.upload.transport import FlakyTransport, MemoryTransport
from edge.upload.uploader import Uploader
from tests.edge.outbox.filling import drain, fill, picture, traverse


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    return Outbox.open(tmp_path / "outbox.sqlite3")


def test_what_is_put_waits_and_is_counted(outbox: Outbox) -> None:
    assert fill(outbox, 1) is Put.ADDED
    counts = outbox.counts()
    assert (counts.made, counts.waiting, counts.pictures_waiting) == (2, 2, 2)
    assert outbox.progress("drive") == Progress(1, 10)


def test_the_same_traverse_again_changes_nothing_and_another_body_is_told(outbox: Outbox) -> None:
    fill(outbox, 1)
    assert fill(outbox, 1) is Put.ALREADY_THERE
    assert outbox.put(traverse(1, [], device="other"), [], 7, "drive", Progress(9, 9)) is Put.DIFFERS
    assert outbox.counts().made == 2
    assert outbox.progress("drive") == Progress(1, 10)


def test_a_picture_comes_only_after_its_traverse_was_acknowledged(outbox: Outbox) -> None:
    fill(outbox, 1, pictures=1)
    first = outbox.claim()
    assert first is not None
    assert first.kind is ItemKind.TRAVERSE
    assert outbox.claim() == first
    outbox.acknowledge(first.id)
    second = outbox.claim()
    assert second is not None
    assert second.kind is ItemKind.EVIDENCE


def test_a_parked_traverse_takes_its_pictures_along_and_release_brings_them_back(outbox: Outbox) -> None:
    fill(outbox, 1)
    item = outbox.claim()
    assert item is not None
    outbox.park(item.id, ParkReason.INVALID, "field x")
    assert outbox.claim() is None
    assert (outbox.counts().parked, outbox.counts().pictures_parked) == (2, 2)
    assert [reason for _, reason, _ in outbox.parked()] == [ParkReason.INVALID] + [ParkReason.TRAVERSE_PARKED] * 2
    assert outbox.release() == 3
    assert outbox.claim() == item


def test_pictures_that_the_server_has_are_not_sent(outbox: Outbox) -> None:
    fill(outbox, 1)
    item = outbox.claim()
    assert item is not None
    outbox.acknowledge(item.id, (picture(10).id, picture(11).id))
    assert outbox.claim() is None
    assert outbox.counts().items_waiting == 0


@pytest.mark.parametrize("parked", [False, True])
def test_a_picture_that_another_traverse_shows_too_is_sent_again_only_where_it_was_parked(
    outbox: Outbox, parked: bool
) -> None:
    shared = picture(10)
    outbox.put(traverse(1, [shared]), [shared], 1, "drive", Progress(1, 10))
    outbox.acknowledge(traverse(1, [shared]).id)
    if parked:
        outbox.park(shared.id, ParkReason.SERVER_FAULT, "failed six times")
    else:
        outbox.acknowledge(shared.id)
    outbox.put(traverse(2, [shared]), [shared], 1, "drive", Progress(2, 20))
    outbox.acknowledge(traverse(2, [shared]).id)
    again = outbox.claim()
    assert (again is not None and again.id == shared.id) is parked


def test_bytes_that_rotted_on_disk_are_parked_for_good_with_the_pictures_of_their_traverse(
    outbox: Outbox, tmp_path: Path
) -> None:
    fill(outbox, 1)
    with sqlite3.connect(tmp_path / "outbox.sqlite3") as other:
        other.execute("UPDATE body SET content = x'00' WHERE seq = 1")
    assert outbox.claim() is None
    parked = outbox.parked()
    assert [reason for _, reason, _ in parked] == [ParkReason.DAMAGED] + [ParkReason.TRAVERSE_PARKED] * 2
    assert outbox.release() == 0
    assert outbox.parked() == parked


def test_a_file_that_is_no_outbox_is_named(tmp_path: Path) -> None:
    path = tmp_path / "outbox.sqlite3"
    path.write_bytes(b"not a database, " * 100)
    with pytest.raises(OutboxError, match=r"outbox\.sqlite3: not an outbox"):
        Outbox.open(path)


class SmallDisk(sqlite3.Connection):
    """A database that may not grow past 40 pages, so SQLite itself says that the disk is full."""

    def execute(self, sql: str, *rest: Any) -> sqlite3.Cursor:
        super().execute("PRAGMA max_page_count = 40")
        return super().execute(sql, *rest)


def test_a_full_disk_keeps_what_was_there_and_takes_nothing_by_halves(tmp_path: Path) -> None:
    outbox = Outbox.open(tmp_path / "outbox.sqlite3", SmallDisk)
    fill(outbox, 1, size=20_000)
    before = outbox.counts()
    with pytest.raises(OutboxError, match="disk is full"):
        fill(outbox, 2, pictures=9, size=20_000)
    assert outbox.counts() == before
    assert outbox.progress("drive") == Progress(1, 10)
    outbox.close()
    mended = Outbox.open(tmp_path / "outbox.sqlite3")
    assert fill(mended, 2, pictures=9, size=20_000) is Put.ADDED


STEPS = st.lists(st.sampled_from(["put", "again", "claim-ack", "claim-park", "fault", "late", "release"]), max_size=40)


@given(STEPS)
@settings(max_examples=40)
def test_made_is_acknowledged_plus_waiting_plus_parked_after_any_story(steps: list[str]) -> None:
    outbox = Outbox.open(Path(":memory:"))
    number = 0
    for step in steps:
        item = outbox.claim()
        match step:
            case "put":
                number += 1
                fill(outbox, number)
            case "again" if number:
                assert fill(outbox, number) is Put.ALREADY_THERE
            case "claim-ack" if item:
                outbox.acknowledge(item.id)
            case "claim-park" if item:
                outbox.park(item.id, ParkReason.REFUSED, "no")
            case "fault" | "late" if item:
                outbox.defer(item.id, fault=step == "fault")
            case "release":
                outbox.release()
        counts = outbox.counts()
        assert counts.conserved
        assert counts.made == 2 * number


class Crashing(sqlite3.Connection):
    """Kills the process before the n-th statement."""

    left = 0

    def execute(self, sql: str, *rest: Any) -> sqlite3.Cursor:
        Crashing.left -= 1
        if Crashing.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().execute(sql, *rest)


def live(path: Path, die_at: int) -> bool:
    """The worker's loop in a process of its own that dies at its n-th statement; returns whether it was killed."""
    child = os.fork()
    if child == 0:
        Crashing.left = die_at
        outbox = Outbox.open(path, Crashing)
        for number in range((outbox.progress("drive") or Progress(0, 0)).traverses + 1, 4):
            fill(outbox, number)
        drain(outbox, Uploader(outbox, MemoryTransport(), random.Random(0)))
        outbox.record("drive", Progress(3, 30, PassState.ENDED))
        os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def test_killed_at_any_statement_it_neither_loses_nor_doubles(tmp_path: Path) -> None:
    """The worker's loop dies by SIGKILL at its n-th statement, for every n; a last run goes through."""
    killed, die_at = True, 0
    while killed:
        die_at += 1
        path = tmp_path / f"{die_at}.sqlite3"
        killed = live(path, die_at)
        outbox = Outbox.open(path)
        counts, progress = outbox.counts(), outbox.progress("drive") or Progress(0, 0)
        assert counts.conserved
        assert counts.made == 2 * progress.traverses
        for number in range(progress.traverses + 1, 4):
            fill(outbox, number)
        server = MemoryTransport()
        drain(outbox, Uploader(outbox, server, random.Random(0)))
        assert (outbox.counts().acknowledged, outbox.counts().items_waiting) == (6, 0)
        outbox.close()
    assert die_at > 100


@given(st.integers(0, 2**32), st.floats(0.0, 0.6))
@settings(max_examples=25)
def test_over_a_bad_link_everything_arrives_once(seed: int, error_ratio: float) -> None:
    outbox, server = Outbox.open(Path(":memory:")), MemoryTransport()
    for number in (1, 2, 3):
        fill(outbox, number)
    uploader = Uploader(outbox, FlakyTransport(server, error_ratio, random.Random(seed)), random.Random(seed))
    for _ in range(20):
        drain(outbox, uploader)
        if not outbox.release():
            break
    assert outbox.counts().acknowledged == 6
    assert len(server.traverses) == 3
    assert sorted(server.pictures) == sorted(picture(n * 10 + i).id for n in (1, 2, 3) for i in (0, 1))


def test_progress_of_a_pass_is_kept(outbox: Outbox) -> None:
    assert outbox.progress("drive") is None
    outbox.record("drive", Progress(4, 99, PassState.FAILED, "clip.mp4: cut off"))
    assert outbox.progress("drive") == Progress(4, 99, PassState.FAILED, "clip.mp4: cut off")
