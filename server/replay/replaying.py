"""A replay: all cases made again from the journal, the bodies received and the city's setup, in a database beside.

Nothing of what was derived is looked at while it runs; afterwards the two are compared value by value.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from uuid import UUID

from sqlalchemy import exists, func, insert, select
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session

from server.cases.inputs import INPUTS
from server.cases.journal import JournalRow, entering, program
from server.context import Context
from server.errors import Damaged, SetupError
from server.pictures.objects import FolderObjects
from server.pictures.privacy import NoModel
from server.records.bell import Bell
from server.records.memory import MEMORY_KEY, Recalled, recall
from server.records.store import Store, migrate
from server.records.tables import Base, Device, Grid, Person, Setting, TraverseRow
from server.replay.derived import Difference
from server.replay.folding import Unfoldable, fold
from server.setup.cities import Cities
from server.setup.edition import Edition

GIVEN: Final[tuple[type[Base], ...]] = (Setting, Person, Device, Grid, Edition)
"""What a city is set up with, in all editions; the engine's memory among the settings is derived."""
BATCH: Final = 200
REMEMBERED: Final = 1000
"""Many more than can be taken in at one time, so that none is recalled that was left further back."""


@dataclass(slots=True)
class Replayed:
    """A replay that ran: inputs by kind; foreign: how many of them another program folded; stopped: the input at which
    it could not go on."""

    inputs: Counter[str] = field(default_factory=Counter)
    foreign: int = 0
    stopped: Difference | None = None


class _Stopped(Exception):
    """The replay cannot go on after what it has told."""

    def __init__(self, at: Difference) -> None:
        super().__init__(at.where)
        self.at = at


class Recollection:
    """The memories that the last REMEMBERED lessons of a replay left, by how many lessons there were."""

    def __init__(self) -> None:
        self._by_lessons: dict[int, Recalled] = {}

    def at(self, lessons: int | None) -> Callable[[Session], Recalled]:
        """Recalls what an input was folded with when it came in; the newest where that was not written down."""

        def recalled(session: Session) -> Recalled:
            newest = recall(session)
            self._by_lessons[newest.lessons] = newest
            self._by_lessons.pop(newest.lessons - REMEMBERED, None)
            found = newest if lessons is None else self._by_lessons.get(lessons)
            if found is None:
                raise Unfoldable(f"it was folded with what {lessons} lessons had taught, and that is not known here")
            return found

        return recalled


Progress = Callable[[Iterator[JournalRow], int], Iterator[JournalRow]]


def replay_into(home: Session, draft: Store, progress: Progress = lambda rows, _: rows) -> Replayed:
    """Fold the journal of a home into an empty database. Raises SetupError where the journal does not tell all."""
    _refuse_unjournaled(home)
    with draft.write() as session:
        _copy_given(home, session)
    with draft.read() as session:
        cities = Cities(session)
    assert isinstance(draft.address, Path)  # noqa: S101 - a draft is a file, see draft_store
    context = Context(
        store=draft,
        objects=FolderObjects(draft.address.parent),
        cities=cities,
        now_ns=_no_clock,
        new_id=_no_ids,
        privacy=NoModel("a replay stores no picture"),
        bell=Bell(),
    )
    done, recollection = Replayed(), Recollection()
    count = int(home.scalar(select(func.count()).select_from(JournalRow)) or 0)
    for page in _pages(progress(_rows(home), count)):
        try:
            with draft.write() as session:
                _fold_page(home, session, context, page, recollection, done)
        except _Stopped as stopped:
            done.stopped = stopped.at
            break
    return done


@contextmanager
def draft_store() -> Iterator[Store]:
    """An empty database of this program's tables that is gone after the block."""
    with TemporaryDirectory(prefix="steward-replay-") as folder:
        migrate(Path(folder) / "draft.db")
        store = Store(Path(folder) / "draft.db")
        try:
            yield store
        finally:
            store.close()


def _fold_page(
    home: Session,
    session: Session,
    context: Context,
    page: Sequence[JournalRow],
    recollection: Recollection,
    done: Replayed,
) -> None:
    """Fold a page within a transaction, which has to be rolled back where this raises _Stopped."""
    for row in page:
        done.inputs[row.kind] += 1
        done.foreign += row.program != program()
        ids = iter(row.ids)
        scripted = replace(
            context,
            now_ns=_constant(row.at_ns),
            new_id=_next_of(ids),
            recall=recollection.at(row.lessons),
            leavers=_of_these(frozenset(row.leavers or ())),
        )
        try:
            entry = INPUTS.validate_python(row.body)
            with entering(session, scripted, entry, box=row.box) as inner:
                fold(session, inner, entry, lambda ident: home.get_one(TraverseRow, ident).body)
        except (Unfoldable, Damaged, SQLAlchemyError, AssertionError, ValueError) as error:
            raise _Stopped(_at(row, "taken in", str(error))) from error
        if (left := next(ids, None)) is not None:
            raise _Stopped(_at(row, f"made the id {left}", "made none"))
        session.expunge_all()
        home.expunge_all()


def _at(row: JournalRow, recorded: str, replayed: str) -> Difference:
    return Difference(f"input {row.seq} ({row.kind} {row.subject_id})", recorded, replayed)


def _refuse_unjournaled(home: Session) -> None:
    missing = home.scalar(
        select(func.count()).select_from(TraverseRow).where(~exists().where(JournalRow.subject_id == TraverseRow.id))
    )
    if missing:
        raise SetupError(
            f"{missing} traverses came in before this server kept a journal; what was made of them cannot be replayed"
        )


def _copy_given(home: Session, session: Session) -> None:
    for kind in GIVEN:
        rows = [dict(row) for row in home.execute(select(*kind.__table__.columns)).mappings()]
        if kind is Setting:
            rows = [row for row in rows if row["key"] != MEMORY_KEY]
        try:
            if rows:
                session.execute(insert(kind), rows)
        except IntegrityError as error:
            raise SetupError(f"the records of table {kind.__tablename__} are damaged: {error.orig}") from error


def _rows(home: Session) -> Iterator[JournalRow]:
    """A query a page: a fold forgets all that the session holds, and a cursor that is read on would not survive it."""
    seq = 0
    while page := home.scalars(
        select(JournalRow).where(JournalRow.seq > seq).order_by(JournalRow.seq).limit(BATCH)
    ).all():
        seq = page[-1].seq
        yield from page


def _pages(rows: Iterator[JournalRow]) -> Iterator[list[JournalRow]]:
    page: list[JournalRow] = []
    for row in rows:
        page.append(row)
        if len(page) == BATCH:
            yield page
            page = []
    if page:
        yield page


def _constant(ns: int) -> Callable[[], int]:
    return lambda: ns


def _of_these(left: frozenset[str]) -> Callable[[Cities, Set[str]], Set[str]]:
    return lambda _, person_ids: left & person_ids


def _next_of(ids: Iterator[str]) -> Callable[[], UUID]:
    def new_id() -> UUID:
        recorded = next(ids, None)
        if recorded is None:
            raise Unfoldable("it makes an id more than it did when it came in")
        return UUID(recorded)

    return new_id


def _no_clock() -> int:
    raise AssertionError("a replay has no clock of its own")


def _no_ids() -> UUID:
    raise AssertionError("a replay makes no ids of its own")
