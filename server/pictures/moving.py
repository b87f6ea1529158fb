"""From one keeper of pictures to another: every recorded picture is copied and looked at, then the home says where."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from server.pictures.keeper import SETTING
from server.pictures.objects import PARTS, Objects
from server.records.pictures import StoredPicture, among
from server.records.store import Store
from server.records.tables import Setting


@dataclass(frozen=True, slots=True)
class Moved:
    """copied + already there + lost = pictures recorded; lost are those that the old keeper could not give whole."""

    copied: int
    already_there: int
    lost: tuple[str, ...]


def move(
    store: Store,
    source: Objects,
    target: Objects,
    address: str | None,
    shown: Callable[[Iterable[str], int], Iterable[str]] = lambda parts, _: parts,
) -> Moved:
    """Copy, then write down the new address (None: the home's own folder). Cut off, it goes on where it was.

    Nothing is deleted at the old place. Raises OSError where a keeper is away; the home then still says the old one.
    """
    moved = copy_recorded(store, source, target, shown)
    with store.write() as session:
        row = session.get(Setting, SETTING)
        if row is not None:
            session.delete(row)
            session.flush()
        if address is not None:
            session.add(Setting(key=SETTING, value={"address": address}))
    return moved


def copy_recorded(
    store: Store,
    source: Objects,
    target: Objects,
    shown: Callable[[Iterable[str], int], Iterable[str]] = lambda parts, _: parts,
) -> Moved:
    """Copy every recorded picture that is not there yet, each compared with its checksum.

    Done by the first two digits of the pictures' names, a part that memory holds; `shown` may show progress over the
    parts. Raises OSError where a keeper is away.
    """
    recorded = copied = 0
    lost: list[str] = []
    for part in shown(PARTS, len(PARTS)):
        with store.read() as session:
            names = list(session.scalars(among(StoredPicture.sha256, part).order_by(StoredPicture.sha256)))
        there = {one.name for one in target.kept(part)}
        recorded += len(names)
        for name in names:
            if name in there:
                continue
            content = source.get(name)
            if content is None:
                lost.append(name)
                continue
            target.put(name, content)
            copied += 1
    return Moved(copied, recorded - copied - len(lost), tuple(lost))
