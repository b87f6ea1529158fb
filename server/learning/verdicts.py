"""What the field said of an observation: the rule, as a table over how its case ended and how it belongs to the case.

A verdict is about one sighting of one detector. Where people decided about something else than whether the thing was
there (whose job it is, whether the picture is sharp enough), there is none, and the table says why.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from server.cases.lifecycle import CloseReason, Finding
from server.cases.outcomes import Outcome


class Verdict(StrEnum):
    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"


class Unjudged(StrEnum):
    """Why there is no verdict. Every member has a line in docs/server.md."""

    NO_CASE = "no_case"
    STILL_OPEN = "still_open"
    LAPSED = "lapsed"
    CANCELLED = "cancelled"
    OTHER_FINDING = "other_finding"
    SEEN_AFTER_FIX = "seen_after_fix"
    LOOK_ALIKE = "look_alike"


class Ending(StrEnum):
    """How a case ended, or that it has not; a merged case has the ending of the one that it went into."""

    OPEN = "open"
    FIXED = "fixed"
    PERSUADED = "persuaded"
    ESCALATED = "escalated"
    NOT_A_PROBLEM = "not_a_problem"
    DISMISSED_OTHERWISE = "dismissed_otherwise"
    CANCELLED = "cancelled"
    LAPSED = "lapsed"


class Tie(StrEnum):
    """How an observation belongs to its case. SINCE_FIX: seen after the crew fed back the fix that was approved."""

    OWN = "own"
    SINCE_FIX = "since_fix"
    SUPPRESSED = "suppressed"


_CONFIRMED: Final[Mapping[Tie, Verdict | Unjudged]] = {
    Tie.OWN: Verdict.CONFIRMED,
    Tie.SINCE_FIX: Unjudged.SEEN_AFTER_FIX,
    Tie.SUPPRESSED: Unjudged.LOOK_ALIKE,
}
_REFUTED: Final[Mapping[Tie, Verdict | Unjudged]] = dict.fromkeys(Tie, Verdict.DISMISSED)

VERDICTS: Final[Mapping[Ending, Mapping[Tie, Verdict | Unjudged]]] = MappingProxyType(
    {
        Ending.FIXED: _CONFIRMED,
        Ending.PERSUADED: _CONFIRMED,
        Ending.ESCALATED: _CONFIRMED,
        Ending.NOT_A_PROBLEM: _REFUTED,
        Ending.DISMISSED_OTHERWISE: dict.fromkeys(Tie, Unjudged.OTHER_FINDING),
        Ending.CANCELLED: dict.fromkeys(Tie, Unjudged.CANCELLED),
        Ending.LAPSED: dict.fromkeys(Tie, Unjudged.LAPSED),
        Ending.OPEN: dict.fromkeys(Tie, Unjudged.STILL_OPEN),
    }
)

_PLAIN: Final[Mapping[CloseReason | None, Ending]] = MappingProxyType(
    {
        None: Ending.OPEN,
        CloseReason.FIXED: Ending.FIXED,
        CloseReason.PERSUADED: Ending.PERSUADED,
        CloseReason.ESCALATED: Ending.ESCALATED,
        CloseReason.CANCELLED: Ending.CANCELLED,
        CloseReason.LAPSED: Ending.LAPSED,
    }
)


@dataclass(frozen=True, slots=True)
class CaseStory:
    """What the rule needs of a case's history. fixed_ns: when the crew last fed back, of a fixed case."""

    id: str
    closed_as: CloseReason | None
    finding: Finding | None = None
    fixed_ns: int | None = None
    merged_into: str | None = None


def ending_of(closed_as: CloseReason | None, finding: Finding | None) -> Ending:
    """How a case ended. Raises ValueError for a merged one, whose ending is its survivor's."""
    match closed_as:
        case CloseReason.MERGED:
            raise ValueError("a merged case has the ending of its survivor: ask for that")
        case CloseReason.DISMISSED:
            return Ending.NOT_A_PROBLEM if finding is Finding.NOT_A_PROBLEM else Ending.DISMISSED_OTHERWISE
        case plain:
            return _PLAIN[plain]


def survivor_of(story: CaseStory, stories: Mapping[str, CaseStory]) -> CaseStory:
    """The case that a case went into, through any number of merges; itself where it was not merged.

    Raises ValueError where merges go round in a circle or into nowhere, which the server never writes.
    """
    passed = {story.id}
    while story.closed_as is CloseReason.MERGED:
        after = stories.get(story.merged_into or "")
        if after is None or after.id in passed:
            raise ValueError(f"case {story.id} was merged into {story.merged_into}, which leads nowhere")
        passed.add(after.id)
        story = after
    return story


def tie_of(outcome: Outcome, since_fix: bool) -> Tie:
    """How an observation that has a case belongs to it."""
    if outcome is Outcome.SUPPRESSED:
        return Tie.SUPPRESSED
    return Tie.SINCE_FIX if since_fix else Tie.OWN


def verdict_of(outcome: Outcome, seen_ns: int, story: CaseStory | None) -> Verdict | Unjudged:
    """The field's word on one observation; `story` is its case's survivor, None where it has no case."""
    if story is None:
        return Unjudged.NO_CASE
    since_fix = story.fixed_ns is not None and seen_ns > story.fixed_ns
    return VERDICTS[ending_of(story.closed_as, story.finding)][tie_of(outcome, since_fix)]
