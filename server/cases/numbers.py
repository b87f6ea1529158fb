"""Which numbers a case shows, out of what its sightings read; and which numbers look like slips of one another.

A number's support is the sum of the confidences of the sightings that read it. A number that no sighting read beside a
better supported one, and that differs from it by one digit or is a part of it, is that one read badly: it is dropped.
Numbers read in one sighting are several, however alike: an advertiser may have two in a row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pipeline.phones import Phone

LEAST_SUPPORT: Final = 0.1
"""A number less likely than this to be right, over all sightings, would only make advertisers that nobody is."""
MOST_NUMBERS: Final = 8


@dataclass(frozen=True, slots=True)
class Supported:
    """A number of a case. sightings: how many read it just so."""

    number: str
    support: float
    sightings: int


def supported(sightings: Sequence[Sequence[Phone]]) -> tuple[Supported, ...]:
    """The numbers of a case, the best supported first; the order of sightings does not matter."""
    read = [{phone.number: phone.confidence for phone in phones} for phones in sightings]
    ranked = sorted(
        (
            Supported(number, round(sum(one.get(number, 0.0) for one in read), 4), sum(number in one for one in read))
            for number in {number for one in read for number in one}
        ),
        key=lambda one: (-one.support, one.number),
    )
    kept: list[Supported] = []
    for one in ranked:
        slip = any(_read_badly(one.number, better.number) and not _together(one, better, read) for better in kept)
        if one.support >= LEAST_SUPPORT and not slip:
            kept.append(one)
    return tuple(kept[:MOST_NUMBERS])


def one_digit_apart(one: str, other: str) -> bool:
    """Whether two numbers are of one length and differ in exactly one digit."""
    return len(one) == len(other) and sum(a != b for a, b in zip(one, other, strict=True)) == 1


def slips_of(number: str) -> frozenset[str]:
    """Every number one digit apart from this one; a leading + is no digit."""
    return frozenset(
        number[:at] + digit + number[at + 1 :]
        for at, own in enumerate(number)
        if own != "+"
        for digit in "0123456789"
        if digit != own
    )


def _read_badly(number: str, better: str) -> bool:
    return one_digit_apart(number, better) or number in better


def _together(one: Supported, other: Supported, read: Sequence[dict[str, float]]) -> bool:
    return any(one.number in sighting and other.number in sighting for sighting in read)
