"""The conservation laws as figures, counted from the records, most of them from indexes alone."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from server.cases.lifecycle import OWNERS, State
from server.cases.mends import Mend, MendRow
from server.cases.outcomes import Outcome
from server.records.pictures import AfterPhoto, DeclaredEvidence, StoredPicture
from server.records.tables import CaseEvent, CaseRow, FrameTally, ObservationRow, TraverseRow, WorkOrder


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
    frames: dict[str, dict[str, int]] = {"analysed": {}, "skipped": {}, "quarantined": {}}
    for stage, reason, n in session.execute(
        select(FrameTally.stage, FrameTally.reason, func.sum(FrameTally.frames)).group_by(
            FrameTally.stage, FrameTally.reason
        )
    ):
        frames[stage][reason or "all"] = int(n)
    received = int(session.scalar(select(func.coalesce(func.sum(TraverseRow.observations), 0))) or 0)
    outcomes = dict.fromkeys((one.value for one in Outcome), 0)
    rejected: dict[str, int] = {}
    for outcome, why, n in session.execute(
        select(ObservationRow.outcome, ObservationRow.reason, func.count()).group_by(
            ObservationRow.outcome, ObservationRow.reason
        )
    ):
        outcomes[outcome] += n
        if outcome == Outcome.REJECTED:
            rejected[str(why)] = rejected.get(str(why), 0) + n
    open_cases = dict.fromkeys((one.value for one in OWNERS), 0)
    cases = sightings = 0
    for state, n, seen in session.execute(
        select(CaseRow.state, func.count(), func.sum(CaseRow.sightings)).group_by(CaseRow.state)
    ):
        cases, sightings = cases + n, sightings + int(seen)
        if state != State.CLOSED:
            open_cases[state] = n
    closed_cases = {
        str(closed_as): n
        for closed_as, n in session.execute(
            select(CaseRow.close_reason, func.count())
            .where(CaseRow.closed_ns.is_not(None))
            .group_by(CaseRow.close_reason)
        )
    }
    closed_orders = {
        str(outcome): n
        for outcome, n in session.execute(
            select(WorkOrder.outcome, func.count()).where(WorkOrder.closed_ns.is_not(None)).group_by(WorkOrder.outcome)
        )
    }
    open_orders = _count(session, select(func.count()).select_from(WorkOrder).where(WorkOrder.closed_ns.is_(None)))
    return Figures(
        traverses=_count(session, select(func.count()).select_from(TraverseRow)),
        frames_seen=sum(sum(by_reason.values()) for by_reason in frames.values()),
        frames=frames,
        observations_received=received,
        observations=outcomes,
        rejected=rejected,
        cases=cases,
        cases_open=open_cases,
        cases_closed=closed_cases,
        work_orders_open=open_orders,
        work_orders_closed=closed_orders,
        overdue=_count(
            session,
            select(func.count()).select_from(WorkOrder).where(WorkOrder.closed_ns.is_(None), WorkOrder.due_ns < now_ns),
        ),
        pictures_declared=_count(session, select(func.count(DeclaredEvidence.sha256.distinct()))),
        pictures_stored=_count(session, select(func.count()).select_from(StoredPicture)),
        after_photos=_count(session, select(func.count()).select_from(AfterPhoto)),
        laws=_laws(session, received, outcomes, cases, sightings, open_cases, closed_cases, open_orders),
    )


def _laws(
    session: Session,
    received: int,
    outcomes: dict[str, int],
    cases: int,
    sightings: int,
    open_cases: dict[str, int],
    closed_cases: dict[str, int],
    open_orders: int,
) -> tuple[Law, ...]:
    with_crew = open_cases[State.DISPATCHED] + open_cases[State.HANDLING] + open_cases[State.FED_BACK]
    linked = outcomes[Outcome.OPENED] + outcomes[Outcome.ATTACHED]
    return (
        Law("observations received = opened + attached + suppressed + rejected", received, sum(outcomes.values())),
        Law("opened + attached = sightings of cases", linked, sightings),
        Law("cases = open + closed", cases, sum(open_cases.values()) + sum(closed_cases.values())),
        Law(
            "cases = observations that opened one + split off by people",
            cases,
            outcomes[Outcome.OPENED]
            + _count(session, select(func.count()).select_from(MendRow).where(MendRow.kind == Mend.SPLIT)),
        ),
        Law("cases with a crew or reviewer = open work orders", with_crew, open_orders),
        Law(
            "cases = cases with a history",
            cases,
            _count(session, select(func.count(CaseEvent.case_id.distinct()))),
        ),
        Law(
            "stored pictures = stored pictures that passed the privacy step",
            _count(session, select(func.count()).select_from(StoredPicture)),
            _count(session, select(func.count()).select_from(StoredPicture).where(StoredPicture.redaction != "")),
        ),
    )


def _count(session: Session, query: object) -> int:
    return int(session.scalar(query) or 0)  # type: ignore[call-overload]
