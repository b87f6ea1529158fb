"""Observations with the field's verdict on each, read from the records a page at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pipeline.observation import SourceKind
from server.cases.lifecycle import CloseReason, Event, Finding
from server.cases.outcomes import Outcome
from server.learning.since import seen_since
from server.learning.verdicts import CaseStory, Unjudged, Verdict, survivor_of, verdict_of
from server.records.pictures import DeclaredEvidence
from server.records.tables import CaseEvent, CaseRow, Device, ObservationRow, TraverseRow

PAGE = 500
LAST_NS: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Judged:
    """One observation and what became of it in the field.

    case_id, lat, lon: of its case, or of the case that this one went into; None for an observation without a case.
    label: what the detector took it for, None where its sender did not say.
    """

    observation_id: str
    category: str
    label: str | None
    model_digest: str
    utc_ns: int
    verdict: Verdict | Unjudged
    case_id: str | None
    lat: float | None
    lon: float | None


# Columns and not whole rows: a case's memory alone is larger than all that a verdict needs.
_COLUMNS: Final = (
    ObservationRow.id,
    ObservationRow.category,
    ObservationRow.attributes["label"].as_string(),
    ObservationRow.model_digest,
    ObservationRow.utc_ns,
    ObservationRow.outcome,
    ObservationRow.case_id,
)
FOUND_BY_MODELS: Final = (SourceKind.VEHICLE, SourceKind.DRONE)
"""What a person or a sensor told says nothing of a detector, so that it is in no figure and no example of one."""
_SEEN: Final = (
    select(*_COLUMNS)
    .join(TraverseRow, TraverseRow.id == ObservationRow.traverse_id)
    .join(Device, Device.id == TraverseRow.device_id)
    .where(Device.kind.in_(FOUND_BY_MODELS))
    .order_by(ObservationRow.id)
)


def judged_page(
    session: Session, after_id: str, since_ns: int = 0, limit: int = PAGE, before_ns: int = LAST_NS
) -> list[Judged]:
    """The next observations by id after `after_id`, of those seen at `since_ns` or later and before `before_ns`."""
    rows: list[Any] = []
    for part in seen_since(session, since_ns, after_id):
        rows += session.execute(_SEEN.where(*part, ObservationRow.utc_ns < before_ns).limit(limit - len(rows)))
    return _judge(session, rows)


def judged_by_picture(session: Session, sha256: str) -> list[Judged]:
    """The observations that declared a picture; of more than PAGE the first by id."""
    declaring = select(DeclaredEvidence.observation_id).where(DeclaredEvidence.sha256 == sha256)
    return _judge(session, session.execute(_SEEN.where(ObservationRow.id.in_(declaring)).limit(PAGE)).all())


def every_judged(session: Session, since_ns: int = 0, before_ns: int = LAST_NS) -> Iterator[list[Judged]]:
    """All observations seen at `since_ns` or later and before `before_ns`, in pages."""
    page = judged_page(session, "", since_ns, PAGE, before_ns)
    while page:
        yield page
        page = judged_page(session, page[-1].observation_id, since_ns, PAGE, before_ns)


def pages(session: Session, since_ns: int = 0, before_ns: int = LAST_NS) -> int:
    """How many pages `every_judged` gives."""
    parts = (_SEEN.where(*part, ObservationRow.utc_ns < before_ns) for part in seen_since(session, since_ns))
    count = sum(session.scalar(select(func.count()).select_from(part.subquery())) or 0 for part in parts)
    return -(-count // PAGE)


@dataclass(frozen=True, slots=True)
class _Case:
    story: CaseStory
    lat: float
    lon: float


def _judge(session: Session, rows: Sequence[Any]) -> list[Judged]:
    cases = _cases(session, {case_id for *_, case_id in rows if case_id is not None})
    stories = {case_id: case.story for case_id, case in cases.items()}
    judged = []
    for ident, category, label, model_digest, utc_ns, outcome, case_id in rows:
        story = None if case_id is None else survivor_of(stories[case_id], stories)
        case = None if story is None else cases[story.id]
        judged.append(
            Judged(
                observation_id=ident,
                category=category,
                label=label,
                model_digest=model_digest,
                utc_ns=utc_ns,
                verdict=verdict_of(Outcome(outcome), utc_ns, story),
                case_id=None if story is None else story.id,
                lat=None if case is None else case.lat,
                lon=None if case is None else case.lon,
            )
        )
    return judged


def _cases(session: Session, ids: Iterable[str]) -> dict[str, _Case]:
    """These cases, and those that they went into."""
    found: dict[str, _Case] = {}
    wanted = set(ids)
    while wanted:
        findings, fed_back = _findings(session, wanted), _fed_back(session, wanted)
        for ident, reason, merged_into, lat, lon in session.execute(
            select(CaseRow.id, CaseRow.close_reason, CaseRow.merged_into, CaseRow.lat, CaseRow.lon).where(
                CaseRow.id.in_(wanted)
            )
        ):
            closed_as = None if reason is None else CloseReason(reason)
            fixed_ns = fed_back.get(ident) if closed_as is CloseReason.FIXED else None
            found[ident] = _Case(CaseStory(ident, closed_as, findings.get(ident), fixed_ns, merged_into), lat, lon)
        wanted = {case.story.merged_into for case in found.values() if case.story.merged_into} - found.keys()
    return found


def _findings(session: Session, cases: Iterable[str]) -> dict[str, Finding]:
    rows = session.execute(
        select(CaseEvent.case_id, CaseEvent.finding).where(
            CaseEvent.case_id.in_(cases), CaseEvent.event == Event.DISMISS
        )
    )
    return {case_id: Finding(finding) for case_id, finding in rows if finding is not None}


def _fed_back(session: Session, cases: Iterable[str]) -> dict[str, int]:
    """When the crew fed back for the last time."""
    rows = session.execute(
        select(CaseEvent.case_id, func.max(CaseEvent.at_ns))
        .where(CaseEvent.case_id.in_(cases), CaseEvent.event == Event.FEED_BACK)
        .group_by(CaseEvent.case_id)
    )
    return dict(list(rows))
