"""The list of work orders: of those that are asked for the open ones by deadline, then the closed ones, the last first.

An index leads to the orders of somebody, of the cases in some states where these are few, or of a grid; else to all in
order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from server.cases.lifecycle import State
from server.cases.workorders import STATE, left_behind
from server.records.tables import CaseRow, WorkOrder

FEW: Final = 5_000
"""Fewer cases than these in some states lead to their orders; of more, the list by deadline soon meets a page full."""


@dataclass(frozen=True, slots=True)
class AskedOrders:
    """What is asked for. crew_id: only theirs; states: only in these, in any where there are none; due_before_ns: only
    open ones that were due before then; left: only open ones of people who have left."""

    crew_id: str | None = None
    states: Sequence[State] = ()
    grid: str | None = None
    due_before_ns: int | None = None
    left: bool = False

    def first(self, session: Session, limit: int, skipped: int = 0) -> list[WorkOrder]:
        """So many of them at most, after so many.

        Two questions, each read in the order of an index: one for both would sort every order there has ever been.
        """
        rows = list[WorkOrder]()
        open_ones, closed_ones = self._open(session), self._closed()
        if open_ones is not None:
            by_deadline = open_ones.order_by(WorkOrder.due_ns, WorkOrder.number)
            rows += session.scalars(by_deadline.offset(skipped).limit(limit))
            if rows:
                skipped = 0
            elif closed_ones is not None:
                skipped -= _count(session, open_ones)
        if closed_ones is not None and len(rows) < limit:
            last_first = closed_ones.order_by(WorkOrder.closed_ns.desc(), WorkOrder.number.desc())
            rows += session.scalars(last_first.offset(skipped).limit(limit - len(rows)))
        return rows

    def _open(self, session: Session) -> Select[WorkOrder] | None:
        """Of the open ones; None where none is asked for."""
        states = [state for state in self.states if state is not State.CLOSED]
        if self.states and not states:
            return None
        query = left_behind() if self.left else select(WorkOrder).where(WorkOrder.closed_ns.is_(None))
        if self.due_before_ns is not None:
            query = query.where(WorkOrder.due_ns < self.due_before_ns)
        few = self.left or self.crew_id is not None
        if states:
            cases = select(CaseRow.id).where(CaseRow.state.in_(states))
            if few or _count(session, cases.limit(FEW)) == FEW:
                query = query.where(STATE.in_(states))
            else:
                few, query = True, query.where(WorkOrder.case_id.in_(cases))
        return self._of_whom(query, few)

    def _closed(self) -> Select[WorkOrder] | None:
        """Of the closed ones; None where none is asked for."""
        if self.left or self.due_before_ns is not None or (self.states and State.CLOSED not in self.states):
            return None
        return self._of_whom(select(WorkOrder).where(WorkOrder.closed_ns.is_not(None)), self.crew_id is not None)

    def _of_whom(self, query: Select[WorkOrder], few: bool) -> Select[WorkOrder]:
        """few: something else leads to few orders, and the grid must not instead: all there are may be of one."""
        if self.crew_id is not None:
            query = query.where(WorkOrder.crew_id == self.crew_id)
        if self.grid is not None:
            no_index = WorkOrder.grid_id.concat("")
            query = query.where((no_index if few else WorkOrder.grid_id) == self.grid)
        return query


def _count(session: Session, query: Select[Any]) -> int:
    return session.scalar(select(func.count()).select_from(query.subquery())) or 0
