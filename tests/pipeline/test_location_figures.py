"""The figures of docs/location.md in small, on the rendered demo drive: `make bench-location` has them in full."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.bench.driven import Faults, rendered
from tests.bench.location import CHI2_95, misses


@pytest.mark.parametrize(("drone", "most_m"), [(False, 2.0), (True, 1.5)])
def test_places_are_near_enough_and_as_uncertain_as_they_say(root: Path, drone: bool, most_m: float) -> None:
    """With a true receiver; errors of boxes, mounts and gimbals are drawn as they are assumed to be."""
    found = [
        miss
        for drive in rendered(root / "datasets" / "demo_drive") if drive.drone is drone
        for number in range(10 if drone else 5)
        for miss in misses(drive, Faults(fix_m=0.0), 1.5, np.random.default_rng(number))
    ]  # fmt: skip
    assert len(found) > 120
    assert float(np.median([miss.off_m for miss in found])) <= most_m
    assert 0.89 <= np.mean([miss.mahalanobis2 < CHI2_95 for miss in found]) <= 0.99
