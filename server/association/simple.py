"""Simple matching: each thing shows the nearest case of its kind, if that lies within the error of both.

Behind the same seam as the engine, for a city that chooses it and as a yardstick. It takes the error of every place for
its own: it solves no offset of the traverse, looks at no appearance, and believes that a case has gone once it was not
seen for the life of its kind. Nothing is merged. What is tied to one registered thing is one, and never another's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from itertools import chain, groupby, repeat
from operator import attrgetter, itemgetter
from typing import Any, Final, NamedTuple

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
from server.association.plane import Floats, Plane
from server.association.priors import Priors
from server.association.sighting import located, worth_of
from server.association.state import OpenCase, Standing

WITHIN: Final = 5.991
"""Squared sigmas that hold 95 % of what scatters on a plane (χ² of two degrees of freedom)."""
NOT_SHARED: Final = Covariance(1e-6, 0.0, 1e-6)
"""No part of an error is known to be common to neighbours."""
SUMMED: Final = np.array([1.0, 1.0, -1.0, -1.0, -1.0])[:, None, None]
"""Of two rows the places are subtracted and the errors added."""
MATCHED: Final = (Attach, Suppress)
UNLOCATED: Final = Reject(Reason.UNLOCATED)


class _Thing(NamedTuple):
    """A problem where it is believed to stand on the plane. case: what was known of it before; tied: the registered
    thing that it is, if it is one; seen: which of the traverse's observations show it."""

    case: OpenCase | None
    place: tuple[float, float]
    error: Ellipse
    tied: str
    seen: tuple[int, ...]


def associate(
    traverse: Traverse,
    open_cases: Sequence[OpenCase],
    priors: Priors,
    memory: Memory,
    parted: Set[frozenset[str]] = frozenset(),  # noqa: ARG001 - nothing is merged
) -> Association:
    """Say for each observation of a traverse which case it shows; the memory stays as it is. Pure, as the engine's."""
    seen = traverse.observations
    utc_ns = max([pose.utc_ns for pose in traverse.poses] + [one.utc_ns for one in seen], default=0)
    lapsed, standing, closed = _sorted_out(open_cases, utc_ns, priors)
    outcomes: list[Outcome] = [UNLOCATED] * len(seen)
    opened: list[OpenCase] = []
    updated = [_ended(case, utc_ns) for case in lapsed if case.gone < 1.0]
    for thing, plane in _things(seen, standing):
        rows = [seen[index] for index in thing.seen]
        outcome: Outcome
        if (case := thing.case) is None:
            outcome = Open(len(opened), _recurs_of(thing, rows, plane, closed))
            opened.append(_opened(thing, rows, plane))
        else:
            dismissed = case.standing is Standing.DISMISSED
            outcome = Suppress(case.case_id) if dismissed else Attach(case.case_id)
            updated.append(_attached(thing, case, rows, plane))
        for index in thing.seen:
            outcomes[index] = outcome
    links = tuple([Link(one.id, outcome, 0.0) for one, outcome in zip(seen, outcomes, strict=True)])
    matched = sum([isinstance(outcome, MATCHED) for outcome in outcomes])
    return Association(Shift(0.0, 0.0, NOT_SHARED, matched), links, tuple(opened), tuple(updated), memory)


def _sorted_out(
    cases: Sequence[OpenCase], utc_ns: int, priors: Priors
) -> tuple[list[OpenCase], dict[str, list[OpenCase]], list[OpenCase]]:
    """By their ids the cases that were not seen for the life of their kind, those that a thing may show, by kind, and
    the closed ones. What was dismissed stays dismissed however long it was not seen."""
    lapsed, standing, closed = list[OpenCase](), dict[str, list[OpenCase]](), list[OpenCase]()
    lasts_ns = {kind: priors.of(kind).life_h * NS_PER_H for kind in {case.category for case in cases}}
    for case in sorted(cases, key=attrgetter("case_id")):
        if case.standing is Standing.CLOSED:
            closed.append(case)
        elif case.standing is Standing.OPEN and utc_ns - case.last_seen_ns > lasts_ns[case.category]:
            lapsed.append(case)
        else:
            standing.setdefault(case.category, []).append(case)
    return lapsed, standing, closed


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


def _things(seen: Sequence[Observation], standing: Mapping[str, Sequence[OpenCase]]) -> Iterator[tuple[_Thing, Plane]]:
    """What the located observations show, category by category in the order in which they were made."""
    first = sorted([(seen[index].category, seen[index].utc_ns, index) for index in located(seen)])
    for category, group in groupby(first, key=itemgetter(0)):
        mine = list(group)
        plane = Plane.at(seen[mine[0][2]].lat or 0.0, seen[mine[0][2]].lon or 0.0)
        if len(mine) == 1:
            index = mine[0][2]
            yield _lone(standing.get(category, ()), seen[index], index, plane), plane
            continue
        kind = _Kind(standing.get(category, ()), [seen[index] for *_, index in mine], plane)
        start = 0
        for _, frame in groupby(mine, key=itemgetter(1)):
            indices = [index for *_, index in frame]
            kind.show(slice(start, start + len(indices)), indices)
            start += len(indices)
        yield from ((thing, plane) for thing in kind.things() if thing.seen)


def _lone(cases: Sequence[OpenCase], seen: Observation, index: int, plane: Plane) -> _Thing:
    """What the only observation of its kind shows: what `_Kind` says of it, without its columns."""
    told = (*plane.offset_m(seen.lat or 0.0, seen.lon or 0.0), *_terms(seen.covariance or NOT_SHARED))
    error, tied = Ellipse(*told[2:]), part.tied_to(seen)
    best, best_row, best_gain = None, told, 0.0
    for case in cases:
        row = (*plane.offset_m(case.lat, case.lon), *case.error)
        both = error.plus(Ellipse(*row[2:]))
        gain = WITHIN - both.adjoint().square(told[0] - row[0], told[1] - row[1]) / both.det()
        if tied:
            gain = _tied(gain, tied, case.part)
        if gain > best_gain:
            best, best_row, best_gain = case, row, gain
    if best is None:
        return _Thing(None, told[:2], error, tied, (index,))
    east, north, *terms = _together(best_row, told)
    return _Thing(best, (east, north), Ellipse(*terms), best.part or tied, (index,))


class _Kind:
    """The things of one kind as columns of east, north and the three terms of their error; the known ones first, then
    room for all that may be new. located: what is to be shown of it, each with a place."""

    def __init__(self, cases: Sequence[OpenCase], located: Sequence[Observation], plane: Plane) -> None:
        self._cases = cases
        self._seen: list[tuple[int, ...]] = [()] * len(cases)
        self._ties = [case.part for case in cases]
        rows = [(one.lat, one.lon, *_terms(one.own), *_terms(one.shared)) for one in cases]
        rows += [
            (one.lat or 0.0, one.lon or 0.0, *_terms(one.covariance or NOT_SHARED), 0.0, 0.0, 0.0) for one in located
        ]
        table = np.array(rows).T
        self._rows = np.concatenate([plane.to_en(table[0], table[1]).T, table[2:5] + table[5:]])
        self._told = self._rows[:, len(cases) :].copy()
        self._their_ties = [part.tied_to(one) for one in located]

    def show(self, frame: slice, indices: Sequence[int]) -> None:
        """Take what one frame shows, the observations of these indices: one to one the nearest thing where the error of
        both allows it, else a new one."""
        told, ties = self._told[:, frame], self._their_ties[frame]
        east, north, *error = told[:, :, None] - self._rows[:, None, : len(self._seen)] * SUMMED
        both = Ellipse(*error)
        gains = WITHIN - both.adjoint().square(east, north) / both.det()
        for at, tied in enumerate(ties):
            if tied:
                gains[at] = [_tied(gain, tied, other) for gain, other in zip(gains[at], self._ties, strict=True)]
        columns = one_to_one(gains)
        if many := len(indices) > ellipse.FEW:
            again = [at for at, column in enumerate(columns) if column >= 0]
            known = [columns[at] for at in again]
            self._rows[:, known] = _together(self._rows[:, known], told[:, again])
        for index, tied, row, column in zip(indices, ties, told.T.tolist(), columns, strict=True):
            if column < 0:
                self._rows[:, len(self._seen)] = row
                self._seen.append((index,))
                self._ties.append(tied)
                continue
            if not many:
                self._rows[:, column] = _together(self._rows[:, column].tolist(), row)
            self._seen[column] += (index,)
            self._ties[column] = self._ties[column] or tied

    def things(self) -> Iterator[_Thing]:
        """All of them, as they are placed now."""
        cases = chain(self._cases, repeat(None))
        told = zip(cases, self._rows.T.tolist(), self._ties, self._seen, strict=False)
        for case, (east, north, *error), tied, seen in told:
            yield _Thing(case, (east, north), Ellipse(*error), tied, seen)


def _terms(error: Covariance) -> tuple[float, float, float]:
    return error.ee, error.en, error.nn


def _together(known: Sequence[Any] | Floats, told: Sequence[Any] | Floats) -> tuple[Any, ...]:
    """The row of a thing that is shown once more; or the rows of many, each of which is another thing."""
    east, north, *before = known
    east_m, north_m, error = ellipse.fused(Ellipse(*before), Ellipse(*told[2:]), told[0] - east, told[1] - north)
    return east + east_m, north + north_m, *error


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
    """The case after it was seen. Written out, as `OpenCase.believed` is."""
    lat, lon = plane.to_latlon(*thing.place)
    times = [row.utc_ns for row in rows]
    last_ns = max(times)
    return OpenCase(
        case.case_id,
        case.category,
        case.standing,
        lat,
        lon,
        ellipse.covariance(thing.error),
        NOT_SHARED,
        case.looks,
        1.0,
        0.0,
        case.worth + sum([worth_of(row) for row in rows]),
        min(case.first_seen_ns, *times),
        max(case.last_seen_ns, last_ns),
        max(case.as_of_ns, last_ns),
        case.traverses + 1,
        case.observations + len(rows),
        case.waiting,
        case.missed_ns,
        case.gaps,
        case.apart,
        case.names,
        case.glances,
        case.plates,
        thing.tied,
    )


def _ended(case: OpenCase, utc_ns: int) -> OpenCase:
    """The case after nobody has seen it for so long."""
    return case.believed(0.0, 0.0, max(case.as_of_ns, utc_ns), case.waiting, case.missed_ns, case.gaps)
