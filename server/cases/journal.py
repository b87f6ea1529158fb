"""The journal: every input of the fold in the order in which it was committed, with its time and the ids it was given.

What a case is follows from the journal, the bodies received and the city's setup, and from nothing else: within one
input the clock stands still, and every id that is made is written down.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Set
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


@contextmanager
def entering(session: Session, context: Context, entry: Input, box: Box | None = None) -> Iterator[Context]:
    """Fold one input within the session's transaction: the context of the block has a clock that stands still and
    ids that are written down. The input is in the journal when the block ends, and not at all if it raises."""

    def write(row: Values) -> None:
        session.flush()
        JOURNAL.write(session, [row])

    context.cities.look(session, context.now_ns())
    with noting(context, entry, box, write) as inside:
        yield inside


@contextmanager
def noting(context: Context, entry: Input, box: Box | None, keep: Callable[[Values], None]) -> Iterator[Context]:
    """The same, for whoever writes the row later, which `keep` is given."""
    at_ns, ids, lessons = context.now_ns(), list[str](), list[int]()
    asked, left = set[str](), set[str]()

    def new_id() -> UUID:
        made = context.new_id()
        ids.append(str(made))
        return made

    def recall(session: Session) -> Recalled:
        recalled = context.recall(session)
        lessons.append(recalled.lessons)
        return recalled

    def leavers(cities: Cities, person_ids: Set[str]) -> Set[str]:
        if unasked := person_ids - asked:
            asked.update(unasked)
            left.update(context.leavers(cities, unasked))
        return left & person_ids

    yield replace(context, now_ns=lambda: at_ns, new_id=new_id, recall=recall, leavers=leavers)
    row = {
        "at_ns": at_ns,
        "kind": entry.kind,
        "subject_id": entry.subject_id,
        "body": written(INPUTS.dump_python(entry, mode="json", exclude_defaults=True) | {"kind": entry.kind}),
        "ids": written(ids),
        "south": None,
        "north": None,
        "west": None,
        "east": None,
        "program": program(),
        "lessons": lessons[0] if lessons else None,
        "leavers": written(sorted(left)) if left else None,
    }
    keep(row if box is None else row | box.corners())


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
