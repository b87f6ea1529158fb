"""Leftover pieces of a thing that was already matched in the same traverse: a track that broke, one bad range."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from server.association.cost import NEVER, Costs
from server.association.known import Known
from server.association.offset import Solution
from server.association.priors import Priors
from server.association.sighting import Sighting


def absorbed(
    sightings: Sequence[Sighting], known: Known, costs: Costs, solution: Solution, priors: Priors
) -> tuple[list[Sighting], Solution]:
    """Sightings and match with each leftover joined to the sighting whose case it shows too, where that is likelier
    than a new problem and the two were never in one picture."""
    if (solution.match < 0).all() or (solution.match >= 0).all():
        return list(sightings), solution
    gains = solution.gains - np.log(known.hit) + np.log1p(-known.hit) + math.log(priors.fragment_share)
    out, kept = list(sightings), np.ones(len(sightings), bool)
    taken = {int(column): row for row, column in enumerate(solution.match) if column >= 0}
    for row in np.nonzero(solution.match < 0)[0].tolist():
        options = [column for column in taken if costs.odds[row, column] > NEVER and gains[row, column] > 0.0]
        options = [column for column in options if _never_together(out[taken[column]], sightings[row])]
        if options:
            best = max(options, key=lambda column: float(gains[row, column]))
            out[taken[best]] = out[taken[best]].joined(sightings[row])
            kept[row] = False
    left = [one for one, keep in zip(out, kept, strict=True) if keep]
    return left, replace(solution, match=solution.match[kept], margin=solution.margin[kept], gains=solution.gains[kept])


def _never_together(one: Sighting, other: Sighting) -> bool:
    return all(first > end or last < begin for first, last in one.spans for begin, end in other.spans)
