"""Leftover pieces of a thing that was already matched in the same traverse: a track that broke, one bad range."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from server.association.known import Rivals
from server.association.priors import Priors
from server.association.sighting import Sighting, in_one_picture
from server.association.solution import Solution


def absorbed(
    sightings: Sequence[Sighting], near: Rivals, solution: Solution, priors: Priors
) -> tuple[list[Sighting], Solution]:
    """Sightings and match with each leftover joined to the sighting whose case it shows too, where that is likelier
    than a new problem and the two were never in one picture."""
    left = [row for row, column in enumerate(solution.match) if column < 0]
    if not left or len(left) == len(sightings):
        return list(sightings), solution
    again = np.log(1.0 / near.hit - 1.0) + math.log(priors.fragment_share)
    gains = (solution.gains[left] + again).tolist()
    out, gone, met = list(sightings), set(), in_one_picture(sightings)
    taken = {column: row for row, column in enumerate(solution.match) if column >= 0}
    for row, gain in zip(left, gains, strict=True):
        options = [column for column in taken if gain[column] > 0.0]
        options = [column for column in options if not met[taken[column], row]]
        if options:
            best = max(options, key=gain.__getitem__)
            out[taken[best]] = out[taken[best]].joined(sightings[row])
            met[taken[best]] |= met[row]
            gone.add(row)
    kept = [row for row in range(len(sightings)) if row not in gone]
    match, margin = tuple(solution.match[row] for row in kept), tuple(solution.margin[row] for row in kept)
    return [out[row] for row in kept], replace(solution, match=match, margin=margin, gains=solution.gains[kept])
