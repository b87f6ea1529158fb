"""How often somebody may try in vain, to sign in or with a device's code, before the next try has to wait; and how
often a citizen may report. Kept in the records: all processes of a city count together, and a restart forgives nothing.

A try is counted before it is made, or made and counted in one transaction, so that many at once are no more than one
after the other. What is counted is told apart by a digest, the same work whether or not there is such a person.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from server.errors import ApiError
from server.records.locks import hold, key_of
from server.records.store import Store
from server.records.tables import Base, Digest

T = TypeVar("T")

WINDOW_NS: Final = 300 * 1_000_000_000
FROM_ONE: Final = 8
"""So many tries in a window, and the next one waits."""
FROM_MANY: Final = 64
"""The same for an address behind which there may be all people of a city."""
ROOM: Final = 100_000
"""So many sources are kept at most; those that were silent longest are forgotten."""


@dataclass(frozen=True, slots=True)
class Source:
    """Who tries, such as an address, or a name from an address; most: how often in a window."""

    key: str
    most: int = FROM_ONE

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.key.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class Wait:
    seconds: int


class TriesRow(Base):
    """When a source tried, within a window before its last try."""

    __tablename__ = "tries"
    source_sha256: Mapped[str] = mapped_column(Digest, primary_key=True)
    at_ns: Mapped[list[Any]]
    last_ns: Mapped[int] = mapped_column(index=True)


def count_try(store: Store, sources: Sequence[Source], now_ns: int) -> Wait | None:
    """Count a try for each of these; or how long to wait, where one of them has none left: then none is counted."""
    return _made(store, sources, now_ns, lambda _, count: count())


def tried(
    store: Store, sources: Sequence[Source], now_ns: int, attempt: Callable[[Session], T | ApiError]
) -> T | ApiError | Wait:
    """What came of a try of which nothing counts but that it was refused; or how long to wait, and then it is not made.

    For what is soon made: tries of the same source are made one after the other. attempt: writes nothing where it gives
    an error.
    """

    def attempted(session: Session, count: Callable[[], None]) -> T | ApiError:
        came = attempt(session)
        if isinstance(came, ApiError):
            count()
        return came

    return _made(store, sources, now_ns, attempted)


def _made(
    store: Store, sources: Sequence[Source], now_ns: int, make: Callable[[Session, Callable[[], None]], T]
) -> T | Wait:
    """What comes of a try that `make` makes, in one transaction with counting it; or how long to wait."""
    with store.read() as session:  # whoever has to wait costs no writer's turn
        waiting = _wait(_kept(session, sources), sources, now_ns)
    if waiting is not None:
        return waiting
    with store.write() as session:
        kept = _held(session, sources)
        waiting = _wait(kept, sources, now_ns)
        return make(session, lambda: _count(session, kept, sources, now_ns)) if waiting is None else waiting


def forgive(session: Session, sources: Sequence[Source], at_ns: int, all_of: Sequence[Source] = ()) -> None:
    """The try at `at_ns` went well, and counts for none of these; of `all_of` none counts that came before either."""
    for digest, row in _held(session, [*sources, *all_of]).items():
        if any(source.digest == digest for source in all_of):
            session.delete(row)
        elif at_ns in row.at_ns:
            times = list(row.at_ns)
            times.remove(at_ns)
            row.at_ns = times


def forget_old(session: Session, now_ns: int) -> int:
    """Delete what is older than a window, and what there is no room for; how many sources."""
    last = select(TriesRow.last_ns).order_by(TriesRow.last_ns.desc()).offset(ROOM).limit(1).scalar_subquery()
    old = or_(TriesRow.last_ns <= now_ns - WINDOW_NS, TriesRow.last_ns <= last)
    gone = delete(TriesRow).where(old).returning(TriesRow.source_sha256)
    return len(session.execute(gone, execution_options={"synchronize_session": False}).all())


def _count(session: Session, kept: Mapping[str, TriesRow], sources: Sequence[Source], now_ns: int) -> None:
    for source in sources:
        row = kept.get(source.digest) or TriesRow(source_sha256=source.digest)
        row.at_ns, row.last_ns = [*_recent(row, now_ns), now_ns], now_ns
        session.add(row)


def _held(session: Session, sources: Sequence[Source]) -> dict[str, TriesRow]:
    """The rows of these sources, which nobody else counts for until the transaction ends."""
    hold(session, (key_of(source.digest) for source in sources))
    return _kept(session, sources, to_write=True)


def _kept(session: Session, sources: Sequence[Source], to_write: bool = False) -> dict[str, TriesRow]:
    rows = select(TriesRow).where(TriesRow.source_sha256.in_([source.digest for source in sources]))
    if to_write:
        rows = rows.order_by(TriesRow.source_sha256).with_for_update()
    return {row.source_sha256: row for row in session.scalars(rows)}


def _wait(kept: Mapping[str, TriesRow], sources: Sequence[Source], now_ns: int) -> Wait | None:
    longest_ns = 0
    for source in sources:
        times = _recent(kept.get(source.digest), now_ns)
        if len(times) >= source.most:
            longest_ns = max(longest_ns, times[-source.most] + WINDOW_NS - now_ns)
    return Wait(-(-longest_ns // 1_000_000_000)) if longest_ns > 0 else None


def _recent(row: TriesRow | None, now_ns: int) -> list[int]:
    return [at_ns for at_ns in (row and row.at_ns) or () if now_ns - at_ns < WINDOW_NS]
