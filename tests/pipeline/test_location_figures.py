"""The figures of docs/location.md in small, on the rendered demo drive: `make bench-location` has them in full."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pipeline.sampling import DISTANCE_M
from tests.bench.consistency import Errors
from tests.bench.driven import rendered, simulated
from tests.bench.location import AS_IT_SAYS, DRAWS, DRIFTING, TRUE, TRUE_RECEIVER, seen


@pytest.mark.parametrize(("drone", "most_m"), [(False, 2.0), (True, 1.5)])
def test_places_are_near_enough_and_as_uncertain_as_they_say(root: Path, drone: bool, most_m: float) -> None:
    """With a true receiver; errors of boxes, mounts and gimbals are drawn as they are assumed to be."""
    drives = [drive for drive in rendered(root / "datasets" / "demo_drive") if drive.drone is drone]
    errors = Errors.under(seen(drives, TRUE_RECEIVER, DISTANCE_M, 10 if drone else 5), TRUE, DRAWS)
    assert len(errors.misses) > 120
    assert float(np.median(errors.off_m)) <= most_m
    assert 0.89 <= errors.inside.mean <= 0.99


def test_a_receiver_that_errs_as_it_says_leaves_ellipses_that_are_true_on_streets_that_nothing_was_chosen_on() -> None:
    drives = [drive for drive in simulated(range(5000, 5006), elsewhere=True) if not drive.drone]
    errors = Errors.under(seen(drives, DRIFTING, DISTANCE_M, 1), AS_IT_SAYS, DRAWS)
    assert len(errors.misses) > 100
    assert 0.92 <= errors.inside.mean <= 0.97
