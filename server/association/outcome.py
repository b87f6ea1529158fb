"""What came of one traverse: where its true path lay, what each observation belongs to, and the case states then."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from pipeline.observation import Covariance
from pipeline.reasons import Reason
from server.association.memory import Memory
from server.association.merge import Merge
from server.association.state import OpenCase


@dataclass(frozen=True, slots=True)
class Attach:
    """It shows the problem of this open case."""

    case_id: str


@dataclass(frozen=True, slots=True)
class Open:
    """It shows a new problem: `Association.opened[index]`. recurs_of: the fixed case that stood at the same place."""

    index: int
    recurs_of: str | None = None


@dataclass(frozen=True, slots=True)
class Suppress:
    """It shows what an operator has dismissed as this case; it is linked there and raises nothing."""

    case_id: str


@dataclass(frozen=True, slots=True)
class Reject:
    """It cannot be associated."""

    reason: Reason


Outcome = Attach | Open | Suppress | Reject


@dataclass(frozen=True, slots=True)
class Link:
    """The outcome for one observation. log_odds: how much likelier it was than the next best, natural logarithm."""

    observation_id: UUID
    outcome: Outcome
    log_odds: float


@dataclass(frozen=True, slots=True)
class Shift:
    """The correction found for a traverse, to be added to its positions. covariance: of the remaining shared error."""

    east_m: float
    north_m: float
    covariance: Covariance
    matched: int


@dataclass(frozen=True, slots=True)
class Association:
    """The answer for one traverse.

    links: one per observation, in the traverse's order. opened: states of new cases; their case_id is empty until
    the server names them (`dataclasses.replace`). updated: states of the known cases that changed, also of those
    that were looked for and not seen. memory: what was learned about appearance, for the next call. merges: pairs that
    are now seen to be one problem; `updated` holds the folded state under the kept id, the other may be closed.
    """

    shift: Shift
    links: tuple[Link, ...]
    opened: tuple[OpenCase, ...]
    updated: tuple[OpenCase, ...]
    memory: Memory
    merges: tuple[Merge, ...] = ()
