"""The queue: the cases that somebody may see and asks for, the most worthy first, read in that order from an index."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from sqlalchemy import ColumnElement, Select, or_, select, union_all

from server.access.people import SignedIn
from server.access.roles import Role
from server.cases.lifecycle import OWNERS, State
from server.records.tables import CaseRow, WorkOrder

WORTHY: Final = (CaseRow.worth.desc(), CaseRow.id)
Place: TypeAlias = tuple[float, str]
"""Where a case stands in the queue: its worth and its id."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for: cases in one of these states, every open one where there are none; a crew member sees those
    they had a work order for."""

    viewer: SignedIn
    states: Sequence[State] = ()
    category: str | None = None
    grid: str | None = None

    def first(self, limit: int, after: Place | None = None) -> Select[CaseRow]:
        """So many of them at most. after: those behind this place.

        Several states are asked for one by one, and the first of each are put in order: the indexes have each state in
        its order, of a category and of a grid too, but not several together; all that are open have one of their own.
        """
        among = self._conditions()
        if after is not None:
            worth, case_id = after
            # The first is what an index begins at.
            among += [CaseRow.worth <= worth, or_(CaseRow.worth < worth, CaseRow.id > case_id)]
        narrowed = self.category is not None or self.grid is not None
        asked = dict.fromkeys(self.states or (OWNERS if narrowed else ()))
        states = [CaseRow.state == state for state in asked] or [CaseRow.closed_ns.is_(None)]
        if len(states) == 1:
            return select(CaseRow).where(*states, *among).order_by(*WORTHY).limit(limit)
        places = select(CaseRow.worth, CaseRow.id)
        each = [places.where(state, *among).order_by(*WORTHY).limit(limit).subquery() for state in states]
        together = union_all(*(select(one) for one in each)).subquery()
        first = select(together.c.id).order_by(together.c.worth.desc(), together.c.id).limit(limit)
        return select(CaseRow).where(CaseRow.id.in_(first)).order_by(*WORTHY)

    def _conditions(self) -> list[ColumnElement[bool]]:
        among = list[ColumnElement[bool]]()
        if self.category is not None:
            among.append(CaseRow.category == self.category)
        if self.grid is not None:
            among.append(CaseRow.grid_id == self.grid)
        if self.viewer.role is Role.CREW:
            among.append(CaseRow.id.in_(select(WorkOrder.case_id).where(WorkOrder.crew_id == self.viewer.id)))
        return among
