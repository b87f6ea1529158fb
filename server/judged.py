"""Observations with the field's verdict on each, read from the records a page at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from server.cases import CloseReason, Event, Finding
from server.intake import Outcome
from server.tables import CaseEvent, CaseRow, DeclaredEvidence, ObservationRow
from server.verdicts import CaseStory, Unjudged, Verdict, survivor_of, verdict_of

PAGE = 500


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


def judged_page(session: Session, after_id: str, since_ns: int = 0, limit: int = PAGE) -> list[Judged]:
    """The next observations by id, of those seen at `since_ns` or later; the first ones after ''."""
    rows = list(
        session.scalars(
            select(ObservationRow)
            .where(ObservationRow.id > after_id, ObservationRow.utc_ns >= since_ns)
            .order_by(ObservationRow.id)
            .limit(limit)
        )
    )
    return _judge_all(session, rows)


def judged_by_picture(session: Session, sha256: str) -> list[Judged]:
    """The observations that declared a picture; of more than PAGE the first by id."""
    declaring = select(DeclaredEvidence.observation_id).where(DeclaredEvidence.sha256 == sha256)
    rows = session.scalars(
        select(ObservationRow).where(ObservationRow.id.in_(declaring)).order_by(ObservationRow.id).limit(PAGE)
    )
    return _judge_all(session, list(rows))


def every_judged(session: Session, since_ns: int = 0) -> Iterator[list[Judged]]:
    """All observations seen at `since_ns` or later, in pages."""
    page = judged_page(session, "", since_ns)
    while page:
        yield page
        page = judged_page(session, page[-1].observation_id, since_ns)


def _judge_all(session: Session, rows: Sequence[ObservationRow]) -> list[Judged]:
    cases = _cases(session, {row.case_id for row in rows if row.case_id is not None})
    stories = _stories(session, cases)
    return [_judge(row, cases, stories) for row in rows]


def _judge(row: ObservationRow, cases: dict[str, CaseRow], stories: dict[str, CaseStory]) -> Judged:
    story = None if row.case_id is None else survivor_of(stories[row.case_id], stories)
    case = None if story is None else cases[story.id]
    label = row.attributes.get("label")
    return Judged(
        observation_id=row.id,
        category=row.category,
        label=label if isinstance(label, str) else None,
        model_digest=row.model_digest,
        utc_ns=row.utc_ns,
        verdict=verdict_of(Outcome(row.outcome), row.utc_ns, story),
        case_id=None if case is None else case.id,
        lat=None if case is None else case.lat,
        lon=None if case is None else case.lon,
    )


def _cases(session: Session, ids: Iterable[str]) -> dict[str, CaseRow]:
    """These cases, and those that they went into."""
    found: dict[str, CaseRow] = {}
    wanted = set(ids)
    while wanted:
        rows = session.scalars(select(CaseRow).where(CaseRow.id.in_(wanted)))
        found |= {row.id: row for row in rows}
        wanted = {row.merged_into for row in found.values() if row.merged_into is not None} - found.keys()
    return found


def _stories(session: Session, cases: dict[str, CaseRow]) -> dict[str, CaseStory]:
    dismissals = session.execute(
        select(CaseEvent.case_id, CaseEvent.finding).where(
            CaseEvent.case_id.in_(cases), CaseEvent.event == Event.DISMISS
        )
    )
    fixes = session.execute(
        select(CaseEvent.case_id, func.max(CaseEvent.at_ns))
        .where(CaseEvent.case_id.in_(cases), CaseEvent.event == Event.FEED_BACK)
        .group_by(CaseEvent.case_id)
    )
    findings, fed_back = dict(list(dismissals)), dict(list(fixes))
    return {row.id: _story(row, findings.get(row.id), fed_back.get(row.id)) for row in cases.values()}


def _story(row: CaseRow, finding: str | None, fed_back_ns: int | None) -> CaseStory:
    closed_as = None if row.close_reason is None else CloseReason(row.close_reason)
    return CaseStory(
        id=row.id,
        closed_as=closed_as,
        finding=None if finding is None else Finding(finding),
        fixed_ns=fed_back_ns if closed_as is CloseReason.FIXED else None,
        merged_into=row.merged_into,
    )
