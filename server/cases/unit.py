"""One unit of work: what inputs change that are folded one after the other, kept back and written together.

Each input sees what those before it changed, though nothing of that is in the tables yet; so what is made of them is
what is made of the same inputs one by one.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy.orm import Session

from server.association.memory import Memory
from server.cases.candidates import Candidates, Surroundings
from server.cases.filing import Filing
from server.cases.lines import CaseLine, keep_lines
from server.records.ahead import ahead
from server.records.memory import Lesson, keep_lessons
from server.records.nearby import Box
from server.records.pending import Pending
from server.records.tables import CaseRow


class Unit:
    """boxes: all that the inputs may touch, None for one that has no place; first_ns: the earliest that one of them
    tells of. A transaction may have several, one after the other; each ends with `close`."""

    def __init__(self, session: Session, boxes: Iterable[Box | None], first_ns: int) -> None:
        self.session = session
        self.filing = Filing(session)
        self.rows = Pending()
        self._boxes = [box for box in boxes if box is not None]
        self._first_ns = first_ns
        self._around: Surroundings | None = None
        self._seen: dict[str, CaseLine] = {}
        self._looked: dict[str, CaseLine] = {}
        self._lessons: list[Lesson] = []

    def near(self, box: Box | None, first_ns: int) -> Candidates:
        """The cases that an input may touch, which saw this box from then on."""
        if self._around is None:
            self.session.flush()
            self._around = Surroundings(self.session, self._boxes, self._first_ns)
        return self._around.near(box, first_ns)

    def open(self, case: CaseLine, now_ns: int) -> None:
        """Take a new case in, in the state that it has."""
        self.filing.open(case, now_ns)
        if self._around is not None:
            self._around.add(case)

    def see(self, case: CaseLine) -> None:
        """Have a case written with all that a sighting changes."""
        if case.id not in self.filing.opened:
            self._seen[case.id] = case

    def look(self, case: CaseLine) -> None:
        """Have a case written with what is believed of it."""
        if case.id not in self.filing.opened:
            self._looked[case.id] = case

    def learn(self, before: Memory, after: Memory) -> None:
        """Have kept what an input taught."""
        if after != before:
            self._lessons.append(Lesson(before, after))

    def write(self) -> None:
        """Write all that was kept back, but for what was learned; it is then in the tables."""
        looked = [case for case_id, case in self._looked.items() if case_id not in self._seen]
        self.filing.number()
        with ahead(self.session):
            self.filing.write()
            keep_lines(self.session, list(self._seen.values()), looked)
            self.rows.write(self.session)
        self._seen, self._looked = {}, {}
        for row in list(self.session.identity_map.values()):
            if isinstance(row, CaseRow):
                self.session.expire(row)

    def settle(self) -> None:
        """Write, and look around anew when the next input asks: for whatever changes the tables past this unit."""
        self.write()
        self._around = None

    def close(self) -> None:
        """Write all of it."""
        self.write()
        keep_lessons(self.session, self._lessons)
        self._lessons = []
