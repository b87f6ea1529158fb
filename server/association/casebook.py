"""Cases in memory with a spatial index: what a server keeps in its tables, for replays and benchmarks."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import chain
from typing import Final
from uuid import UUID

import numpy as np

from pipeline.traverse import Traverse
from server.association.memory import Memory
from server.association.method import MATCHERS, Matcher, Method
from server.association.outcome import Association, Attach, Link, Open, Suppress
from server.association.priors import Priors
from server.association.state import OpenCase

CELLS_PER_DEG: Final = 111_320.0 / 50.0
"""The index has cells of 50 m, in rows around the earth."""
Cell = tuple[int, int]
"""Its row, counted from the equator, and its column, counted eastwards from the antimeridian."""
FORGET_GONE: Final = 0.98
FORGET_H: Final = 6.0
"""A case that is this surely gone is no longer looked up by passes from so many hours after it was last seen: its place
says no more by then than any other of its kind. A pass from before, however late it is told, still finds it."""
NS_PER_H: Final = 3.6e12


@dataclass(frozen=True, slots=True)
class Filed:
    """One case of the book. closed_ns: when the passes had shown it gone, None while it stands; forgotten_ns: from when
    on passes no longer look for it, None while they do."""

    state: OpenCase
    opened_ns: int
    closed_ns: int | None
    forgotten_ns: float | None


class CaseBook:
    """Takes traverses in the order of their arrival and keeps the cases and the links that come of them."""

    def __init__(self, priors: Priors, matcher: Matcher = MATCHERS[Method.JOINT]) -> None:
        self.priors = priors
        self._matcher = matcher
        self.memory = Memory()
        self.filed: dict[str, Filed] = {}
        self.links: dict[str, str] = {}
        self._cells: dict[Cell, set[str]] = defaultdict(set)
        self.merged: dict[str, str] = {}
        self._taken: set[UUID] = set()

    def take(self, traverse: Traverse) -> Association | None:
        """Associate one traverse and keep the answer; None for one that came before, which changes nothing."""
        if traverse.id in self._taken:
            return None
        self._taken.add(traverse.id)
        now = max((pose.utc_ns for pose in traverse.poses), default=0)
        answer = self._matcher(traverse, self._near(traverse, now), self.priors, self.memory)
        self.memory = answer.memory
        names = []
        for state in answer.opened:
            name = f"c{len(self.filed)}"
            self._keep(replace(state, case_id=name), now, state.first_seen_ns)
            names.append(name)
        for state in answer.updated:
            self._keep(state, now, self.filed[state.case_id].opened_ns)
        for one in answer.merges:
            self._drop(one.gone)
            self.merged[one.gone] = one.kept
        for link in answer.links:
            linked = _case_of(link, names)
            if linked is not None:
                self.links[str(link.observation_id)] = linked
        return answer

    def _keep(self, state: OpenCase, now_ns: int, opened_ns: int) -> None:
        before = self.filed.get(state.case_id)
        closed = None if before is None else before.closed_ns
        if state.gone < self.priors.retire_gone:
            closed = None
        elif closed is None:
            closed = now_ns
        until = state.last_seen_ns + FORGET_H * NS_PER_H
        forgotten = until if state.gone > FORGET_GONE and now_ns > until else None
        moved = before is None or (before.state.lat, before.state.lon) != (state.lat, state.lon)
        if before is not None and moved:
            self._drop(state.case_id)
        self.filed[state.case_id] = Filed(state, opened_ns, closed, forgotten)
        if moved:
            self._cells[_cell(state.lat, state.lon)].add(state.case_id)

    def case_of(self, observation_id: str) -> str | None:
        """The case an observation belongs to now, through all merges; None where it was rejected."""
        name = self.links.get(observation_id)
        while name in self.merged:
            name = self.merged[name]
        return name

    def _drop(self, name: str) -> None:
        state = self.filed[name].state
        self._cells[_cell(state.lat, state.lon)].discard(name)

    def _near(self, traverse: Traverse, now_ns: int) -> list[OpenCase]:
        places = [(pose.lat, pose.lon) for pose in traverse.poses]
        places += [(one.lat, one.lon) for one in traverse.observations if one.lat is not None and one.lon is not None]
        names = {name for cell in _around(places) & self._cells.keys() for name in self._cells[cell]}
        near = [self.filed[name] for name in sorted(names)]
        return [one.state for one in near if one.forgotten_ns is None or now_ns <= one.forgotten_ns]


def _cell(lat: float, lon: float) -> Cell:
    row = math.floor(lat * CELLS_PER_DEG)
    return row, math.floor((lon + 180.0) % 360.0 / 360.0 * _columns(row))


def _around(places: Sequence[tuple[float, float]]) -> set[Cell]:
    """The cells of many places and all those beside them."""
    lat, lon = np.fromiter(chain.from_iterable(places), float, 2 * len(places)).reshape(-1, 2).T
    rows, share = np.floor(lat * CELLS_PER_DEG), (lon + 180.0) % 360.0 / 360.0
    out: set[Cell] = set()
    for step in (-1, 0, 1):
        beside = (rows + step).astype(np.intp).tolist()
        columns = np.array([_columns(row) for row in beside])
        mine = set(zip(beside, np.floor(share * columns).astype(np.intp).tolist(), strict=True))
        out |= {(row, (column + side) % _columns(row)) for row, column in mine for side in (-1, 0, 1)}
    return out


@cache
def _columns(row: int) -> int:
    """How many cells a row of them has around the earth."""
    return max(1, math.floor(360.0 * CELLS_PER_DEG * math.cos(math.radians(row / CELLS_PER_DEG))))


def _case_of(link: Link, names: list[str]) -> str | None:
    match link.outcome:
        case Attach(case_id) | Suppress(case_id):
            return case_id
        case Open(index):
            return names[index]
        case _:
            return None
