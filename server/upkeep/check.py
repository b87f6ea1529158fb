"""Do the records and the object store tell the same story? Counted by comparing the two; nothing is changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from server.pictures.objects import PARTS, Objects
from server.records.pictures import DeclaredEvidence, StoredPicture, among
from server.upkeep.orphans import SweptObjects


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found. missing, damaged: pictures that have a record, and no bytes or other bytes than recorded.

    no_record: pictures without a record; of them `declared` get theirs when their vehicle asks again, and the others
    are swept. waiting: pieces of pictures on their way in. swept: what was deleted so far, by reason.
    """

    recorded: int
    missing: tuple[str, ...]
    damaged: tuple[str, ...]
    no_record: int
    declared: int
    waiting: int
    waiting_bytes: int
    swept: dict[str, int]

    @property
    def is_whole(self) -> bool:
        return not self.missing and not self.damaged


def check(
    session: Session,
    objects: Objects,
    read: bool = False,
    shown: Callable[[Iterable[str], int], Iterable[str]] = lambda parts, _: parts,
) -> Checked:
    """Compare. read: also read every picture and compare its checksum; `shown` may show progress over the parts.

    What is recorded was stored before, so the records are looked at as they were before the store is. That is done by
    the first two digits of the pictures' names, a part that memory holds. Raises OSError where the store is away.
    """
    recorded = session.scalar(select(func.count()).select_from(StoredPicture)) or 0
    missing: list[str] = []
    damaged: list[str] = []
    no_record = declared = 0
    for part in shown(PARTS, len(PARTS)):
        sizes = {one.name: one.size_bytes for one in objects.kept(part)}
        wanted = dict(_records(session, part))
        for name, size_bytes in wanted.items():
            if name not in sizes:
                missing.append(name)
            elif sizes[name] != size_bytes or (read and objects.get(name) is None):
                damaged.append(name)
        strange = sizes.keys() - wanted.keys()
        no_record += len(strange)
        declared += len(strange & set(session.scalars(among(DeclaredEvidence.sha256, part).distinct())))
    waiting = list(objects.waiting())
    return Checked(
        recorded=recorded,
        missing=tuple(missing),
        damaged=tuple(damaged),
        no_record=no_record,
        declared=declared,
        waiting=len(waiting),
        waiting_bytes=sum(one.size_bytes for one in waiting),
        swept={row.reason: row.objects for row in session.scalars(select(SweptObjects).order_by(SweptObjects.reason))},
    )


def _records(session: Session, part: str) -> Iterator[tuple[str, int]]:
    rows = session.execute(
        among(StoredPicture.sha256, part).add_columns(StoredPicture.size_bytes).order_by(StoredPicture.sha256)
    )
    return ((sha256, size_bytes) for sha256, size_bytes in rows)
