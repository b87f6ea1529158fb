"""A copy of a home's records and then of its pictures, which the server beside it does not notice.

A picture is written before its record, and none that is recorded is ever deleted: so every picture of the copied
records is in the later copy.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import subprocess
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import URL

from server.errors import SetupError
from server.pictures.keeper import PICTURES, open_objects
from server.pictures.moving import Moved, copy_recorded
from server.pictures.objects import FolderObjects
from server.records.address import Address
from server.records.damage import damage, disk_error
from server.records.store import Store, version_of

SUFFIXES: Final = {True: ".db", False: ".dump"}
"""By whether the records lie in SQLite."""
NEW: Final = "new"
"""So the copy is called until it is whole."""


@dataclass(frozen=True, slots=True)
class BackedUp:
    """records: the copy; pictures: None where an S3 store keeps them, which is backed up by itself; dropped: older
    copies of the records that were deleted."""

    records: Path
    pictures: Moved | None
    dropped: int


def back_up(
    home: Path,
    address: Address,
    to: Path,
    at: datetime,
    keep: int | None = None,
    shown: Callable[[Iterable[str], int], Iterable[str]] = lambda parts, _: parts,
) -> BackedUp:
    """Copy the records of a home into a folder, beside earlier copies, and the pictures that are not there yet.

    at: by which the copy is called; keep: so many copies of the records stay, None for all. Cut off, it leaves the
    earlier copies as they were, and none that is not whole. Raises SetupError, Damaged, and OSError where there is no
    room.
    """
    version_of(address)
    to.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _alone(to), closing(Store(address)) as store:
        new, suffix = to / NEW, SUFFIXES[store.one_writer]
        with _put_away(new):
            if isinstance(address, Path):
                _copy_file(address, new)
            else:
                _dump(address, new)
            with store.read() as session:
                objects = open_objects(home, session)
            pictures = None
            if isinstance(objects, FolderObjects):
                pictures = copy_recorded(store, objects, FolderObjects(to / PICTURES), shown)
            records = new.rename(to / f"steward-{at:%Y%m%dT%H%M%SZ}{suffix}")
        # This one stays whatever the clock said when it made the others.
        others = sorted(one for one in to.glob(f"steward-*{suffix}") if one != records)
        dropped = others[: len(others) + 1 - keep] if keep is not None and keep <= len(others) else []
        for one in dropped:
            one.unlink()
    return BackedUp(records, pictures, len(dropped))


@contextmanager
def _alone(to: Path) -> Iterator[None]:
    """Nobody else backs up into the folder meanwhile, and all that was put there is on disk afterwards."""
    number = os.open(to, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise SetupError(f"{to}: another backup is being written there; wait for its end") from error
        yield
        os.fsync(number)
    finally:
        os.close(number)


@contextmanager
def _put_away(new: Path) -> Iterator[None]:
    """An empty file that nobody else may read; where the block does not give it another name, nothing is left of it,
    nor of one whose process was killed."""

    def put_away() -> None:
        for left in (new, new.with_name(f"{NEW}-journal")):
            left.unlink(missing_ok=True)

    put_away()
    os.close(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        yield
    finally:
        put_away()


def _copy_file(records: Path, new: Path) -> None:
    """All in one step, in one transaction: between steps a copy begins anew whenever the server has written."""
    try:
        with closing(sqlite3.connect(records)) as here, closing(sqlite3.connect(new)) as there:
            here.backup(there)
    except sqlite3.Error as error:
        told = damage(error)
        if told is not None:
            raise told from error
        raise disk_error(error, f"the records cannot be copied: {error}", new) from error


def _dump(address: URL, new: Path) -> None:
    where = address.set(drivername="postgresql").render_as_string(hide_password=True)
    words = ["pg_dump", "--format", "custom", "--no-password", "--file", str(new), "--dbname", where]
    try:
        done = subprocess.run(words, capture_output=True, text=True, errors="replace", check=False)
    except FileNotFoundError as error:
        raise SetupError("pg_dump is not installed (Debian: apt install postgresql-client)") from error
    if done.returncode != 0:
        raise OSError(f"the records cannot be copied: {done.stderr.strip().partition(chr(10))[0]}")
