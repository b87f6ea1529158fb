"""One traverse against the cases near it: the pure heart of the server.

plane → drive (path and prior of φ) → sightings (things seen) → known (cases near) → costs → solve → new states
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.observation import Covariance
from pipeline.reasons import Reason
from pipeline.traverse import Traverse
from server.association import (
    apart,
    astray,
    ellipse,
    exchange,
    existence,
    fragment,
    fusion,
    learning,
    merge,
    report,
)
from server.association.appearance import Measure
from server.association.drive import drive_of
from server.association.existence import View
from server.association.known import Known, Rivals
from server.association.memory import Memory
from server.association.merge import Merge
from server.association.outcome import Association, Attach, Link, Open, Outcome, Reject, Shift, Suppress
from server.association.plane import Floats, Plane
from server.association.priors import Priors
from server.association.scene import Scene
from server.association.sighting import Sighting, sightings_of
from server.association.solution import Solution
from server.association.state import Glance, OpenCase, Standing

RECURS_SQUARE: Final = 9.0
"""Squared distance, in sigmas, within which a new case stands where a closed one stood."""


def associate(
    traverse: Traverse,
    open_cases: Sequence[OpenCase],
    priors: Priors,
    memory: Memory | None = None,
    heal: bool = False,
    parted: Set[frozenset[str]] = frozenset(),
) -> Association:
    """Say for each observation of a traverse which case it shows, and what is now known of the cases.

    open_cases: all within some 60 m of the traverse, dismissed ones among them, and closed ones while they may recur;
    more do no harm. heal: also say which cases have turned out to be one (`merges`), for a caller that merges them, and
    give neighbours that changed places what is theirs. parted: pairs of case ids that a person holds to be two: nothing
    is healed between them.
    Pure and deterministic: the same values give the same answer, whatever the order of the cases.
    """
    memory, priors = memory or Memory(), report.priors_of(traverse, priors)
    plane = _plane_of(traverse)
    if plane is None:
        return _nothing(traverse, memory)
    utc_ns = max([pose.utc_ns for pose in traverse.poses] + [seen.utc_ns for seen in traverse.observations])
    view = View(traverse.hfov_deg, traverse.view_range_m)
    drive = drive_of(traverse.poses, plane, priors)
    measures = _measures(traverse, memory, priors)
    sightings = sightings_of(traverse.observations, drive, plane, view, priors, measures)
    scene = Scene(traverse.device, utc_ns, plane, view, sightings, open_cases, memory, measures)
    near, raw = astray.explained(scene, drive, priors)
    drive, known, rivals, costs = near.drive, near.known, near.rivals, near.costs
    memory_after = learning.learned(memory, sightings, rivals, costs, raw)
    sightings, solution = fragment.absorbed(sightings, rivals, raw, priors)
    moves = fusion.Moved.at(sightings, solution, drive, known.common)
    which = rivals.columns.tolist()
    columns = [which[column] if column >= 0 else -1 for column in solution.match]
    found = _Explained(traverse, sightings, known, rivals, solution, columns, moves, plane)
    place, along = found.places()
    hits = existence.chances(place, drive, drive.moved(solution.phi), view, priors, along)
    opened, states = _states(found, hits, utc_ns, priors)
    _keep_apart(found, opened, states)
    merged: tuple[Merge, ...] = ()
    if heal:
        _put_right(found, states, priors, memory, parted)
        merged = _healed(found, states, priors, memory, parted)
    return Association(
        _shift(found.moves[-1], solution),
        _links(traverse, found, opened, open_cases),
        tuple(opened),
        tuple(state for state in states if state is not None),
        memory_after,
        merged,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Explained:
    """What a traverse saw and how it is explained.

    rivals: the known cases that the solution's columns stand for; columns: for each sighting that of its case among all
    known ones, or −1; moves: for each sighting, and last for the middle of the traverse, how far it moved and how
    surely.
    """

    traverse: Traverse
    sightings: list[Sighting]
    known: Known
    rivals: Rivals
    solution: Solution
    columns: list[int]
    moves: list[fusion.Moved]
    plane: Plane

    def glance(self, one: Sighting) -> Glance | None:
        """When the device had a thing in the picture; None for a report without a path, which is no look around."""
        return (
            Glance(self.traverse.device, one.first_ns, one.last_ns, one.approach_deg) if self.traverse.poses else None
        )

    def name(self, one: Sighting) -> str:
        """What a case is called that this sighting opens."""
        return apart.name_of(self.traverse.observations[one.members[0]].id)

    def places(self) -> tuple[Floats, NDArray[np.bool_]]:
        """Where the known cases stand and then the new ones, and whether passes along this street, this one among them,
        have seen each."""
        told = zip(self.sightings, self.columns, self.moves, strict=False)
        fresh = [
            (one.place[0] + moved.delta[0], one.place[1] + moved.delta[1]) for one, column, moved in told if column < 0
        ]
        along = np.concatenate([self.known.along, np.ones(len(fresh), np.bool_)])
        along[[column for column in self.columns if column >= 0]] = True
        return np.concatenate([self.known.place, np.array(fresh).reshape(-1, 2)]), along

    def maybe(self) -> list[float]:
        """For each known case the probability that it was seen although the match leaves it out."""
        out = [0.0] * len(self.known.cases)
        for column, chance in zip(self.rivals.columns.tolist(), self.solution.maybe().tolist(), strict=True):
            out[column] = chance
        return out


def _plane_of(traverse: Traverse) -> Plane | None:
    """A plane at the traverse's first pose or located observation."""
    for pose in traverse.poses:
        return Plane.at(pose.lat, pose.lon)
    for seen in traverse.observations:
        if seen.lat is not None and seen.lon is not None:
            return Plane.at(seen.lat, seen.lon)
    return None


def _nothing(traverse: Traverse, memory: Memory) -> Association:
    """No pose and no place: every observation is rejected."""
    links = tuple(Link(seen.id, Reject(Reason.UNLOCATED), 0.0) for seen in traverse.observations)
    return Association(Shift(0.0, 0.0, Covariance(1e6, 0.0, 1e6), 0), links, (), (), memory)


def _measures(traverse: Traverse, memory: Memory, priors: Priors) -> dict[str, Measure]:
    """How the looks of each category that was seen are compared."""
    width = next((len(seen.appearance) for seen in traverse.observations if seen.appearance), 0)
    names = {seen.category for seen in traverse.observations}
    return {name: Measure.of(memory.of(name), width, priors) for name in names}


def _shift(moved: fusion.Moved, solution: Solution) -> Shift:
    """What was found for the middle of the traverse, which moved so."""
    east, north, spread = moved.absolute()
    matched = sum(column >= 0 for column in solution.match)
    return Shift(east, north, ellipse.covariance(spread), matched)


def _states(
    found: _Explained, hits: tuple[Floats, Floats], utc_ns: int, priors: Priors
) -> tuple[list[OpenCase], list[OpenCase | None]]:
    """(new cases, per known case its state where it changed). hits: chances that each known case, and then each new
    one, would have been detected where it stands, were it solid, and were it faint."""
    known, columns = found.known, found.columns
    chances = list(zip(hits[0].tolist(), hits[1].tolist(), strict=True))
    its, fresh = chances[: len(known.cases)], iter(chances[len(known.cases) :])
    times = {column: len(one.members) for one, column in zip(found.sightings, columns, strict=True)}
    presences = fusion.looked_for(known.cases, times, found.maybe(), its, found.rivals.there(), utc_ns, priors)
    states = [
        None if presence is None or column in times else case.believed(*presence)
        for column, (case, presence) in enumerate(zip(known.cases, presences, strict=True))
    ]
    opened: list[OpenCase] = []
    again: list[fusion.Again] = []
    places = known.place.tolist()
    for one, column, moved in zip(found.sightings, columns, found.moves, strict=False):
        glance = found.glance(one)
        if column < 0:
            opened.append(fusion.opened(one, found.name(one), glance, moved, next(fresh), found.plane, priors))
        elif (presence := presences[column]) is not None:
            again.append(fusion.Again(known.cases[column], presence, places[column], one, glance, moved))
    attached = iter(fusion.attached(again, found.plane, priors))
    for column in columns:
        if column >= 0:
            states[column] = next(attached)
    return opened, states


def _keep_apart(found: _Explained, opened: list[OpenCase], states: list[OpenCase | None]) -> None:
    """Note which cases can never become one; changes `opened` and `states` in place."""
    cases, columns, fresh = found.known.cases, found.columns, iter(opened)
    seen = [next(fresh) if column < 0 else states[column] or cases[column] for column in columns]
    seen = apart.side_by_side(list(zip(found.sightings, seen, strict=True)))
    for row, column in apart.overlapping(found.sightings, found.traverse.device, cases):
        if column not in columns:
            seen[row], states[column] = apart.never(seen[row], states[column] or cases[column])
    opened.clear()
    for state, column in zip(seen, columns, strict=True):
        if column < 0:
            opened.append(state)
        else:
            states[column] = state


def _put_right(
    found: _Explained, states: list[OpenCase | None], priors: Priors, memory: Memory, parted: Set[frozenset[str]]
) -> None:
    """Give neighbours that changed places what is theirs; changes `states` in place."""
    rivals, touched = found.rivals, sorted(column for column in found.solution.match if column >= 0)
    for mine, its in exchange.close(rivals, touched, priors):
        first, last = rivals.columns.item(mine), rivals.columns.item(its)
        one, other = states[first] or rivals.cases[mine], states[last] or rivals.cases[its]
        if not exchange.from_several_sides(one, other) or not exchange.neighbours(one, other, priors):
            continue
        if frozenset((one.case_id, other.case_id)) in parted:
            continue
        if (mended := exchange.put_right(one, other, priors, memory)) is not None:
            states[first], states[last] = mended


def _healed(
    found: _Explained, states: list[OpenCase | None], priors: Priors, memory: Memory, parted: Set[frozenset[str]]
) -> tuple[Merge, ...]:
    """Fold those of the cases that are one; changes `states` in place."""
    known = found.known
    row = {case.case_id: column for column, case in enumerate(known.cases)}
    columns = sorted(column for column in found.columns if column >= 0)
    touched = [states[column] or known.cases[column] for column in columns]
    around = [state or case for state, case in zip(states, known.cases, strict=True)] if touched else []
    merged = merge.merges(touched, around, priors, memory, parted)
    for one, state in merged:
        states[row[one.kept]] = state
    return tuple(one for one, _ in merged)


def _links(
    traverse: Traverse, found: _Explained, opened: Sequence[OpenCase], cases: Sequence[OpenCase]
) -> tuple[Link, ...]:
    outcomes: dict[int, tuple[Outcome, float]] = {}
    closed = [case for case in cases if case.standing is Standing.CLOSED]
    fresh = 0
    for one, column, margin in zip(found.sightings, found.columns, found.solution.margin, strict=True):
        outcome: Outcome
        if column < 0:
            outcome = Open(fresh, _recurs_of(opened[fresh], closed))
            fresh += 1
        elif found.known.cases[column].standing is Standing.DISMISSED:
            outcome = Suppress(found.known.cases[column].case_id)
        else:
            outcome = Attach(found.known.cases[column].case_id)
        outcomes.update(dict.fromkeys(one.members, (outcome, margin)))
    unlocated = (Reject(Reason.UNLOCATED), 0.0)
    return tuple(Link(seen.id, *outcomes.get(index, unlocated)) for index, seen in enumerate(traverse.observations))


def _recurs_of(fresh: OpenCase, closed: Sequence[OpenCase]) -> str | None:
    """The closed case of the same category whose place this is, the nearest where several fit; else None."""
    best, best_far = None, RECURS_SQUARE
    plane, error = Plane.at(fresh.lat, fresh.lon), fresh.error
    for case in sorted(closed, key=lambda case: case.case_id):
        if case.category == fresh.category:
            far = error.plus(case.error).inverse().square(*plane.offset_m(case.lat, case.lon))
            if far < best_far:
                best, best_far = case.case_id, far
    return best
