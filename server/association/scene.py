"""What one traverse saw beside the cases near it, and the likeliest explanation of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from server.association import apart, cost
from server.association.appearance import Measure
from server.association.cost import Costs
from server.association.drive import Drive
from server.association.ellipse import Ellipse
from server.association.existence import View
from server.association.known import Known, Rivals, known_of
from server.association.memory import Memory
from server.association.offset import solve
from server.association.plane import Floats, Plane
from server.association.priors import Priors
from server.association.sighting import Sighting
from server.association.solution import Solution
from server.association.state import OpenCase


@dataclass(frozen=True, slots=True)
class Scene:
    """One traverse by this device, what it saw by this time, and all cases that may be near."""

    device: str
    utc_ns: int
    plane: Plane
    view: View
    sightings: Sequence[Sighting]
    cases: Sequence[OpenCase]
    memory: Memory
    measures: Mapping[str, Measure]


@dataclass(frozen=True, slots=True, eq=False)
class Weighed:
    """The cases within reach of a path, and what each match with those that something seen may show is worth; costs:
    None where there are none. relative [4, 4]: covariance of φ relative to the map before anything is matched."""

    drive: Drive
    known: Known
    rivals: Rivals
    costs: Costs | None
    relative: Floats

    @classmethod
    def of(cls, scene: Scene, drive: Drive, priors: Priors) -> Weighed:
        """All that stands within reach of this path."""
        known = known_of(scene.cases, drive, scene.sightings, scene.plane, scene.view, priors)
        rivals = Rivals.of(known, scene.utc_ns, drive, scene.view, priors)
        costs = None
        if rivals.cases:
            beside = apart.overlapping(scene.sightings, scene.device, rivals.cases)
            told = (scene.utc_ns, priors, scene.memory, scene.measures, beside)
            costs = cost.costs_of(scene.sightings, rivals, known, *told)
        return cls(drive, known, rivals, costs, _relative(drive, known.common))

    def solved(self) -> Solution:
        """The likeliest explanation."""
        if self.costs is None:
            return Solution.unmatched(self.relative, np.zeros((len(self.known.away), 0)))
        return solve(self.costs, self.relative)


def _relative(drive: Drive, common: Ellipse) -> Floats:
    """[4, 4] covariance of φ relative to the map, which is off as a whole by `common`."""
    prior = drive.prior.copy()
    prior[0, 0] += common.ee
    prior[0, 1] += common.en
    prior[1, 0] += common.en
    prior[1, 1] += common.nn
    return prior
