"""Keeps the disk from running full. `Janitor.step` is one short look and one batch; the loop around it is a thread.

What has not been acknowledged goes last, counted as parked with the reason `no_room`; records go with a loud word.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from edge.errors import OutboxError
from edge.outbox.floors import Level, deletes, next_level
from edge.outbox.stock import Dropped, Stock
from edge.say import Say

BATCH: Final = 64
FORGET_BATCH: Final = 500
SHRINK_BYTES: Final = 16 << 20
CALM_S: Final = 10.0
BUSY_S: Final = 1.0


class Janitor:
    """keep_bytes: what is to be kept free (edge/outbox/floors.py). say: who is told, with what was deleted."""

    def __init__(self, stock: Stock, keep_bytes: int, say: Say) -> None:
        self._stock, self._keep_bytes, self._say = stock, keep_bytes, say
        self.level = Level.AMPLE
        self.dropped = Dropped()

    def step(self, free_bytes: int) -> float:
        """Look and do one batch; returns the seconds until the next. A disk that refuses even this is looked at again.

        Deleting comes before shrinking, and what was shrunk counts only at the next look: so a level is not left
        behind, and no level is reached, because of room that is there already but not given back yet.
        """
        try:
            return self._step(free_bytes)
        except OutboxError as error:
            self._say(f"room could not be made: {error}")
            return CALM_S

    def _step(self, free_bytes: int) -> float:
        spare = self._stock.spare_bytes()
        self._turn_to(next_level(self.level, free_bytes + spare, self._keep_bytes), free_bytes)
        forgotten = self._stock.forget(FORGET_BATCH)
        dropped = self._stock.drop(deletes(self.level), BATCH, f"deleted: {free_bytes >> 20} MiB were free")
        self._tell(dropped, free_bytes)
        idle_room = spare > max(SHRINK_BYTES, self._stock.size_bytes() // 4)
        if spare and (idle_room or self.level > Level.AMPLE):
            self._stock.shrink(SHRINK_BYTES)
        busy = dropped != Dropped() or forgotten == FORGET_BATCH or idle_room
        return BUSY_S if busy else CALM_S

    def _turn_to(self, level: Level, free_bytes: int) -> None:
        if level is not self.level and max(level, self.level) > Level.TIDY:
            word = "room is made" if level > Level.TIDY else "there is room again"
            self._say(f"disk: {free_bytes >> 20} MiB free; {word} ({level.name.lower()})")
        self.level = level

    def _tell(self, dropped: Dropped, free_bytes: int) -> None:
        self.dropped += dropped
        if dropped.records:
            self._say(
                f"ERROR: the disk is all but full ({free_bytes >> 20} MiB free): {dropped.records} records with "
                f"{dropped.observations} observations were deleted before the server had them. Free some space on "
                "this vehicle's disk, or let it reach its server."
            )
        elif dropped.pictures:
            self._say(
                f"disk: {dropped.pictures} pictures ({self.level.name.lower()}) deleted before the server had them; "
                "their records are kept"
            )


@contextmanager
def swept(path: Path, keep_bytes: int, say: Say) -> Iterator[None]:
    """The janitor at work on an outbox while the block runs."""
    done = threading.Event()
    thread = threading.Thread(target=_sweep, args=(path, keep_bytes, done, say), name="janitor", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _sweep(path: Path, keep_bytes: int, done: threading.Event, say: Say) -> None:
    stock = _opened(path, done, say)
    if stock is None:
        return
    try:
        janitor, wait_s = Janitor(stock, keep_bytes, say), 0.0
        while not done.wait(wait_s):
            wait_s = _look(janitor, path.parent, say)
    finally:
        stock.close()


def _opened(path: Path, done: threading.Event, say: Say) -> Stock | None:
    """What lies in the outbox, tried again until it can be opened; None where the work was done before. What keeps it
    from being opened is said once."""
    said = ""
    while not done.is_set():
        try:
            return Stock.open(path)
        except OutboxError as error:
            if str(error) != said:
                said = str(error)
                say(f"no room can be made, trying again: {said}")
            done.wait(CALM_S)
    return None


def _look(janitor: Janitor, folder: Path, say: Say) -> float:
    try:
        free_bytes = shutil.disk_usage(folder).free
    except OSError as error:
        say(f"nobody knows how full the disk is: {error}")
        return CALM_S
    return janitor.step(free_bytes)
