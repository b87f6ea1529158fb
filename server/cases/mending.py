"""Taking back a merge or a split."""

from __future__ import annotations

from sqlalchemy.orm import Session

from server.cases.inputs import UndoInput
from server.cases.joining import unmerge, what_keeps_merged
from server.cases.lifecycle import UNDONE_BY, Refusal, Refused
from server.cases.mends import Hindered, Mend, MendRow
from server.cases.splitting import unsplit, what_keeps_split
from server.context import Context


def undo(session: Session, context: Context, entry: UndoInput) -> MendRow | Hindered | Refused:
    """Take a mend back; one that was taken back already stays so."""
    mend = session.get_one(MendRow, entry.mend_id)
    if mend.undone_ns is not None:
        return mend
    if entry.role not in UNDONE_BY:
        return Refused(Refusal.WRONG_ROLE)
    taken_back = unmerge if mend.kind == Mend.MERGE else unsplit
    return taken_back(session, context, mend, entry) or mend


def what_keeps(session: Session, mend: MendRow) -> Hindered | None:
    """What stands in the way of taking a mend back; None where nothing does."""
    return what_keeps_merged(session, mend) if mend.kind == Mend.MERGE else what_keeps_split(session, mend)
