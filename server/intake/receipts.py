"""The answer to a traverse: what became of each observation, and which pictures are still to come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from server.cases.outcomes import Outcome
from server.records.adding import table_of
from server.records.pictures import DeclaredEvidence, StoredPicture
from server.records.prepared import Prepared
from server.records.tables import ObservationRow


@dataclass(frozen=True, slots=True)
class ObservationLink:
    """What became of one observation."""

    observation_id: str
    outcome: Outcome
    case_id: str | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Receipt:
    """The answer to a traverse; first is False where the same body had come before."""

    traverse_id: str
    first: bool
    links: tuple[ObservationLink, ...]
    missing_evidence: tuple[str, ...]


_SEEN: Final = table_of(ObservationRow).c
_DECLARED: Final = table_of(DeclaredEvidence).c
_STORED: Final = table_of(StoredPicture).c
_LINKS: Final = Prepared(
    select(_SEEN.id, _SEEN.outcome, _SEEN.case_id, _SEEN.reason)
    .where(_SEEN.traverse_id == bindparam("traverse"))
    .order_by(_SEEN.position)
)
_MISSING: Final = Prepared(
    select(_DECLARED.sha256)
    .join(table_of(ObservationRow), _SEEN.id == _DECLARED.observation_id)
    .outerjoin(table_of(StoredPicture), _STORED.sha256 == _DECLARED.sha256)
    .where(_SEEN.traverse_id == bindparam("traverse"), _STORED.sha256.is_(None))
    .order_by(_SEEN.position, _DECLARED.position)
)


def receipt_of(session: Session, traverse_id: str) -> Receipt:
    """The answer to a traverse that came before, read back from the records."""
    rows = _LINKS.rows(session, {"traverse": traverse_id})
    links = tuple(ObservationLink(ident, Outcome(outcome), case_id, why) for ident, outcome, case_id, why in rows)
    return Receipt(traverse_id, False, links, missing_of(session, traverse_id))


def missing_of(session: Session, traverse_id: str) -> tuple[str, ...]:
    """The pictures that a stored traverse declared and that are not here yet, each once, in its order."""
    return tuple(dict.fromkeys(row[0] for row in _MISSING.rows(session, {"traverse": traverse_id})))
