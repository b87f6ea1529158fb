"""The outbox is written last, so that its numbers have the order in which transactions were committed.

Who reads it on from a number would miss a row that was numbered earlier and committed later. On PostgreSQL a trigger
therefore lets one transaction at a time add rows, until its commit; adding them last keeps that as short as can be.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import event, insert
from sqlalchemy.orm import Session

from server.records.tables import Outbox

_KEPT: Final = "outbox"


class WriteSession(Session):
    """A session that keeps new outbox rows back until `write_outbox`."""


@event.listens_for(WriteSession, "before_flush")
def _keep_back(session: Session, _context: object, _instances: object) -> None:
    kept: list[Outbox] = session.info.setdefault(_KEPT, [])
    for row in [row for row in session.new if isinstance(row, Outbox)]:
        session.expunge(row)
        kept.append(row)


def write_outbox(session: WriteSession) -> None:
    """Write everything that the session changed, and then the outbox. What follows must be the commit."""
    session.flush()
    columns = [column.key for column in Outbox.__table__.columns if column.key != "id"]
    rows: list[dict[str, Any]] = [{name: getattr(row, name) for name in columns} for row in session.info.pop(_KEPT, [])]
    if rows:
        session.execute(insert(Outbox), rows)
