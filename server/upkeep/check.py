"""Do the records and the object store tell the same story? Counted by comparing the two; nothing is changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from server.pictures.objects import Objects
from server.records.pictures import DeclaredEvidence, StoredPicture
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
    shown: Callable[[Iterable[str], int], Iterable[str]] = lambda names, _: names,
) -> Checked:
    """Compare. read: also read every picture and compare its checksum; `shown` may show progress over the records.

    Raises OSError where the store is away.
    """
    sizes = {one.name: one.size_bytes for one in objects.kept()}
    waiting = list(objects.waiting())
    recorded = session.scalar(select(func.count()).select_from(StoredPicture)) or 0
    missing: list[str] = []
    damaged: list[str] = []
    wanted = dict(_records(session))
    for name in shown(wanted, recorded):
        if name not in sizes:
            missing.append(name)
        elif sizes[name] != wanted[name] or (read and objects.get(name) is None):
            damaged.append(name)
    no_record = sizes.keys() - wanted.keys()
    return Checked(
        recorded=recorded,
        missing=tuple(missing),
        damaged=tuple(damaged),
        no_record=len(no_record),
        declared=sum(1 for name in set(session.scalars(select(DeclaredEvidence.sha256))) if name in no_record),
        waiting=len(waiting),
        waiting_bytes=sum(one.size_bytes for one in waiting),
        swept={row.reason: row.objects for row in session.scalars(select(SweptObjects).order_by(SweptObjects.reason))},
    )


def _records(session: Session) -> Iterator[tuple[str, int]]:
    rows = session.execute(select(StoredPicture.sha256, StoredPicture.size_bytes).order_by(StoredPicture.sha256))
    return ((sha256, size_bytes) for sha256, size_bytes in rows)
