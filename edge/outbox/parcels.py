"""What lies in the outbox: parcels on their way in, items on their way out, and in which order they go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Final

from pipeline.events import Finished
from pipeline.evidence import Picture
from pipeline.observation import EvidenceRole, Observation
from pipeline.taxonomy import Taxonomy
from pipeline.wire import to_wire

URGENT_WORKING_H: Final = 2.0
"""A category whose clock gives a crew no more working hours than this makes its traverse urgent."""


class Rank(IntEnum):
    """Who goes first; kept in the outbox's file, so a number never changes its meaning."""

    URGENT_RECORD = 0
    RECORD = 1
    URGENT_CLOSE = 2
    CLOSE = 3
    WIDE = 4
    CLIP = 5


RANKED_BY_ROLE: Final[Mapping[EvidenceRole, Rank]] = {
    EvidenceRole.CLOSE: Rank.CLOSE,
    EvidenceRole.AFTER: Rank.CLOSE,
    EvidenceRole.SEALED: Rank.CLOSE,
    EvidenceRole.WIDE: Rank.WIDE,
    EvidenceRole.CLIP: Rank.CLIP,
}

PATIENCE: Final[Mapping[Rank, int]] = {
    Rank.URGENT_RECORD: 0,
    Rank.RECORD: 500,
    Rank.URGENT_CLOSE: 1_000,
    Rank.CLOSE: 2_000,
    Rank.WIDE: 8_000,
    Rank.CLIP: 20_000,
}
"""How many others may be answered before an item is overdue. Counted in answers, not in hours: a day without a link
ages nothing, and a clock that jumps changes nothing."""

OVERDUE_TURN: Final = 16
"""Every so many answers the item longest overdue goes first, so that nothing starves and nothing floods."""


class ItemKind(StrEnum):
    TRAVERSE = "traverse"
    EVIDENCE = "evidence"


class ParkReason(StrEnum):
    """Why an item will not be sent again by itself. Every member has a line in docs/edge.md."""

    CONFLICT = "conflict"
    INVALID = "invalid"
    TOO_LARGE = "too_large"
    UNDECLARED = "undeclared"
    REFUSED = "refused"
    SERVER_FAULT = "server_fault"
    TRAVERSE_PARKED = "traverse_parked"
    DAMAGED = "damaged"
    NO_ROOM = "no_room"


@dataclass(frozen=True, slots=True)
class Parcel:
    """A body to keep until the server has it: a traverse's JSON (id: its UUID) or a picture (id: its SHA-256)."""

    id: str
    body: bytes
    media_type: str
    rank: Rank


@dataclass(frozen=True, slots=True)
class Item:
    """One parcel that waits. attempts: how often sending it failed.

    progress: what the transport wrote down after the last step that went well, for an item that takes several. seal: of
    a traverse, its link in the device's chain (pipeline/seal.py), empty where it has none.
    """

    id: str
    kind: ItemKind
    body: bytes
    media_type: str
    attempts: int
    progress: str = ""
    seal: str = ""


@dataclass(frozen=True, slots=True)
class Head:
    """The first of a rank that may go. since: how many answers had been given when it first might."""

    rank: Rank
    seq: int
    since: int

    @property
    def due(self) -> int:
        """The number of answers from which on it is overdue."""
        return self.since + PATIENCE[self.rank]


def next_turn(heads: Sequence[Head], answered: int) -> Head | None:
    """Whose turn it is after so many answers: the lowest rank's, but every sixteenth that of the longest overdue.

    An overdue item is chosen after at most sixteen answers for each item that was due before it, whatever comes in.
    """
    if not heads:
        return None
    if answered % OVERDUE_TURN == OVERDUE_TURN - 1:
        longest = min(heads, key=lambda head: (head.due, head.rank))
        if longest.due <= answered:
            return longest
    return min(heads, key=lambda head: head.rank)


def pack(told: Finished, taxonomy: Taxonomy) -> tuple[Parcel, list[Parcel]]:
    """A finished traverse as parcels, with the ranks of what was seen in it."""
    traverse = told.traverse
    urgent = [seen for seen in traverse.observations if _urgent(seen, taxonomy)]
    rank = Rank.URGENT_RECORD if urgent else Rank.RECORD
    record = Parcel(str(traverse.id), to_wire(traverse).model_dump_json().encode(), "application/json", rank)
    shown = {item.sha256 for seen in urgent for item in seen.evidence}
    return record, [_picture(one, one.evidence.sha256 in shown) for one in told.pictures]


def _urgent(seen: Observation, taxonomy: Taxonomy) -> bool:
    category = taxonomy.categories.get(seen.category)
    return category is not None and category.clock_working_h <= URGENT_WORKING_H


def _picture(one: Picture, urgent: bool) -> Parcel:
    rank = RANKED_BY_ROLE[one.evidence.role]
    if urgent and rank is Rank.CLOSE:
        rank = Rank.URGENT_CLOSE
    return Parcel(one.evidence.sha256, one.content, one.evidence.media_type, rank)
