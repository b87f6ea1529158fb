"""The answer to a traverse: what became of each observation, and which pictures are still to come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from pipeline.traverse import Traverse
from server.cases.outcomes import Outcome
from server.records.adding import table_of
from server.records.among import among, texts
from server.records.locks import many_writers
from server.records.pictures import StoredPicture
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
_LINKS: Final = Prepared(
    select(_SEEN.id, _SEEN.outcome, _SEEN.case_id, _SEEN.reason)
    .where(_SEEN.traverse_id == bindparam("traverse"))
    .order_by(_SEEN.position)
)


def receipt_of(session: Session, traverse: Traverse) -> Receipt:
    """The answer to a traverse that came before, read back from the records."""
    traverse_id = str(traverse.id)
    rows = _LINKS.rows(session, {"traverse": traverse_id})
    links = tuple(ObservationLink(ident, Outcome(outcome), case_id, why) for ident, outcome, case_id, why in rows)
    [missing] = missing_of(session, [traverse])
    return Receipt(traverse_id, False, links, missing)


def missing_of(session: Session, traverses: Sequence[Traverse]) -> list[tuple[str, ...]]:
    """The pictures that each of these declares and that are not here yet, each once, in its order."""
    declared = [[item.sha256 for seen in one.observations for item in seen.evidence] for one in traverses]
    asked = {sha256 for some in declared for sha256 in some}
    if not asked:
        return [()] * len(traverses)
    many = many_writers(session)
    stored = {row[0] for row in _stored(many).rows(session, {"pictures": texts(many, asked)})}
    return [tuple(dict.fromkeys(sha256 for sha256 in some if sha256 not in stored)) for some in declared]


@cache
def _stored(many: bool) -> Prepared:
    return Prepared(select(StoredPicture.sha256).where(among(many, StoredPicture.sha256, "pictures")))
