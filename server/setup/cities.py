"""The city at every moment, as its editions say, and who has left its service."""

from __future__ import annotations

import threading
from collections.abc import Set
from dataclasses import dataclass
from operator import attrgetter
from typing import Final

from sqlalchemy import String, cast, null, select, union_all
from sqlalchemy.orm import Session

from server.errors import Damaged
from server.records.damage import decoding
from server.records.prepared import Prepared
from server.records.tables import Person
from server.setup.city import City, city_of
from server.setup.edition import Edition

LOOK_AGAIN_NS: Final = 1_000_000_000
NOTICE_NS: Final = 60 * 1_000_000_000
"""So long before it holds an edition is added at the latest. It has to be longer than LOOK_AGAIN_NS, the longest
transaction, and what the clocks of two machines are apart: then nobody makes a case by the edition before it."""

_KNOWN: Final = Prepared(
    union_all(
        select(Edition.id, cast(null(), String)),
        select(null(), Person.id).where(~Person.active),
    )
)
"""Rows of an edition or of a person who has left."""


@dataclass(frozen=True, slots=True, eq=False)
class _Since:
    from_ns: int
    city: City


class Cities:
    """Editions that were added by others, and people who left, are found by `look`, which whoever makes cases calls in
    each transaction. For any thread."""

    def __init__(self, session: Session) -> None:
        self._lock = threading.Lock()
        self._known: dict[int, _Since] = {}
        self._since: tuple[_Since, ...] = ()
        self._left: frozenset[str] = frozenset()
        self._looked_ns: int | None = None
        self._find(session)
        if not self._since:
            raise Damaged("no edition of the city's setup is there")

    def at(self, at_ns: int) -> City:
        """The city as it is set up at a moment."""
        return next(one.city for one in self._since if one.from_ns <= at_ns)

    def leavers(self, person_ids: Set[str]) -> Set[str]:
        """Those of these persons who had left the service at the last look. A rota may still name them."""
        return self._left & person_ids

    def look(self, session: Session, now_ns: int) -> int:
        """Take in editions that are new, and who has left; how many editions. A look within a second of the last one
        finds none."""
        if self._looked_ns is not None and abs(now_ns - self._looked_ns) < LOOK_AGAIN_NS:
            return 0
        found = self._find(session)
        self._looked_ns = now_ns
        return found

    def _find(self, session: Session) -> int:
        rows = _KNOWN.rows(session)
        self._left = frozenset(person_id for _, person_id in rows if person_id is not None)
        unknown = {edition for edition, _ in rows if edition is not None} - self._known.keys()
        if not unknown:
            return 0
        editions = session.scalars(select(Edition).where(Edition.id.in_(unknown)))
        with decoding("an edition of the city's setup"):
            found = {row.id: _Since(row.from_ns, city_of(row.content)) for row in editions}
        with self._lock:
            self._known = self._known | found
            self._since = tuple(sorted(self._known.values(), key=attrgetter("from_ns"), reverse=True))
        return len(found)
