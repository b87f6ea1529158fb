"""The rule book of verdicts, walked whole: every ending of a case, every tie of an observation to it."""

from __future__ import annotations

from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.cases.lifecycle import CloseReason, Finding
from server.cases.outcomes import Outcome
from server.learning.verdicts import (
    VERDICTS,
    CaseStory,
    Ending,
    Tie,
    Unjudged,
    Verdict,
    ending_of,
    survivor_of,
    verdict_of,
)

C, D = Verdict.CONFIRMED, Verdict.DISMISSED
# How the case ended: its own sightings, those after the approved fix, look-alikes that were suppressed.
RULES = {
    Ending.FIXED: (C, Unjudged.SEEN_AFTER_FIX, Unjudged.LOOK_ALIKE),
    Ending.PERSUADED: (C, Unjudged.SEEN_AFTER_FIX, Unjudged.LOOK_ALIKE),
    Ending.ESCALATED: (C, Unjudged.SEEN_AFTER_FIX, Unjudged.LOOK_ALIKE),
    Ending.NOT_A_PROBLEM: (D, D, D),
    Ending.DISMISSED_OTHERWISE: (Unjudged.OTHER_FINDING,) * 3,
    Ending.CANCELLED: (Unjudged.CANCELLED,) * 3,
    Ending.LAPSED: (Unjudged.LAPSED,) * 3,
    Ending.OPEN: (Unjudged.STILL_OPEN,) * 3,
}
# What the records say of a case's end, and what it means.
ENDINGS = {
    (None, None): Ending.OPEN,
    (CloseReason.FIXED, None): Ending.FIXED,
    (CloseReason.PERSUADED, None): Ending.PERSUADED,
    (CloseReason.ESCALATED, None): Ending.ESCALATED,
    (CloseReason.CANCELLED, None): Ending.CANCELLED,
    (CloseReason.LAPSED, None): Ending.LAPSED,
    (CloseReason.DISMISSED, None): Ending.DISMISSED_OTHERWISE,
    (CloseReason.DISMISSED, Finding.NOT_A_PROBLEM): Ending.NOT_A_PROBLEM,
    (CloseReason.DISMISSED, Finding.CANNOT_BE_JUDGED): Ending.DISMISSED_OTHERWISE,
    (CloseReason.DISMISSED, Finding.NOT_OURS): Ending.DISMISSED_OTHERWISE,
    (CloseReason.DISMISSED, Finding.ALREADY_GONE): Ending.DISMISSED_OTHERWISE,
}


def story(closed_as: CloseReason | None, finding: Finding | None = None, fixed_ns: int | None = None) -> CaseStory:
    return CaseStory("case", closed_as, finding, fixed_ns)


def test_every_ending_and_every_tie_has_one_answer() -> None:
    assert {ending: tuple(row[tie] for tie in Tie) for ending, row in VERDICTS.items()} == RULES
    assert set(RULES) == set(Ending)


def test_every_close_reason_with_every_finding_is_an_ending() -> None:
    for closed_as, finding in product([None, *CloseReason], [None, *Finding]):
        if closed_as is CloseReason.MERGED:
            continue
        key = (closed_as, finding if closed_as is CloseReason.DISMISSED else None)
        assert ending_of(closed_as, finding) is ENDINGS[key], key
    assert set(ENDINGS.values()) == set(Ending)


def test_a_merged_case_has_no_ending_of_its_own() -> None:
    with pytest.raises(ValueError, match="survivor"):
        ending_of(CloseReason.MERGED, None)


@pytest.mark.parametrize(
    ("outcome", "seen_ns", "expected"),
    [
        (Outcome.OPENED, 50, C),
        (Outcome.ATTACHED, 100, C),
        (Outcome.ATTACHED, 101, Unjudged.SEEN_AFTER_FIX),
        (Outcome.SUPPRESSED, 50, Unjudged.LOOK_ALIKE),
    ],
)
def test_what_is_seen_after_the_approved_fix_is_not_what_was_fixed(
    outcome: Outcome, seen_ns: int, expected: Verdict | Unjudged
) -> None:
    assert verdict_of(outcome, seen_ns, story(CloseReason.FIXED, fixed_ns=100)) is expected


def test_what_was_rejected_at_intake_has_no_verdict() -> None:
    assert verdict_of(Outcome.REJECTED, 1, None) is Unjudged.NO_CASE


@given(st.permutations([f"case-{number}" for number in range(6)]))
def test_a_merged_case_follows_its_survivor_through_any_chain(chain: list[str]) -> None:
    stories = {one: CaseStory(one, CloseReason.MERGED, merged_into=after) for one, after in pairwise(chain)}
    last = CaseStory(chain[-1], CloseReason.DISMISSED, Finding.NOT_A_PROBLEM)
    stories[last.id] = last
    assert {survivor_of(one, stories) for one in stories.values()} == {last}


@pytest.mark.parametrize("into", ["b", "nowhere", None])
def test_merges_that_lead_nowhere_are_a_fault_and_no_endless_walk(into: str | None) -> None:
    a = CaseStory("a", CloseReason.MERGED, merged_into="b")
    b = CaseStory("b", CloseReason.MERGED, merged_into="a" if into == "b" else into)
    with pytest.raises(ValueError, match="nowhere"):
        survivor_of(a, {"a": a, "b": b})
