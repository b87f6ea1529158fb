"""What changed is written down in the transaction that changed it, last of all, and each thing once.

`news` reads it. On PostgreSQL rows are committed in another order than they are numbered; every transaction draws its
own number before those of its rows (a trigger), by which it is known whether a lower number may still come.
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
