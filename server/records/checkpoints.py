"""SQLite's log is moved into the database file beside the writers, not by them.

Left to itself SQLite has whoever commits move the log whenever that has grown to a thousand pages, and everybody waits
behind that commit. A thread with a connection of its own moves it while others write. Only where the log has grown long
does the next writer move what came since, a page or a few, so that the log begins anew.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from server.log import log_of
from server.records.groups import MOVE_LOG
from server.records.store import Store

EVERY_S: Final = 0.5
LONG: Final = 4_000
"""So many pages of 4 kB may lie in the log until it is to begin anew."""
AGAIN_S: Final = 5.0

_log = log_of(__name__)


@dataclass(frozen=True, slots=True)
class Moved:
    """pages: in the log; moved: how many of them are in the file too."""

    pages: int
    moved: int


@contextmanager
def checkpointing(store: Store) -> Iterator[None]:
    """Moves the log of a store on SQLite as long as the block lasts; PostgreSQL does that by itself."""
    if not isinstance(store.address, Path):
        yield
        return
    ended = threading.Event()
    mover = threading.Thread(target=_keep_moving, args=(store, store.address, ended), name="checkpoints", daemon=True)
    mover.start()
    try:
        yield
    finally:
        ended.set()
        mover.join(AGAIN_S)


def move_log(connection: sqlite3.Connection) -> Moved:
    """Move what can be moved without anybody waiting."""
    _, pages, moved = connection.execute(MOVE_LOG).fetchone()
    return Moved(pages, moved)


def _keep_moving(store: Store, path: Path, ended: threading.Event) -> None:
    """On a connection of its own; where that fails, as on a full disk, on another one later."""
    while not ended.is_set():
        try:
            with closing(_connected(path)) as connection:
                while not ended.wait(EVERY_S):
                    if move_log(connection).pages >= LONG:
                        store.begin_log_anew()
        except sqlite3.Error as error:
            _log.warning("the log is not moved; trying again", error=str(error))
            ended.wait(AGAIN_S)


def _connected(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA synchronous=FULL")
    return connection
