"""The conservation laws as figures, counted from the records, most of them from indexes alone."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session
from sqlalchemy.sql.functions import Function

from server.cases.lifecycle import OWNERS, State
from server.cases.mends import Mend, MendRow
from server.cases.outcomes import Outcome
from server.records.pictures import AfterPhoto, DeclaredEvidence, StoredPicture
from server.records.tables import Base, CaseEvent, CaseRow, FrameTally, ObservationRow, TraverseRow, WorkOrder


@dataclass(frozen=True, slots=True)
class Law:
    """One conservation law: both sides, as counted."""

    law: str
    left: int
    right: int

    @property
    def holds(self) -> bool:
        return self.left == self.right


@dataclass(frozen=True, slots=True)
class Figures:
    traverses: int
    frames_seen: int
    frames: dict[str, dict[str, int]]
    observations_received: int
    observations: dict[str, int]
    rejected: dict[str, int]
    cases: int
    cases_open: dict[str, int]
    cases_closed: dict[str, int]
    work_orders_open: int
    work_orders_closed: dict[str, int]
    overdue: int
    pictures_declared: int
    pictures_stored: int
    after_photos: int
    laws: tuple[Law, ...]


def count(session: Session, now_ns: int) -> Figures:
    """All counts from one snapshot."""
    frames = _frames(session)
    outcomes, rejected = _outcomes(session)
    states, sightings = _states(session)
    is_open = WorkOrder.closed_ns.is_(None)
    figures = Figures(
        traverses=_rows(session, TraverseRow),
        frames_seen=sum(sum(by_reason.values()) for by_reason in frames.values()),
        frames=frames,
        observations_received=_number(session, func.sum(TraverseRow.observations)),
        observations=outcomes,
        rejected=rejected,
        cases=sum(states.values()),
        cases_open={one.value: states.get(one, 0) for one in OWNERS},
        cases_closed=_by(session, CaseRow.close_reason, CaseRow.closed_ns.is_not(None)),
        work_orders_open=_rows(session, WorkOrder, is_open),
        work_orders_closed=_by(session, WorkOrder.outcome, WorkOrder.closed_ns.is_not(None)),
        overdue=_rows(session, WorkOrder, is_open, WorkOrder.due_ns < now_ns),
        pictures_declared=_number(session, func.count(DeclaredEvidence.sha256.distinct())),
        pictures_stored=_rows(session, StoredPicture),
        after_photos=_rows(session, AfterPhoto),
        laws=(),
    )
    return replace(figures, laws=_laws(session, figures, sightings))


def _laws(session: Session, told: Figures, sightings: int) -> tuple[Law, ...]:
    opened, linked = told.observations[Outcome.OPENED], told.observations[Outcome.ATTACHED]
    split_off = _rows(session, MendRow, MendRow.kind == Mend.SPLIT)
    with_crew = sum(told.cases_open[state] for state in (State.DISPATCHED, State.HANDLING, State.FED_BACK))
    redacted = _rows(session, StoredPicture, StoredPicture.redaction != "")
    with_history = _number(session, func.count(CaseEvent.case_id.distinct()))
    both = sum(told.cases_open.values()) + sum(told.cases_closed.values())
    return (
        Law(
            "observations received = opened + attached + suppressed + rejected",
            told.observations_received,
            sum(told.observations.values()),
        ),
        Law("opened + attached = sightings of cases", opened + linked, sightings),
        Law("cases = open + closed", told.cases, both),
        Law("cases = observations that opened one + split off by people", told.cases, opened + split_off),
        Law("cases with a crew or reviewer = open work orders", with_crew, told.work_orders_open),
        Law("cases = cases with a history", told.cases, with_history),
        Law("stored pictures = stored pictures that passed the privacy step", told.pictures_stored, redacted),
    )


def _frames(session: Session) -> dict[str, dict[str, int]]:
    """How many frames went which way, and for what reason."""
    frames: dict[str, dict[str, int]] = {"analysed": {}, "skipped": {}, "quarantined": {}}
    way = (FrameTally.stage, FrameTally.reason)
    for stage, reason, n in session.execute(select(*way, func.sum(FrameTally.frames)).group_by(*way)):
        frames[stage][reason or "all"] = int(n)
    return frames


def _outcomes(session: Session) -> tuple[dict[str, int], dict[str, int]]:
    """What became of how many observations, and why those were rejected that were."""
    outcomes, rejected = dict.fromkeys((one.value for one in Outcome), 0), Counter[str]()
    end = (ObservationRow.outcome, ObservationRow.reason)
    for outcome, reason, n in session.execute(select(*end, func.count()).group_by(*end)):
        outcomes[outcome] += n
        if outcome == Outcome.REJECTED:
            rejected[str(reason)] += n
    return outcomes, dict(rejected)


def _states(session: Session) -> tuple[dict[str, int], int]:
    """How many cases are in each state, and how often all of them were seen."""
    query = select(CaseRow.state, func.count(), func.sum(CaseRow.sightings)).group_by(CaseRow.state)
    rows = session.execute(query).all()
    return {state: n for state, n, _ in rows}, sum(int(seen) for _, _, seen in rows)


def _by(session: Session, column: InstrumentedAttribute[str | None], *where: ColumnElement[bool]) -> dict[str, int]:
    """How many of a table's rows have which value."""
    query = select(column, func.count()).where(*where).group_by(column)
    return {str(value): n for value, n in session.execute(query)}


def _rows(session: Session, kind: type[Base], *where: ColumnElement[bool]) -> int:
    return _number(session, func.count(), kind, *where)


def _number(session: Session, what: Function[Any], kind: type[Base] | None = None, *where: ColumnElement[bool]) -> int:
    query = select(what).where(*where)
    return int(session.scalar(query if kind is None else query.select_from(kind)) or 0)
