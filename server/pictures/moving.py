"""From one keeper of pictures to another: every recorded picture is copied and looked at, then the home says where."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sqlalchemy import select

from server.pictures.keeper import SETTING
from server.pictures.objects import Objects
from server.records.pictures import StoredPicture
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
    shown: Callable[[list[str]], Iterable[str]] = iter,
) -> Moved:
    """Copy, then write down the new address (None: the home's own folder). Cut off, it goes on where it was.

    Nothing is deleted at the old place. Raises OSError where a keeper is away; the home then still says the old one.
    """
    with store.read() as session:
        names = list(session.scalars(select(StoredPicture.sha256).order_by(StoredPicture.sha256)))
    there = {one.name for one in target.kept()}
    copied, lost = 0, list[str]()
    for name in shown([name for name in names if name not in there]):
        content = source.get(name)
        if content is None:
            lost.append(name)
            continue
        target.put(name, content)
        copied += 1
    with store.write() as session:
        row = session.get(Setting, SETTING)
        if row is not None:
            session.delete(row)
            session.flush()
        if address is not None:
            session.add(Setting(key=SETTING, value={"address": address}))
    return Moved(copied, len(names) - copied - len(lost), tuple(lost))
