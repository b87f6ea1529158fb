"""The journal: every input of the fold in the order in which it was committed, with its time and the ids it was given.

What a case is follows from the journal, the bodies received and the city's setup, and from nothing else: within one
input the clock stands still, and every id that is made is written down.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Set
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from sqlalchemy import String
from sqlalchemy.orm import Mapped, Session, mapped_column

from server.cases.inputs import INPUTS, Input
from server.context import Context
from server.records.adding import inserting
from server.records.engines import written
from server.records.memory import Recalled
from server.records.nearby import Box
from server.records.prepared import Values
from server.records.tables import Base, Id
from server.setup.cities import Cities

ENGINE: Final = Path(__file__).parents[1] / "association"


class JournalRow(Base):
    """One input. Never changed, never deleted. ids: those made while it was taken in, in order; south to east: the
    part of the map where it can have touched cases, null where it says so itself; program: what folded it; lessons:
    how many the memory held that the engine used, null where it used none; leavers: who would have been on the rota but
    had left the service, null where nobody."""

    __tablename__ = "journal"
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    at_ns: Mapped[int]
    kind: Mapped[str] = mapped_column(String(16))
    subject_id: Mapped[str] = mapped_column(Id, index=True)
    body: Mapped[dict[str, Any]]
    ids: Mapped[list[Any]]
    south: Mapped[float | None]
    north: Mapped[float | None]
    west: Mapped[float | None]
    east: Mapped[float | None]
    program: Mapped[str] = mapped_column(String(40))
    lessons: Mapped[int | None]
    leavers: Mapped[list[Any] | None]

    @property
    def box(self) -> Box | None:
        if self.south is None or self.north is None or self.west is None or self.east is None:
            return None
        return Box(self.south, self.north, self.west, self.east)


JOURNAL: Final = inserting(JournalRow)


class Notes:
    """Inputs that are folded one after the other, at one moment: `context` has a clock that stands still and ids that
    are written down. Each begins with `begin` and, where it is folded, ends with `row`."""

    def __init__(self, context: Context) -> None:
        self._outside = context
        self._at_ns = at_ns = context.now_ns()
        self.begin()
        self.context = replace(
            context, now_ns=lambda: at_ns, new_id=self._new_id, recall=self._recall, leavers=self._leavers
        )

    def begin(self) -> None:
        """Nothing is written down of the next input yet."""
        self._ids: list[str] = []
        self._lessons: int | None = None
        self._asked: set[str] = set()
        self._left: set[str] = set()

    def row(self, entry: Input, box: Box | None) -> Values:
        """The input as the columns of `JournalRow`, but for `seq`."""
        row = {
            "at_ns": self._at_ns,
            "kind": entry.kind,
            "subject_id": entry.subject_id,
            "body": written(INPUTS.dump_python(entry, mode="json", exclude_defaults=True) | {"kind": entry.kind}),
            "ids": written(self._ids),
            "south": None,
            "north": None,
            "west": None,
            "east": None,
            "program": program(),
            "lessons": self._lessons,
            "leavers": written(sorted(self._left)) if self._left else None,
        }
        return row if box is None else row | box.corners()

    def _new_id(self) -> UUID:
        made = self._outside.new_id()
        self._ids.append(str(made))
        return made

    def _recall(self, session: Session) -> Recalled:
        recalled = self._outside.recall(session)
        if self._lessons is None:
            self._lessons = recalled.lessons
        return recalled

    def _leavers(self, cities: Cities, person_ids: Set[str]) -> Set[str]:
        if unasked := person_ids - self._asked:
            self._asked.update(unasked)
            self._left.update(self._outside.leavers(cities, unasked))
        return self._left & person_ids


@contextmanager
def entering(session: Session, context: Context, entry: Input, box: Box | None = None) -> Iterator[Context]:
    """Fold one input within the session's transaction, in the context of the block. The input is in the journal when
    the block ends, and not at all if it raises."""
    context.cities.look(session, context.now_ns())
    notes = Notes(context)
    yield notes.context
    session.flush()
    JOURNAL.write(session, [notes.row(entry, box)])


@cache
def program() -> str:
    """The program's version and a digest of the association engine: another one may fold otherwise."""
    try:
        installed = version("citysteward")
    except PackageNotFoundError:
        installed = "checkout"
    digest = hashlib.sha256()
    for file in sorted((*ENGINE.glob("*.py"), *ENGINE.glob("*.toml"))):
        digest.update(file.read_bytes())
    return f"{installed[:27]} {digest.hexdigest()[:12]}"
