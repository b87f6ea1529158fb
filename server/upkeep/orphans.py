"""What lies in the object store and nobody will ask for: found by comparing with the records, deleted, and counted.

A picture is written before its record, so an end between the two leaves bytes without one. Those that an observation
declared stay, since its vehicle asks again and their record is then written; only what nobody declared is deleted. So
no picture is in danger at the moment in which its record is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from itertools import islice
from typing import Final

from sqlalchemy import String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from server.context import Context
from server.measures import PIECES
from server.pictures.objects import Kept
from server.records.pictures import DeclaredEvidence, StoredPicture
from server.records.tables import Base

HOUR_NS: Final = 3600 * 1_000_000_000
PIECE_NS: Final = 72 * HOUR_NS
"""So long a piece waits for the others: longer than vehicles are without signal."""
PICTURE_NS: Final = 24 * HOUR_NS
PAGE: Final = 500


class Orphan(StrEnum):
    """Why an object was deleted."""

    NEVER_COMPLETED = "never_completed"
    NO_RECORD = "no_record"


class SweptObjects(Base):
    """How many objects were deleted so far, by orphans.Orphan, and when the last one was."""

    __tablename__ = "swept_objects"
    reason: Mapped[str] = mapped_column(String(32), primary_key=True)
    objects: Mapped[int]
    size_bytes: Mapped[int]
    last_ns: Mapped[int]


def sweep_pieces(context: Context) -> int:
    """Delete what has waited too long to be completed; how many."""
    old_ns, waiting = context.now_ns() - PIECE_NS, 0
    with _counted(context, Orphan.NEVER_COMPLETED) as swept:
        for one in context.objects.waiting():
            if one.modified_ns < old_ns:
                context.objects.drop(one.name)
                swept.append(one)
            else:
                waiting += 1
    PIECES.set(waiting)
    return len(swept)


def sweep_pictures(context: Context) -> int:
    """Delete pictures that are older than a day, have no record and were never declared; how many."""
    old_ns = context.now_ns() - PICTURE_NS
    with _counted(context, Orphan.NO_RECORD) as swept:
        for page in pages(one for one in context.objects.kept() if one.modified_ns < old_ns):
            for name in strangers(context, page):
                # Looked at once more: an after-photo with these very bytes may have come since the listing.
                one = context.objects.stat(name)
                if one is not None and one.modified_ns < old_ns and strangers(context, [one]):
                    context.objects.remove(name)
                    swept.append(one)
    return len(swept)


def strangers(context: Context, page: Iterable[Kept]) -> list[str]:
    """Those of a page that have no record and that no observation declared."""
    names = [one.name for one in page]
    with context.store.read() as session:
        known = _known(session, names)
    return [name for name in names if name not in known]


def pages(found: Iterable[Kept]) -> Iterator[list[Kept]]:
    """A listing in pieces that one query can ask about."""
    rest = iter(found)
    while page := list(islice(rest, PAGE)):
        yield page


def _known(session: Session, names: list[str]) -> set[str]:
    recorded = session.scalars(select(StoredPicture.sha256).where(StoredPicture.sha256.in_(names)))
    declared = session.scalars(select(DeclaredEvidence.sha256).where(DeclaredEvidence.sha256.in_(names)))
    return {*recorded, *declared}


@contextmanager
def _counted(context: Context, reason: Orphan) -> Iterator[list[Kept]]:
    """Count what the block deletes, also where the store goes away in the middle of it."""
    swept: list[Kept] = []
    try:
        yield swept
    finally:
        if swept:
            with context.store.write() as session:
                row = session.get(SweptObjects, reason) or SweptObjects(reason=reason, objects=0, size_bytes=0)
                row.objects += len(swept)
                row.size_bytes += sum(one.size_bytes for one in swept)
                row.last_ns = context.now_ns()
                session.add(row)
