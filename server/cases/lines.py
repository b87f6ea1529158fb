"""Cases while one input is folded: read in one statement, changed in memory, written in one statement.

A line is a row of the table of cases as a plain value. What people do with cases one at a time goes through `CaseRow`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Final

from sqlalchemy import Connection, Text, bindparam, cast, select
from sqlalchemy.orm import Session

from server.association import ellipse
from server.association.state import OpenCase
from server.cases.beliefs import belief_of, rounded, text_of
from server.cases.lifecycle import State
from server.records.adding import inserting, table_of
from server.records.engines import Written
from server.records.tables import CaseRow
from server.records.writing import OF, Writing

AT_ONCE: Final = 500
"""So many ids are asked for in one statement."""


@dataclass(slots=True, eq=False)
class CaseLine:
    """The columns of `CaseRow`, in their order; memory is the JSON text of the belief as it was read or written last;
    changed: the belief since then."""

    id: str
    number: int
    category: str
    state: str
    lat: float
    lon: float
    ee: float
    en: float
    nn: float
    grid_id: str | None
    worth: float
    score: float
    sightings: int
    passes: int
    opened_ns: int
    first_seen_ns: int
    last_seen_ns: int
    closed_ns: int | None
    close_reason: str | None
    recurs_of: str | None
    merged_into: str | None
    gone: float
    memory: str
    changed: OpenCase | None = None

    @property
    def belief(self) -> OpenCase:
        """What the engine knows of it."""
        return belief_of(self.memory) if self.changed is None else self.changed

    def place(self, belief: OpenCase) -> bool:
        """Write down what the engine knows; whether the case has moved."""
        self.changed = rounded(belief)
        return put_where(self, belief)

    def settle(self) -> None:
        """Make memory the text of the belief, as the column holds it."""
        text = self.memory if self.changed is None else text_of(self.changed)
        self.memory, self.changed = Written(text), None


def put_where(case: CaseRow | CaseLine, belief: OpenCase) -> bool:
    """Put a case where the engine believes it to be, as surely gone; whether it has moved. A closed one stays where it
    was."""
    case.gone = min(max(belief.gone, 0.0), 1.0)
    if case.state == State.CLOSED:
        return False
    was = (case.lat, case.lon, case.ee, case.en, case.nn)
    case.lat, case.lon, case.ee, case.en, case.nn = now = (belief.lat, belief.lon, *ellipse.positive(belief.error))
    return was != now


_CASE: Final = table_of(CaseRow)
COLUMNS: Final = tuple(cast(column, Text) if column.name == "memory" else column for column in _CASE.columns)
"""What a line is made of, in the order of its fields."""
_NAMES: Final = tuple(column.name for column in _CASE.columns)
_BELIEF: Final = ("gone", "memory")
_SEEN: Final = (
    *("lat", "lon", "ee", "en", "nn", "worth", "score", "sightings", "passes", "first_seen_ns", "last_seen_ns"),
    *_BELIEF,
)
_STEP: Final = ("state", "grid_id")
_OPENED: Final = inserting(CaseRow)
_UPDATES: Final[dict[tuple[str, ...], Writing]] = {
    names: Writing(_CASE, names, changes=True) for names in (_BELIEF, _SEEN, _STEP)
}
_BY_ID: Final = select(*COLUMNS).where(_CASE.c.id.in_(bindparam("ids", expanding=True)))


def lines_of(connection: Connection, ids: Iterable[str]) -> Iterator[CaseLine]:
    """The cases of these ids, in no order."""
    wanted = sorted(set(ids))
    for start in range(0, len(wanted), AT_ONCE):
        for row in connection.execute(_BY_ID, {"ids": wanted[start : start + AT_ONCE]}):
            yield CaseLine(*row)


def add_lines(session: Session, lines: Sequence[CaseLine]) -> None:
    """Write new cases."""
    _OPENED.write(session, _rows(lines, _NAMES, _NAMES))


def keep_lines(session: Session, seen: Sequence[CaseLine], looked: Sequence[CaseLine]) -> None:
    """Write known cases again: `seen` in all that a sighting changes, `looked` in what is believed of them alone, which
    no index has to follow."""
    _rewrite(session, _SEEN, seen)
    _rewrite(session, _BELIEF, looked)


def keep_steps(session: Session, stepped: Sequence[CaseLine]) -> None:
    """Write of known cases what a step changes. Apart from the sightings, which are many: SQLite would look each one's
    grid up again."""
    _rewrite(session, _STEP, stepped)


def _rewrite(session: Session, names: tuple[str, ...], lines: Sequence[CaseLine]) -> None:
    _UPDATES[names].write(session, _rows(lines, (*names, OF), (*names, "id")))


def _rows(lines: Sequence[CaseLine], keys: Sequence[str], fields: Sequence[str]) -> list[dict[str, object]]:
    """These fields of the lines, each under its key."""
    told = attrgetter(*fields)
    for line in lines:
        line.settle()
    return [dict(zip(keys, told(line), strict=True)) for line in lines]
