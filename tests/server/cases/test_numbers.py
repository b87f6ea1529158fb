"""Which numbers a case shows: the best supported, with the slips of single sightings left out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.phones import Phone
from server.cases.numbers import LEAST_SUPPORT, one_digit_apart, slips_of, supported

A, B, SLIP, PART = "12034567890", "11098765432", "12034567899", "12034567"
NUMBERS = st.sampled_from([A, B, SLIP, PART, "+49301234567"])
SIGHTINGS = st.lists(
    st.lists(st.builds(Phone, NUMBERS, st.floats(0.05, 1.0)), max_size=4, unique_by=lambda phone: phone.number),
    max_size=6,
)


def told(*sightings: dict[str, float]) -> list[str]:
    rows = [[Phone(number, confidence) for number, confidence in one.items()] for one in sightings]
    return [one.number for one in supported(rows)]


@pytest.mark.parametrize(
    ("sightings", "expected"),
    [
        ([], []),
        ([{A: 0.9}], [A]),
        ([{A: 0.5}, {B: 0.9}], [B, A]),
        ([{A: 0.5}, {A: 0.5}, {B: 0.9}], [A, B]),
        ([{A: 0.5}, {A: 0.4}, {SLIP: 0.8}], [A]),
        ([{A: 0.5}, {SLIP: 0.8}], [SLIP]),
        ([{A: 0.9, SLIP: 0.8}], [A, SLIP]),
        ([{A: 0.9}, {PART: 0.45}], [A]),
        ([{A: LEAST_SUPPORT - 0.01}], []),
        ([{A: 0.06}, {A: 0.06}], [A]),
    ],
)
def test_the_numbers_of_a_case(sightings: list[dict[str, float]], expected: list[str]) -> None:
    assert told(*sightings) == expected


@given(SIGHTINGS, st.randoms(use_true_random=False))
def test_the_order_of_sightings_does_not_matter(sightings: list[list[Phone]], random: object) -> None:
    shuffled = list(sightings)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert supported(shuffled) == supported(sightings)


@given(SIGHTINGS)
def test_no_number_comes_from_nowhere_and_the_best_supported_is_never_dropped(sightings: list[list[Phone]]) -> None:
    found = supported(sightings)
    read = {phone.number for one in sightings for phone in one}
    assert {one.number for one in found} <= read
    support = {number: sum(p.confidence for one in sightings for p in one if p.number == number) for number in read}
    if support and max(support.values()) >= LEAST_SUPPORT:
        assert support[found[0].number] == pytest.approx(max(support.values()), abs=1e-3)


@given(NUMBERS)
def test_the_slips_of_a_number_are_those_one_digit_apart(number: str) -> None:
    slips = slips_of(number)
    assert len(slips) == 9 * sum(character.isdigit() for character in number)
    assert all(one_digit_apart(number, slip) for slip in slips)
    assert number not in slips
