"""One traverse against the cases near it: the pure heart of the server.

plane → drive (path and prior of φ) → sightings (things seen) → known (cases near) → costs → solve → new states
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.types import Reason, Traverse
from server.association import existence, fragment, fusion, learning, merge
from server.association.cost import costs_of
from server.association.drive import Drive, drive_of
from server.association.existence import View
from server.association.known import Known, covariance, known_of
from server.association.memory import Memory
from server.association.merge import Merge
from server.association.offset import Solution, solve
from server.association.outcome import Association, Attach, Link, Open, Outcome, Reject, Shift, Suppress
from server.association.plane import Floats, Plane
from server.association.priors import Priors
from server.association.sighting import Sighting, sightings_of
from server.association.state import OpenCase, Standing


def associate(
    traverse: Traverse,
    open_cases: Sequence[OpenCase],
    priors: Priors,
    memory: Memory | None = None,
    heal: bool = False,
) -> Association:
    """Say for each observation of a traverse which case it shows, and what is now known of the cases.

    open_cases: all within some 60 m of the traverse, dismissed ones among them, and closed ones while they may recur;
    more do no harm. heal: also say which cases have turned out to be one (`merges`); for a caller that merges them.
    Pure and deterministic: the same values give the same answer, whatever the order of the cases.
    """
    memory = memory or Memory()
    plane = _plane_of(traverse)
    if plane is None:
        return _nothing(traverse, memory)
    drive = drive_of(traverse, plane, priors)
    view = View(traverse.hfov_deg, traverse.view_range_m)
    utc_ns = max([pose.utc_ns for pose in traverse.poses] + [seen.utc_ns for seen in traverse.observations])
    sightings = sightings_of(traverse.observations, drive, plane, view, priors, memory)
    seen = np.array([one.place for one in sightings]).reshape(-1, 2)
    ordered = sorted(open_cases, key=lambda case: case.case_id)
    known = known_of(ordered, drive, seen, plane, utc_ns, view, priors)
    common = known.common()
    prior = drive.prior.copy()
    prior[:2, :2] += common
    costs = costs_of(sightings, known, common, utc_ns, priors, memory)
    raw = solve(costs, prior)
    memory_after = learning.learned(memory, sightings, known, costs, raw)
    sightings, solution = fragment.absorbed(sightings, known, costs, raw, priors)
    opened, states = _states(sightings, known, solution, drive, common, plane, utc_ns, view, priors)
    merged = _healed(states, known, solution, priors, memory, heal)
    return Association(
        _shift(solution, drive, common),
        _links(traverse, sightings, known, solution, opened, ordered),
        tuple(opened),
        tuple(state for state in states if state is not None),
        memory_after,
        merged,
    )


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
    return Association(Shift(0.0, 0.0, 0.0, covariance(np.eye(2) * 1e6), 0), links, (), (), memory)


def _shift(solution: Solution, drive: Drive, common: Floats) -> Shift:
    arm = np.zeros((2, 4))
    arm[:, :2] = np.eye(2)
    mean, spread = fusion.Moved.at(arm, solution, drive, common).absolute()
    return Shift(
        float(mean[0]),
        float(mean[1]),
        float(np.degrees(solution.phi[2])),
        covariance(spread),
        int((solution.match >= 0).sum()),
    )


def _states(
    sightings: Sequence[Sighting],
    known: Known,
    solution: Solution,
    drive: Drive,
    common: Floats,
    plane: Plane,
    utc_ns: int,
    view: View,
    priors: Priors,
) -> tuple[list[OpenCase], list[OpenCase | None]]:
    """(new cases, per known case its state where it changed)."""
    moved = drive.jacobian(drive.path, drive.path) @ solution.phi if len(drive.path) else np.zeros((0, 2))
    hits = existence.chances(known.place, drive, moved, view, priors)
    states = fusion.looked_for(known, solution, hits, utc_ns, priors)
    opened: list[OpenCase] = []
    for one, column in zip(sightings, solution.match, strict=True):
        split = fusion.Moved.at(one.arm, solution, drive, common)
        if column < 0:
            opened.append(fusion.opened(one, split, plane, priors))
            continue
        state = states[column] or known.cases[column]
        place, own, shared = known.place[column], known.own[column], known.shared[column]
        states[column] = fusion.attached(state, place, own, shared, one, split, plane, priors)
    return opened, states


def _healed(
    states: list[OpenCase | None], known: Known, solution: Solution, priors: Priors, memory: Memory, heal: bool
) -> tuple[Merge, ...]:
    """Note which cases were seen side by side and, to heal, fold those that are one; changes `states` in place."""
    columns = sorted(int(column) for column in solution.match if column >= 0)
    row = {case.case_id: column for column, case in enumerate(known.cases)}
    for name, state in merge.apart([states[c] or known.cases[c] for c in columns], priors).items():
        states[row[name]] = state
    if not heal:
        return ()
    touched = [states[column] or known.cases[column] for column in columns]
    around = [state or case for state, case in zip(states, known.cases, strict=True)]
    found = merge.merges(touched, around, priors, memory)
    for one, state in found:
        states[row[one.kept]] = state
    return tuple(one for one, _ in found)


def _links(
    traverse: Traverse,
    sightings: Sequence[Sighting],
    known: Known,
    solution: Solution,
    opened: Sequence[OpenCase],
    cases: Sequence[OpenCase],
) -> tuple[Link, ...]:
    found: dict[int, tuple[Outcome, float]] = {}
    fresh = 0
    for one, column, margin in zip(sightings, solution.match, solution.margin, strict=True):
        outcome: Outcome
        if column < 0:
            outcome = Open(fresh, _recurs_of(opened[fresh], cases))
            fresh += 1
        elif known.cases[column].standing is Standing.DISMISSED:
            outcome = Suppress(known.cases[column].case_id)
        else:
            outcome = Attach(known.cases[column].case_id)
        found.update({member: (outcome, float(margin)) for member in one.members})
    unlocated = (Reject(Reason.UNLOCATED), 0.0)
    return tuple(Link(seen.id, *found.get(index, unlocated)) for index, seen in enumerate(traverse.observations))


def _recurs_of(fresh: OpenCase, cases: Sequence[OpenCase]) -> str | None:
    """The closed case of the same category whose place this is, the nearest where several fit; else None."""
    plane = Plane.at(fresh.lat, fresh.lon)
    best, best_far = None, 9.0
    for case in cases:
        if case.standing is not Standing.CLOSED or case.category != fresh.category:
            continue
        gap = plane.to_en(np.array(case.lat), np.array(case.lon))
        cov = [sum(pair) for pair in zip(*(_terms(one) for one in (fresh, case)), strict=True)]
        far = float(gap @ np.linalg.solve(np.array([[cov[0], cov[1]], [cov[1], cov[2]]]), gap))
        if far < best_far:
            best, best_far = case.case_id, far
    return best


def _terms(case: OpenCase) -> tuple[float, float, float]:
    own, shared = case.own, case.shared
    return own.ee + shared.ee, own.en + shared.en, own.nn + shared.nn
