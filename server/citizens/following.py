"""What became of a report, as its reporter may know it: by the case that it is part of by now.

Closed is not fixed: only a case whose proof a reviewer approved is told as fixed, every other end by its own word.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from sqlalchemy import ForeignKey, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from server.cases.family import members_of, root_of
from server.cases.lifecycle import CloseReason, Event, State
from server.cases.outcomes import COUNTED, Outcome
from server.records.tables import Base, CaseEvent, CaseRow, Digest, ObservationRow

SAY_NS: Final = 7 * 24 * 3600 * 1_000_000_000
"""So long after its case was closed a reporter may say that it is not fixed."""


class ReportRow(Base):
    """A report of a person, and the token of its reporter. Who says that it is not fixed makes another report under the
    same token; the newest one is followed. person_id: the inspector who made it, null for a citizen; photo_sha256: of
    its photo as it came, null where it has none."""

    __tablename__ = "report"
    traverse_id: Mapped[str] = mapped_column(ForeignKey("traverse.id"), primary_key=True)
    token_sha256: Mapped[str] = mapped_column(Digest, index=True)
    made_ns: Mapped[int] = mapped_column(index=True)
    person_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    photo_sha256: Mapped[str | None] = mapped_column(Digest)


class Becoming(StrEnum):
    """What a reporter is told."""

    RECEIVED = "received"
    IN_HAND = "in_hand"
    POSTPONED = "postponed"
    BEING_CHECKED = "being_checked"
    FIXED = "fixed"
    CLOSED = "closed"
    NOT_TAKEN = "not_taken"


_OPEN: Final[Mapping[State, Becoming]] = MappingProxyType(
    {
        State.WATCHING: Becoming.RECEIVED,
        State.FILED: Becoming.RECEIVED,
        State.DISPATCHED: Becoming.IN_HAND,
        State.HANDLING: Becoming.IN_HAND,
        State.SUSPENDED: Becoming.POSTPONED,
        State.FED_BACK: Becoming.BEING_CHECKED,
    }
)


@dataclass(frozen=True, slots=True)
class Followed:
    """category and made_ns: of the report; case_number: None where it was not taken, for the reason in `why`, a word of
    intake.IntakeReason; others: how many other sightings its case has; joined: whether the case was there before;
    closed_as and closed_ns: of a case that has ended; not_fixed: whether the reporter may say so now."""

    becoming: Becoming
    category: str
    made_ns: int
    case_number: int | None = None
    joined: bool = False
    others: int = 0
    closed_as: CloseReason | None = None
    closed_ns: int | None = None
    why: str | None = None
    not_fixed: bool = False


def newest_of(session: Session, token_sha256: str) -> tuple[ReportRow, ObservationRow] | None:
    """The newest report under a token and its observation; None where there is none."""
    found = reports_under(session, token_sha256)
    return found[0] if found else None


def reports_under(session: Session, token_sha256: str) -> list[tuple[ReportRow, ObservationRow]]:
    """The reports under a token and their observations, the newest first."""
    found = session.execute(
        select(ReportRow, ObservationRow)
        .join(ObservationRow, ObservationRow.traverse_id == ReportRow.traverse_id)
        .where(ReportRow.token_sha256 == token_sha256)
        .order_by(ReportRow.made_ns.desc(), ReportRow.traverse_id.desc())
    )
    return [(report, seen) for report, seen in found]


def follow(session: Session, report: ReportRow, seen: ObservationRow, now_ns: int) -> Followed:
    """What to tell of a report."""
    if seen.case_id is None:
        return Followed(Becoming.NOT_TAKEN, seen.category, report.made_ns, why=seen.reason)
    case = root_of(session, session.get_one(CaseRow, seen.case_id))
    closed_as = CloseReason(case.close_reason) if case.close_reason else None
    becoming = _OPEN.get(State(case.state)) or (Becoming.FIXED if closed_as is CloseReason.FIXED else Becoming.CLOSED)
    return Followed(
        becoming,
        seen.category,
        report.made_ns,
        case.number,
        joined=seen.outcome != Outcome.OPENED,
        others=_sightings(session, case) - (seen.outcome in COUNTED),
        closed_as=closed_as,
        closed_ns=case.closed_ns,
        not_fixed=may_say_not_fixed(session, report, case, now_ns),
    )


def may_say_not_fixed(session: Session, report: ReportRow, case: CaseRow, now_ns: int) -> bool:
    """Whether a report's case was said to be done since the report was made: by its crew, or by closing it less than
    seven days ago."""
    if case.state == State.FED_BACK:
        return report.made_ns < _fed_back_ns(session, case)
    return case.closed_ns is not None and report.made_ns < case.closed_ns <= now_ns < case.closed_ns + SAY_NS


def _fed_back_ns(session: Session, case: CaseRow) -> int:
    fed_back = select(func.max(CaseEvent.at_ns)).where(CaseEvent.case_id == case.id, CaseEvent.event == Event.FEED_BACK)
    return session.scalar(fed_back) or 0


def _sightings(session: Session, case: CaseRow) -> int:
    family = members_of(session, [case.id])
    counted = select(func.coalesce(func.sum(CaseRow.sightings), 0)).where(CaseRow.id.in_(family))
    return int(session.scalar(counted) or 0)
