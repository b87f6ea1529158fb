"""A traverse that is off by far more than its fixes say: a receiver that has not settled, or a street of reflections.

Where it is said to lie most of what it saw is new, and what stands there was missed. Were it off by tens of metres
instead, one offset would bring many of the things to cases of their kind. Both explanations are weighed by their
likelihood, φ integrated out, so that the wider one pays for the room in which it looks. That the places of several
things agree is not enough, since rows of one street are like those of another: what was missed and how the things look
must tell by themselves that a traverse is rather astray.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Final

import numpy as np

from server.association import existence
from server.association.cost import Costs
from server.association.drive import Drive
from server.association.fit import Fit, Match
from server.association.offset import likeliest, solution_of
from server.association.priors import Priors
from server.association.scene import Scene, Weighed
from server.association.solution import Solution

REACH_SIGMAS: Final = 2.0
LEAST_NEW: Final = 2
"""One thing alone fits anywhere."""
PROPOSALS: Final = 64


def explained(scene: Scene, drive: Drive, priors: Priors) -> tuple[Weighed, Solution]:
    """The likeliest explanation of a traverse, and the cases by which it is one: where the fixes say that it drove,
    or tens of metres beside it where that is likelier."""
    near = Weighed.of(scene, drive, priors)
    solution = near.solved()
    if len(drive.path) and _mostly_new(solution.match):
        far = Weighed.of(scene, astray(drive, priors), replace(priors, reach_m=_reach_m(priors)))
        if far.costs is not None:
            wide, others = likeliest(far.costs, far.relative, PROPOSALS)
            close, _ = likeliest(far.costs, near.relative)
            known = _looks(far.costs, wide) - _looks(far.costs, close) - _missed(scene, near, solution, priors)
            worth = min(known, wide.evidence - close.evidence) + _log_odds(priors)
            if worth > 0.0 and not _mostly_new(wide.match):
                return far, solution_of(wide, others)
    return near, solution


def _mostly_new(match: Match) -> bool:
    new = match.count(-1)
    return new >= LEAST_NEW and 2 * new >= len(match)


def _looks(costs: Costs, fit: Fit) -> float:
    """How much the looks of what is matched speak for it."""
    return sum(costs.look.item(costs.pairs.slot[row, column]) for row, column in enumerate(fit.match) if column >= 0)


def _missed(scene: Scene, near: Weighed, solution: Solution, priors: Priors) -> float:
    """Log-likelihood that the traverse, where it is said to lie, saw none of the cases that it does not show."""
    known, drive = near.known, near.drive
    there = np.array([existence.at_time(case, scene.utc_ns, priors) for case in known.cases]).reshape(-1, 2)
    solid, faint = existence.chances(known.place, drive, drive.moved(solution.phi), scene.view, priors, known.along)
    missed = np.log1p(-(there[:, 0] * solid + there[:, 1] * faint))
    missed[[near.rivals.columns[column] for column in solution.match if column >= 0]] = 0.0
    return float(missed.sum())


def astray(drive: Drive, priors: Priors) -> Drive:
    """The same path, which may lie tens of metres off."""
    return replace(drive, prior=drive.prior + np.diag([priors.astray_m**2, priors.astray_m**2, 0.0, 0.0]))


def _reach_m(priors: Priors) -> float:
    return priors.reach_m + REACH_SIGMAS * priors.astray_m


def _log_odds(priors: Priors) -> float:
    return math.log(priors.astray / (1.0 - priors.astray))
