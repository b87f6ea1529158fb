"""What changed is written down in the transaction that changed it, last of all, and each thing once.

`news` reads it, and what is old is forgotten. On PostgreSQL rows are committed in another order than they are numbered;
every transaction draws its own number before those of its rows (a trigger), by which it is known whether a lower number
may still come.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import String, delete, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from server.records.adding import inserting
from server.records.locks import Lock, hold
from server.records.tables import Base, Setting

KEPT_NS: Final = 90 * 24 * 3600 * 1_000_000_000
"""A row may be forgotten that is older than the newest one by so much. The database refuses it for every other row but
one that is later than the newest: the clock was ahead."""


class Outbox(Base):
    """What changed, written in the transaction that changed it; notices and live pages read it in order."""

    __tablename__ = "outbox"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    at_ns: Mapped[int]
    kind: Mapped[str] = mapped_column(String(32))
    subject_id: Mapped[str] = mapped_column(String(64))


_KEPT: Final = "outbox"
_FORGOTTEN: Final = "outbox:forgotten"
"""The setting that tells up to which number rows are gone."""
_OUTBOX: Final = inserting(Outbox)


class WriteSession(Session):
    """A session of a writer, which ends with `write_outbox`."""


def tell(session: Session, kind: str, subject_id: str, at_ns: int) -> None:
    """Keep for the outbox that something changed. Raises TypeError for a session that never writes it."""
    if not isinstance(session, WriteSession):
        raise TypeError("only a writer's session has an outbox")
    kept: dict[tuple[str, str], int] = session.info.setdefault(_KEPT, {})
    kept.setdefault((kind, subject_id), at_ns)


def write_outbox(session: WriteSession) -> None:
    """Write everything that the session changed, and then the outbox. What follows must be the commit."""
    session.flush()
    kept: dict[tuple[str, str], int] = session.info.pop(_KEPT, {})
    if kept:
        rows = [{"at_ns": at_ns, "kind": kind, "subject_id": subject_id} for (kind, subject_id), at_ns in kept.items()]
        _OUTBOX.write(session, rows)


def highest(session: Session) -> int:
    """The newest row's number, 0 where there is none yet."""
    return session.scalar(select(func.coalesce(func.max(Outbox.id), 0))) or 0


def forgotten_to(session: Session) -> int:
    """Up to which number rows are gone, 0 where all are there."""
    row = session.get(Setting, _FORGOTTEN)
    return 0 if row is None else int(row.value["id"])


def forget_first(session: Session, few: int) -> int:
    """Delete the first so many rows where all of them may be forgotten; how many. A row that is later than the newest
    one, since the clock was ahead, goes with those around it."""
    hold(session, [Lock.OUTBOX])
    there = Outbox.id > forgotten_to(session)
    rows = select(Outbox.id, Outbox.at_ns).where(there).order_by(Outbox.id).limit(few).subquery()
    count, last = session.execute(select(func.count(), func.max(rows.c.id)).select_from(rows)).one()
    if count < few:
        return 0
    newest_ns = session.get_one(Outbox, highest(session)).at_ns
    told = Outbox.at_ns <= newest_ns
    youngest_ns = session.scalar(select(func.max(rows.c.at_ns)).where(rows.c.at_ns <= newest_ns))
    next_ns = session.scalars(select(Outbox.at_ns).where(Outbox.id >= last, told).order_by(Outbox.id).limit(1)).one()
    if max(next_ns, youngest_ns or 0) > newest_ns - KEPT_NS:
        return 0
    session.execute(delete(Outbox).where(there, Outbox.id <= last))
    session.merge(Setting(key=_FORGOTTEN, value={"id": last}))
    return few
