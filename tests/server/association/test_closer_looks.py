"""A vehicle looks closer where something may be a problem; that says nothing of what stands elsewhere on its way."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.geo import LocalFrame
from pipeline.traverse import TraversePose
from server.association.drive import Drive, drive_of
from server.association.existence import View, chances
from server.association.plane import Plane
from server.association.priors import default_priors

ORIGIN = LocalFrame(30.0, 120.0)
PRIORS = default_priors()


def drive(marks_m: list[float]) -> Drive:
    """A straight way north, looked at from these marks at 8 m/s."""
    poses = [
        TraversePose(round(mark / 8 * 1e9), *ORIGIN.to_latlon(0.0, mark), 0.0, mark, 2.0, usable=True)
        for mark in marks_m
    ]
    return drive_of(poses, Plane.at(ORIGIN.lat, ORIGIN.lon), PRIORS)


@pytest.mark.parametrize("place", [(4.0, 70.0), (10.0, 70.0), (15.0, 70.0), (4.0, 118.0)])
def test_closer_looks_leave_what_a_pass_says_of_a_problem_that_it_did_not_see(place: tuple[float, float]) -> None:
    usual = [3.0 * step for step in range(40)]
    closer = sorted({*usual, *(30.0 + 1.5 * step for step in range(8))})
    for marks in (usual, closer):
        solid, _ = chances(np.array([place]), drive(marks), None, View(60.0, 80.0), PRIORS)
        assert 1.0 - solid[0] == pytest.approx(PRIORS.occluded, abs=1e-3)
