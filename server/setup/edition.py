"""An edition of the city's setup: all that cases follow from, as it holds from a moment on. The first one holds from
the beginning; later ones are added beside it, so that a replay finds for every input what was in force."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from operator import attrgetter
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session, mapped_column

from server.records.tables import Base, Grid
from server.setup.file import WEEKDAYS, Setup, minutes

ALWAYS_NS: Final = 0
"""From when the first edition holds."""


class Edition(Base):
    """One edition, never changed and never deleted; content: as `content_of` makes it."""

    __tablename__ = "edition"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    from_ns: Mapped[int] = mapped_column(unique=True)
    content: Mapped[dict[str, Any]]


def content_of(setup: Setup, person_ids: Mapping[str, str]) -> dict[str, Any]:
    """What an edition keeps of a setup, as JSON. person_ids: by name, of everybody on the rota."""
    file = setup.file
    content = {
        "city": file.city.model_dump(include={"name_zh", "name_en", "time_zone", "nearest_grid_m"}),
        "calendar": {
            "days": file.calendar.days.value,
            "shifts": [list(minutes(one)) for one in file.calendar.shifts],
            "holidays": [day.isoformat() for day in file.calendar.holidays],
            "workdays": [day.isoformat() for day in file.calendar.workdays],
        },
        "taxonomy": {"toml": setup.taxonomy_toml},
        "stays": {stay.category: stay.model_dump(mode="json", exclude={"category"}) for stay in file.stay},
        "grids": [
            {
                "id": grid.id,
                "name_zh": str(grid.properties.get("name_zh") or grid.id),
                "name_en": str(grid.properties.get("name_en") or grid.id),
                "geometry": grid.geometry,
            }
            for grid in sorted(setup.grids, key=attrgetter("id"))
        ],
        "zones": [
            {
                "id": zone.id,
                "kind": str(zone.properties.get("kind") or "no_parking"),
                "properties": zone.properties,
                "geometry": zone.geometry,
            }
            for zone in sorted(setup.zones, key=attrgetter("id"))
        ],
        "rota": [
            {
                "grid_id": line.grid,
                "person_id": person_ids[line.person],
                "weekdays": [WEEKDAYS.index(day) for day in line.weekdays],
                "start_min": minutes(line.hours)[0],
                "end_min": minutes(line.hours)[1],
            }
            for line in file.rota
        ],
    }
    if file.bins is not None:
        content["bins"] = {"parts": [[one.id, one.lat, one.lon] for one in setup.bins.parts]}
        content["fill"] = {"full_percent": file.bins.full_percent, "empty_percent": file.bins.empty_percent}
    if file.association is not None:
        content["association"] = file.association.model_dump(mode="json")
    return content


def add_edition(session: Session, from_ns: int, content: dict[str, Any]) -> None:
    """Keep an edition, and its grids where they are new: cases name them for ever."""
    _add_grids(session, (grid["id"] for grid in content["grids"]))
    session.add(Edition(from_ns=from_ns, content=content))


def edition_at(session: Session, at_ns: int) -> Edition:
    """The one in force at a moment."""
    held = select(Edition).where(Edition.from_ns <= at_ns).order_by(Edition.from_ns.desc()).limit(1)
    return session.scalars(held).one()


def newest_edition(session: Session) -> Edition | None:
    """The one that holds last of all, perhaps not yet; None where there is no city."""
    return session.scalars(select(Edition).order_by(Edition.from_ns.desc()).limit(1)).first()


def _add_grids(session: Session, grid_ids: Iterable[str]) -> None:
    known = set(session.scalars(select(Grid.id)))
    session.add_all(Grid(id=grid_id) for grid_id in grid_ids if grid_id not in known)
    session.flush()
