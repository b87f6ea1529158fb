"""What a case's sightings count up to: how many, in how many passes, how sure, and when the first and the last was."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.cases.journal import JournalRow
from server.cases.lines import CaseLine
from server.cases.outcomes import COUNTED
from server.records.tables import CaseRow, ObservationRow

ANOTHER_PASS_NS: Final = 5 * 60 * 1_000_000_000


def count_look(case: CaseRow | CaseLine, utc_ns: int, score: float) -> None:
    """One more sighting; a pass is another one where it lies five minutes before or after all so far."""
    apart_ns = max(utc_ns - case.last_seen_ns, case.first_seen_ns - utc_ns)
    case.sightings += 1
    case.passes += apart_ns >= ANOTHER_PASS_NS
    case.score = max(case.score, score)
    case.first_seen_ns = min(case.first_seen_ns, utc_ns)
    case.last_seen_ns = max(case.last_seen_ns, utc_ns)


def recount(case: CaseRow, looks: Sequence[ObservationRow]) -> None:
    """Count a case's sightings anew, in the order given; one without any keeps its score and times."""
    case.sightings = case.passes = 0
    if not looks:
        return
    first, *later = looks
    case.sightings = case.passes = 1
    case.score, case.first_seen_ns, case.last_seen_ns = first.score, first.utc_ns, first.utc_ns
    for look in later:
        count_look(case, look.utc_ns, look.score)


def looks_of(session: Session, case_ids: Iterable[str], after_seq: int = 0) -> list[ObservationRow]:
    """The sightings linked to these cases that came in after a place in the journal, in that order."""
    query = (
        select(ObservationRow)
        .join(JournalRow, JournalRow.subject_id == ObservationRow.traverse_id)
        .where(ObservationRow.case_id.in_(case_ids), JournalRow.seq > after_seq)
        .order_by(JournalRow.seq, ObservationRow.position)
    )
    # Not asked for in the query: SQLite would take the index of outcomes, which finds nearly all that was ever seen.
    return [look for look in session.scalars(query) if look.outcome in COUNTED]
