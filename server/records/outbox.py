"""The outbox is written last, so that its numbers have the order in which transactions were committed.

Who reads it on from a number would miss a row that was numbered earlier and committed later. On PostgreSQL a trigger
therefore lets one transaction at a time add rows, until its commit; adding them last keeps that as short as can be.
What changes several times in one transaction is told once.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import String
from sqlalchemy.orm import Mapped, Session, mapped_column

from server.records.adding import inserting
from server.records.tables import Base


class Outbox(Base):
    """What changed, written in the transaction that changed it; notices and live pages read it in order."""

    __tablename__ = "outbox"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    at_ns: Mapped[int]
    kind: Mapped[str] = mapped_column(String(32))
    subject_id: Mapped[str] = mapped_column(String(64))


_KEPT: Final = "outbox"
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
