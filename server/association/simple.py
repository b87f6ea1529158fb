"""Simple matching: each thing shows the nearest case of its kind, if that lies within the error of both.

Behind the same seam as the engine, for a city that chooses it and as a yardstick. It takes the error of every place for
its own: it solves no offset of the traverse, looks at no appearance, and believes that a case has gone once it was not
seen for the life of its kind. Nothing is merged. What is tied to one registered thing is one, and never another's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, replace
from itertools import chain, groupby, repeat
from typing import Final

import numpy as np

from pipeline.observation import Covariance, Observation
from pipeline.reasons import Reason
from pipeline.traverse import Traverse
from server.association import ellipse, part
from server.association.ellipse import Ellipse
from server.association.existence import NS_PER_H
from server.association.matching import IMPOSSIBLE, one_to_one
from server.association.memory import Memory
from server.association.outcome import Association, Attach, Link, Open, Outcome, Reject, Shift, Suppress
from server.association.plane import Plane
from server.association.priors import Priors
from server.association.sighting import located, worth_of
from server.association.state import OpenCase, Standing

WITHIN: Final = 5.991
"""Squared sigmas that hold 95 % of what scatters on a plane (χ² of two degrees of freedom)."""
NOT_SHARED: Final = Covariance(1e-6, 0.0, 1e-6)
"""No part of an error is known to be common to neighbours."""
UNLOCATED: Final = Reject(Reason.UNLOCATED)


@dataclass(frozen=True, slots=True)
class _Thing:
    """A problem where it is believed to stand on the plane. case: what was known of it before; tied: the registered
    thing that it is, if it is one; seen: which of the traverse's observations show it."""

    case: OpenCase | None
    place: tuple[float, float]
    error: Ellipse
    tied: str
    seen: tuple[int, ...] = ()


def associate(
    traverse: Traverse,
    open_cases: Sequence[OpenCase],
    priors: Priors,
    memory: Memory,
    parted: Set[frozenset[str]] = frozenset(),  # noqa: ARG001 - nothing is merged
) -> Association:
    """Say for each observation of a traverse which case it shows; the memory stays as it is. Pure, as the engine's."""
    seen, picked = traverse.observations, located(traverse.observations)
    utc_ns = max([pose.utc_ns for pose in traverse.poses] + [one.utc_ns for one in seen], default=0)
    ranked = sorted(open_cases, key=lambda case: case.case_id)
    lapsed = [case for case in ranked if _has_lapsed(case, utc_ns, priors)]
    standing = [case for case in ranked if _stands(case, utc_ns, priors)]
    closed = [case for case in ranked if case.standing is Standing.CLOSED]
    outcomes: dict[int, Outcome] = {}
    opened: list[OpenCase] = []
    updated = [_ended(case, utc_ns) for case in lapsed if case.gone < 1.0]
    for thing, plane in _things(seen, picked, standing):
        rows = [seen[index] for index in thing.seen]
        if thing.case is None:
            outcomes.update(dict.fromkeys(thing.seen, Open(len(opened), _recurs_of(thing, rows, plane, closed))))
            opened.append(_opened(thing, rows, plane))
            continue
        name, dismissed = thing.case.case_id, thing.case.standing is Standing.DISMISSED
        outcomes.update(dict.fromkeys(thing.seen, Suppress(name) if dismissed else Attach(name)))
        updated.append(_attached(thing, thing.case, rows, plane))
    links = tuple(Link(one.id, outcomes.get(index, UNLOCATED), 0.0) for index, one in enumerate(seen))
    matched = sum(isinstance(outcome, Attach | Suppress) for outcome in outcomes.values())
    shift = Shift(0.0, 0.0, NOT_SHARED, matched)
    return Association(shift, links, tuple(opened), tuple(updated), memory)


def _has_lapsed(case: OpenCase, utc_ns: int, priors: Priors) -> bool:
    """Whether a case was not seen for the life of its kind; what was dismissed stays dismissed."""
    lasts_ns = priors.of(case.category).life_h * NS_PER_H
    return case.standing is Standing.OPEN and utc_ns - case.last_seen_ns > lasts_ns


def _stands(case: OpenCase, utc_ns: int, priors: Priors) -> bool:
    """Whether a thing may show it."""
    return case.standing is not Standing.CLOSED and not _has_lapsed(case, utc_ns, priors)


def _recurs_of(thing: _Thing, rows: Sequence[Observation], plane: Plane, closed: Sequence[OpenCase]) -> str | None:
    """The closed case of the same kind whose place this is, the nearest where several fit; else None."""
    best, best_far = None, WITHIN
    for case in closed:
        if case.category != rows[0].category or part.are_two(thing.tied, case.part):
            continue
        east, north = plane.offset_m(case.lat, case.lon)
        both = thing.error.plus(case.error).inverse()
        far = both.square(thing.place[0] - east, thing.place[1] - north)
        if far < best_far:
            best, best_far = case.case_id, far
    return best


def _things(
    seen: Sequence[Observation], picked: Sequence[int], standing: Sequence[OpenCase]
) -> Iterator[tuple[_Thing, Plane]]:
    """What the located observations show, category by category in the order in which they were made."""
    first = sorted(picked, key=lambda index: (seen[index].category, seen[index].utc_ns, index))
    for category, group in groupby(first, key=lambda index: seen[index].category):
        mine = list(group)
        plane = Plane.at(seen[mine[0]].lat or 0.0, seen[mine[0]].lon or 0.0)
        kind = _Kind([case for case in standing if case.category == category], len(mine), plane)
        for _, frame in groupby(mine, key=lambda index: seen[index].utc_ns):
            kind.show([(index, seen[index]) for index in frame])
        yield from ((thing, plane) for thing in kind.things() if thing.seen)


class _Kind:
    """The things of one kind as rows of east, north and the three terms of their error; the known ones first, then room
    for all that may be new."""

    def __init__(self, cases: Sequence[OpenCase], most_new: int, plane: Plane) -> None:
        self._cases, self._plane = cases, plane
        self._seen: list[tuple[int, ...]] = [()] * len(cases)
        self._ties = [case.part for case in cases]
        self._rows = np.empty((len(cases) + most_new, 5))
        if cases:
            self._rows[: len(cases)] = [(*plane.offset_m(case.lat, case.lon), *case.error) for case in cases]

    def show(self, frame: Sequence[tuple[int, Observation]]) -> None:
        """Take what one frame shows: one to one the nearest thing where the error of both allows it, else a new one."""
        shown = [self._row(one) for _, one in frame]
        told, known = np.array(shown), self._rows[: len(self._seen)]
        east, north = (told[:, None, term] - known[:, term] for term in (0, 1))
        both = Ellipse(*(told[:, None, term] + known[:, term] for term in (2, 3, 4)))
        gains = WITHIN - both.inverse().square(east, north)
        ties = [part.tied_to(one) for _, one in frame]
        for at, tied in enumerate(ties):
            if tied:
                gains[at] = [_tied(gain, tied, other) for gain, other in zip(gains[at], self._ties, strict=True)]
        for (index, _), tied, row, column in zip(frame, ties, shown, one_to_one(gains), strict=True):
            if column < 0:
                self._rows[len(self._seen)] = row
                self._seen.append((index,))
                self._ties.append(tied)
                continue
            before_east, before_north, *before = self._rows[column].tolist()
            away = row[0] - before_east, row[1] - before_north
            east_m, north_m, error = ellipse.fused(Ellipse(*before), Ellipse(*row[2:]), *away)
            self._rows[column] = before_east + east_m, before_north + north_m, *error
            self._seen[column] += (index,)
            self._ties[column] = self._ties[column] or tied

    def _row(self, one: Observation) -> tuple[float, ...]:
        """A located observation as a row."""
        error = NOT_SHARED if one.covariance is None else one.covariance
        return *self._plane.offset_m(one.lat or 0.0, one.lon or 0.0), error.ee, error.en, error.nn

    def things(self) -> Iterator[_Thing]:
        """All of them, as they are placed now."""
        cases = chain(self._cases, repeat(None))
        told = zip(cases, self._rows.tolist(), self._ties, self._seen, strict=False)
        for case, (east, north, *error), tied, seen in told:
            yield _Thing(case, (east, north), Ellipse(*error), tied, seen)


def _tied(gain: float, tied: str, other: str) -> float:
    """What a match is worth between something tied to a registered thing and one that is tied to `other`, if to any."""
    if part.are_two(tied, other):
        return -IMPOSSIBLE
    return WITHIN if tied == other else gain


def _opened(thing: _Thing, rows: Sequence[Observation], plane: Plane) -> OpenCase:
    """The state of a new case."""
    lat, lon = plane.to_latlon(*thing.place)
    last_ns = max(row.utc_ns for row in rows)
    return OpenCase(
        case_id="",
        category=rows[0].category,
        standing=Standing.OPEN,
        lat=lat,
        lon=lon,
        own=ellipse.covariance(thing.error),
        shared=NOT_SHARED,
        looks=(),
        solid=1.0,
        faint=0.0,
        worth=sum(worth_of(row) for row in rows),
        first_seen_ns=min(row.utc_ns for row in rows),
        last_seen_ns=last_ns,
        as_of_ns=last_ns,
        traverses=1,
        observations=len(rows),
        names=(str(rows[0].id),),
        part=thing.tied,
    )


def _attached(thing: _Thing, case: OpenCase, rows: Sequence[Observation], plane: Plane) -> OpenCase:
    """The case after it was seen."""
    lat, lon = plane.to_latlon(*thing.place)
    last_ns = max(row.utc_ns for row in rows)
    return replace(
        case,
        lat=lat,
        lon=lon,
        own=ellipse.covariance(thing.error),
        shared=NOT_SHARED,
        solid=1.0,
        faint=0.0,
        worth=case.worth + sum(worth_of(row) for row in rows),
        first_seen_ns=min(case.first_seen_ns, *(row.utc_ns for row in rows)),
        last_seen_ns=max(case.last_seen_ns, last_ns),
        as_of_ns=max(case.as_of_ns, last_ns),
        traverses=case.traverses + 1,
        observations=case.observations + len(rows),
        part=thing.tied,
    )


def _ended(case: OpenCase, utc_ns: int) -> OpenCase:
    """The case after nobody has seen it for so long."""
    return case.believed(0.0, 0.0, max(case.as_of_ns, utc_ns), case.waiting, case.missed_ns, case.gaps)
