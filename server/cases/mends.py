"""What a person mended: two cases that are one, or one that is two. As told, until it is undone.

The engine is bound by it: cases that a person split are never merged by the engine again, and a merged one stays so.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, Session, mapped_column

from server.cases.inputs import MergeInput, SplitInput
from server.records.tables import Base, CaseRow, Id


class Mend(StrEnum):
    MERGE = "merge"
    SPLIT = "split"


class Hindrance(StrEnum):
    """Why a case is not merged, not split, or why that is not undone."""

    SAME_CASE = "same_case"
    OTHER_CATEGORY = "other_category"
    TOO_FAR_APART = "too_far_apart"
    CASE_CLOSED = "case_closed"
    FURTHER_ON = "further_on"
    PROOF_WAITS = "proof_waits"
    NOT_ITS_SIGHTING = "not_its_sighting"
    OF_A_PART = "of_a_part"
    NOTHING_LEFT = "nothing_left"
    CREW_ACCEPTED = "crew_accepted"
    MOVED_ON = "moved_on"
    LATER_MEND = "later_mend"
    MERGED_SINCE = "merged_since"
    TOO_MUCH_SINCE = "too_much_since"


@dataclass(frozen=True, slots=True)
class Hindered:
    """It was not done. words: a sentence for people that names the cases."""

    why: Hindrance
    words: str


class MendRow(Base):
    """One mend. merge: `other_id` became part of `case_id`; split: `other_id` was made of sightings of `case_id`.

    moved: [observation id, the case it was linked to] of a split. before: by case id the columns that undoing puts
    back; after: those that tell whether somebody has gone on from there.
    """

    __tablename__ = "mend"
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    case_id: Mapped[str] = mapped_column(ForeignKey("case.id"), index=True)
    other_id: Mapped[str] = mapped_column(ForeignKey("case.id"), index=True)
    at_ns: Mapped[int]
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    reason: Mapped[str] = mapped_column(String(500))
    moved: Mapped[list[Any]]
    before: Mapped[dict[str, Any]]
    after: Mapped[dict[str, Any]]
    undone_ns: Mapped[int | None]
    undone_by: Mapped[str | None] = mapped_column(ForeignKey("person.id"))


def note_mend(
    session: Session,
    entry: MergeInput | SplitInput,
    at_ns: int,
    cases: tuple[CaseRow, CaseRow],
    reason: str,
    before: dict[str, Any],
    moved: list[list[str | None]] | None = None,
) -> MendRow:
    """Keep what a person mends in these cases (`case_id`, `other_id`); `after` is still empty."""
    mend = MendRow(
        id=entry.mend_id,
        kind=Mend(entry.kind),
        case_id=cases[0].id,
        other_id=cases[1].id,
        at_ns=at_ns,
        person_id=entry.actor_id,
        reason=reason,
        moved=moved or [],
        before=before,
        after={},
    )
    session.add(mend)
    session.flush()
    return mend
