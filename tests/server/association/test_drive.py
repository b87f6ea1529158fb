"""The path of a traverse has the shape that odometer and heading tell, where its fixes say, also if some are wrong."""

from __future__ import annotations

import math

import numpy as np
import pytest

from pipeline.traverse import TraversePose
from server.association.drive import Drive, drive_of
from server.association.plane import Floats, Plane
from server.association.priors import default_priors

PLANE = Plane.at(30.0, 120.0)
PRIORS = default_priors()
STEP_M = 11.0
POSES = 36
WAY = np.stack([np.zeros(POSES), STEP_M * np.arange(POSES)], axis=1)
"""[36, 2] a straight way north, a pose every two seconds."""


def driven(off: Floats, sigma_m: float, odometer: float = 1.0) -> Drive:
    """That way with fixes off by so much [36, 2], which say that they are off by sigma_m."""
    poses = [
        TraversePose(
            2_000_000_000 * index, *PLANE.to_latlon(east, north), 0.0, odometer * index * STEP_M, sigma_m, True
        )
        for index, (east, north) in enumerate((WAY + off).tolist())
    ]
    return drive_of(poses, PLANE, PRIORS)


def wandering(seed: int, sigma_m: float) -> Floats:
    """[36, 2] errors that last 45 s, and a metre of noise."""
    rng, share = np.random.default_rng(seed), math.exp(-2.0 / 45.0)
    out = [sigma_m * rng.normal(size=2)]
    for _ in range(POSES - 1):
        out.append(share * out[-1] + sigma_m * math.sqrt(1.0 - share**2) * rng.normal(size=2))
    return np.array(out) + rng.normal(size=(POSES, 2))


@pytest.mark.parametrize("jumped", [[17], [0], [3, 20, 31], range(12), range(20, 35)])
@pytest.mark.parametrize("by", [(200.0, 0.0), (0.0, -60.0)])
def test_fixes_that_jump_for_less_than_half_of_a_way_leave_it_where_it_is(
    jumped: list[int], by: tuple[float, float]
) -> None:
    off = wandering(1, 3.0)
    off[list(jumped)] += by
    moved = driven(off, 3.0)
    assert np.abs(moved.path - driven(wandering(1, 3.0), 3.0).path).max() < 4.0
    assert np.abs(moved.path - moved.fix)[list(jumped)].max() > 50.0


@pytest.mark.parametrize("seed", range(6))
def test_a_receiver_that_says_too_little_of_its_error_is_believed_to_be_off_by_more(seed: int) -> None:
    drive = driven(wandering(seed, 4.0), 0.1)
    assert np.ptp(drive.path[:, 0] - WAY[:, 0]) < 12.0
    assert math.sqrt(drive.prior[0, 0]) > 0.7


def test_an_odometer_that_counts_double_tells_no_shape() -> None:
    drive = driven(wandering(2, 4.0), 4.0, odometer=2.0)
    assert np.array_equal(drive.path, drive.fix)
