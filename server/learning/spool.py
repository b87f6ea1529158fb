"""Examples in a file of their own until all are known: a city of years has more of them than memory should hold."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import fields
from datetime import date
from operator import attrgetter
from pathlib import Path
from typing import Final

from server.learning.examples import Example, LeftOut
from server.learning.verdicts import Verdict
from server.records.damage import disk_error

_TABLES: Final = """
CREATE TABLE example (number INTEGER PRIMARY KEY, sha256 TEXT NOT NULL, says TEXT NOT NULL, told TEXT NOT NULL);
CREATE TABLE kept (number INTEGER PRIMARY KEY);
"""
_KEEP: Final = """
CREATE INDEX by_picture ON example (sha256, says, number);
INSERT INTO kept SELECT min(number) FROM example GROUP BY sha256 HAVING min(says) = max(says) ORDER BY 1;
"""
_AGREEING: Final = "SELECT min(says) = max(says), count(*) AS often FROM example GROUP BY sha256 HAVING often > 1"
_ALL_OF: Final = attrgetter(*(field.name for field in fields(Example)))


class Spool:
    """Examples in the order in which they are added, of which `settle` keeps no two with one picture."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        database.executescript(_TABLES)

    def add(self, examples: Iterable[Example]) -> None:
        self._database.execute("BEGIN")
        self._database.executemany(
            "INSERT INTO example (sha256, says, told) VALUES (?, ?, ?)", ((one.sha256, *_told(one)) for one in examples)
        )
        self._database.execute("COMMIT")

    def settle(self) -> Counter[LeftOut]:
        """Of those that say the same of a picture keep the first, of others none. What was left out."""
        self._database.executescript(_KEEP)
        left: Counter[LeftOut] = Counter()
        for agreed, often in self._database.execute(_AGREEING):
            if agreed:
                left[LeftOut.SAME_PICTURE] += often - 1
            else:
                left[LeftOut.DISAGREEING] += often
        return left

    def __len__(self) -> int:
        """How many were kept."""
        [(kept,)] = self._database.execute("SELECT count(*) FROM kept")
        return int(kept)

    def __iter__(self) -> Iterator[Example]:
        """Those that were kept."""
        rows = self._database.execute("SELECT told FROM kept JOIN example USING (number) ORDER BY kept.number")
        return (_example(told) for (told,) in rows)


@contextmanager
def spool(path: Path) -> Iterator[Spool]:
    """A spool in a file that is there as long as the block; of no worth after a crash, so nothing waits for the disk.

    Raises OSError where the disk has no room.
    """
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as database:
            database.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;")
            yield Spool(database)
    except sqlite3.OperationalError as error:
        raise disk_error(error, str(error), path) from error
    finally:
        path.unlink(missing_ok=True)


def _told(one: Example) -> tuple[str, str]:
    """What it says of its picture, and all of it."""
    return json.dumps((one.verdict, one.label, one.box)), json.dumps(_ALL_OF(one), default=date.isoformat)


def _example(told: str) -> Example:
    ident, sha256, size_bytes, redaction, verdict, label, box, case_id, place, day, model_digest = json.loads(told)
    return Example(
        ident, sha256, size_bytes, redaction, Verdict(verdict), label, None if box is None else tuple(box),
        case_id, place, date.fromisoformat(day), model_digest,
    )  # fmt: skip
