"""Two that one traverse saw side by side are two for ever, whatever becomes of their cases.

A case goes by a name made of the observation that opened it, and takes along the names of whatever is folded into it.
What was seen beside it is noted by name, so a note holds through every merge, whichever of the two goes on. Nothing is
ever dropped from the notes: a case that has as many as it may carry is no longer merged.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Iterable, Sequence
from dataclasses import replace
from hashlib import blake2b
from itertools import takewhile
from typing import Final
from uuid import UUID

import numpy as np

from server.association.pairs import alike
from server.association.part import are_two
from server.association.sighting import Sighting, in_one_picture
from server.association.state import Glance, OpenCase

MOST_NAMES: Final = 256
"""Names and notes that a case carries, each; a bound for what a state weighs, far beyond what a street brings."""
NAME_BYTES: Final = 9
"""Of a digest, twelve letters: all that one picture showed carry each other's, and only neighbours are told apart by
them. Cases that were opened before names were short go on by the whole id."""
GLANCES_KEPT: Final = 16
"""Only the traverses before and after a cut share moments with it; a neighbour may come so many sightings late."""

Seen = tuple[Sighting, OpenCase]
"""One thing that a traverse saw, and the state of its case afterwards."""


def name_of(observation_id: UUID) -> str:
    """What a case is called that this observation opened."""
    return urlsafe_b64encode(blake2b(observation_id.bytes, digest_size=NAME_BYTES).digest()).decode()


def may_be_one(one: OpenCase, other: OpenCase) -> bool:
    """Whether neither is noted as something else than the other or tied to another part, and both can still take
    notes."""
    full = max(len(one.apart), len(other.apart), len(one.names) + len(other.names) + 2) >= MOST_NAMES
    return not (full or told(one, other) or _met(one.glances, other.glances) or are_two(one.part, other.part))


def told(one: OpenCase, other: OpenCase) -> bool:
    """Whether either is noted as something else than the other."""
    return not (set(other.known_as).isdisjoint(one.apart) and set(one.known_as).isdisjoint(other.apart))


def union(one: Sequence[str], other: Sequence[str]) -> tuple[str, ...]:
    """The names of both, in order, each once; at most as many as a case carries, which is where it merges no more."""
    return tuple(dict.fromkeys((*one, *other)))[:MOST_NAMES]


def newest(glances: Iterable[Glance]) -> tuple[Glance, ...]:
    """Those that are kept, in order."""
    return tuple(sorted(glances, key=_when))[-GLANCES_KEPT:]


def and_newer(glances: tuple[Glance, ...], one: Glance) -> tuple[Glance, ...]:
    """Those that are kept with one more, which is nearly always the newest."""
    in_order = not glances or _when(glances[-1]) <= _when(one)
    return (*glances, one)[-GLANCES_KEPT:] if in_order else newest((*glances, one))


def _when(glance: Glance) -> tuple[int, int, str]:
    return glance.last_ns, glance.first_ns, glance.device


def never(one: OpenCase, other: OpenCase) -> tuple[OpenCase, OpenCase]:
    """Both, each told that it is not the other: for what one traverse saw, and for people who know."""
    return _noted(one, [other.name]), _noted(other, [one.name])


def _noted(this: OpenCase, those: Sequence[str]) -> OpenCase:
    """The case, told that it is none of those that go by these names."""
    return this if set(this.apart).issuperset(those) else replace(this, apart=union(this.apart, those))


def side_by_side(seen: Sequence[Seen]) -> list[OpenCase]:
    """The states of what one traverse saw, each told which of the others it never is.

    All that were in the picture at one moment are two. What was only seen one after the other may be pieces of one.
    """
    if len(seen) < 2:
        return [state for _, state in seen]
    things, names = [sighting for sighting, _ in seen], np.array([state.name for _, state in seen], object)
    met = in_one_picture(things) & alike(things, things)
    return [_noted(state, names[rows].tolist()) for (_, state), rows in zip(seen, met, strict=True)]


def overlapping(seen: Sequence[Sighting], device: str, known: Sequence[OpenCase]) -> list[tuple[int, int]]:
    """(row, column) of each thing seen and each known case that this device had in one picture, although another
    traverse tells of the case: a track that ends just after the cut between two traverses was seen beside those that
    ended before it."""
    if not seen:
        return []
    first, last = min(one.first_ns for one in seen), max(one.last_ns for one in seen)
    met = [
        (column, glance)
        for column, case in enumerate(known)
        if case.glances and case.glances[-1].last_ns >= first
        for glance in takewhile(lambda glance: glance.last_ns >= first, reversed(case.glances))
        if glance.device == device and glance.first_ns <= last
    ]
    return [
        (row, column)
        for column, glance in met
        for row, one in enumerate(seen)
        if any(begin <= glance.last_ns and end >= glance.first_ns for begin, end in one.spans)
    ]


def _met(mine: Sequence[Glance], its: Sequence[Glance]) -> bool:
    return last_met_ns(mine, its) > 0


def last_met_ns(mine: Sequence[Glance], its: Sequence[Glance]) -> int:
    """When two were last in one picture, as far as is remembered; 0 where that is nowhere."""
    meetings = (
        max(one.last_ns, other.last_ns)
        for one in reversed(mine)
        for other in reversed(its)
        if one.first_ns <= other.last_ns and other.first_ns <= one.last_ns and one.device == other.device
    )
    return next(meetings, 0)
