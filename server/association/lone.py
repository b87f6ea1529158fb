"""One sighting alone: nothing else tells of φ, so its solution has a closed form.

With P the covariance of φ, A the sighting's Jacobian and R the error of its residual r against a case, r has the
covariance S = A P Aᵀ + R. The match is the case of the largest gain under that; it leaves φ at −P Aᵀ S⁻¹ r, open by
P − P Aᵀ S⁻¹ A P, and by the doubt that it is a new problem after all, which leaves φ where it was and as open.
`offset.joint` finds the same by turns.
"""

from __future__ import annotations

import math

import numpy as np

from server.association import ellipse
from server.association.cost import NEVER, Costs
from server.association.ellipse import LOG_TAU, Ellipse
from server.association.plane import Floats
from server.association.solution import SURE, Solution


def lone(costs: Costs, covariance: Floats) -> Solution:
    """The best explanation of one sighting. covariance [4, 4]: of φ before anything is matched."""
    arm, pairs = costs.arm[0], costs.pairs
    lever = covariance @ arm.T
    (ee, en), (_, nn) = (arm @ lever).tolist()
    spread = costs.spread.plus(Ellipse(ee, en, nn))
    east, north = costs.place[0, 0] - costs.goal[0], costs.place[0, 1] - costs.goal[1]
    det = spread.det()
    log_place = -LOG_TAU - 0.5 * (np.log(det) + spread.adjoint().square(east, north) / det)
    gains = costs.gains(log_place, costs.log_new(east, north, costs.room + spread.trace(), log_place))
    table, told = pairs.table(gains, NEVER), gains.tolist()
    best = max(range(len(told)), key=told.__getitem__)
    if told[best] <= 0.0:
        return Solution(np.zeros(4), covariance, (-1,), (min(-told[best], SURE),), table)
    margin = told[best] - max([0.0, *told[:best], *told[best + 1 :]])
    pull = ellipse.rows(spread, best).inverse()
    phi = lever @ pull.times(-east[best], -north[best])
    left = covariance - lever @ [[pull.ee, pull.en], [pull.en, pull.nn]] @ lever.T
    new = 1.0 / (1.0 + math.exp(min(told[best], SURE)))
    open_by = left + new * (covariance - left + phi[:, None] * phi)
    return Solution(phi, open_by, (pairs.columns.item(best),), (min(margin, SURE),), table)
