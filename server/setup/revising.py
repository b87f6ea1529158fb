"""Gives a city another edition of its setup, which holds from a moment on. What was before stays beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.taxonomy import Taxonomy
from server.access.roles import Role
from server.errors import SetupError
from server.records.locks import Lock, hold
from server.records.tables import Person
from server.setup.cities import NOTICE_NS
from server.setup.city import City, city_of
from server.setup.edition import Edition, add_edition, content_of, newest_edition
from server.setup.file import Setup

SOON_NS: Final = 30 * 1_000_000_000
"""So much later than need be an edition holds where no time is said, for whoever is slow to commit."""


@dataclass(frozen=True, slots=True)
class Changed:
    """What another edition has of one part of the setup (grids, zones, rota...): entries that are new, otherwise, gone.
    Of a part without entries of its own only that it is otherwise."""

    part: str
    new: int
    otherwise: int
    gone: int


@dataclass(frozen=True, slots=True)
class Revised:
    """An edition that was added, and from when on it holds, in the city's time; nothing changed: none was."""

    holds_from: datetime
    changes: tuple[Changed, ...]


def crew_ids(session: Session) -> dict[str, str]:
    """Everybody who may stand on the rota, by name."""
    crews = select(Person.name, Person.id).where(Person.role == Role.CREW, Person.active)
    return {person.name: person.id for person in session.execute(crews)}


def revise(session: Session, setup: Setup, path: Path, local: datetime | None, now_ns: int) -> Revised:
    """Add an edition that holds from `local`, a time in the city's time zone, or from a minute or two on.

    Two at one instant come one after the other, and the later is compared with the edition that the earlier added.
    Raises SetupError where the setup does not fit what the records hold, or may not hold from then on; path: its file.
    """
    hold(session, [Lock.EDITION])
    before = newest_edition(session)
    if before is None:
        raise SetupError("there is no city yet; create it with: steward server init")
    content = content_of(setup, _on_rota(session, setup, path))
    _keeps_categories(before, setup, path)
    city = city_of(content)
    from_ns = _from(before, city, local, now_ns)
    changes = tuple(_changes(before.content, content))
    if changes:
        add_edition(session, from_ns, content)
    return Revised(_local(from_ns, city), changes)


def _on_rota(session: Session, setup: Setup, path: Path) -> Mapping[str, str]:
    known = crew_ids(session)
    for number, line in enumerate(setup.file.rota):
        if line.person not in known:
            raise SetupError(
                f"{path}, field rota.{number}.person: {line.person} is no crew member who may sign in; add them first: "
                f"steward server people add {line.person} --role crew"
            )
    return known


def _keeps_categories(before: Edition, setup: Setup, path: Path) -> None:
    kept = Taxonomy.parse(setup.taxonomy_toml).categories
    gone = city_of(before.content).taxonomy.categories.keys() - kept.keys()
    if gone:
        raise SetupError(
            f"{path}, field city.taxonomy: the category {min(gone)} is gone, and cases may have it; keep it in the file"
        )


def _from(before: Edition, city: City, local: datetime | None, now_ns: int) -> int:
    earliest_ns = now_ns + NOTICE_NS
    from_ns = earliest_ns + SOON_NS
    if local is not None:
        from_ns = int(local.replace(tzinfo=city.zone).timestamp()) * 1_000_000_000
        if from_ns < earliest_ns:
            raise SetupError(
                f"--from {local:%Y-%m-%dT%H:%M}: cases were made by the edition before until now; another one holds "
                f"from {_local(earliest_ns, city):%Y-%m-%dT%H:%M:%S} on at the earliest. Leave --from out for that"
            )
    if from_ns <= before.from_ns:
        raise SetupError(
            f"another edition holds from {_local(before.from_ns, city):%Y-%m-%dT%H:%M} on; give a later --from"
        )
    return from_ns


def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterable[Changed]:
    for part in sorted(before.keys() | after.keys()):
        was, now = before.get(part), after.get(part)
        if was == now:
            continue
        if not isinstance(was, list) or not isinstance(now, list):
            yield Changed(part, 0, 1, 0)
            continue
        old, new = ({one.get("id", str(one)): one for one in entries} for entries in (was, now))
        otherwise = sum(old[key] != new[key] for key in old.keys() & new.keys())
        if otherwise or old.keys() != new.keys():
            yield Changed(part, len(new.keys() - old.keys()), otherwise, len(old.keys() - new.keys()))


def _local(at_ns: int, city: City) -> datetime:
    return datetime.fromtimestamp(at_ns // 1_000_000_000, city.zone)
