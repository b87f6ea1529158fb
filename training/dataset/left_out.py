"""Which photos a built set left out of training, for recipes that train on its sources."""

from __future__ import annotations

from pathlib import Path

from training.dataset.check import find_built
from training.dataset.manifest import read_manifest


def left_out_by(sets: Path, address: str) -> frozenset[str]:
    """The training pictures, as `SOURCE__NAME`, that a set dropped since a held-out one shows the same.

    Raises TrainingError where no set of that address is built under `sets`.
    """
    (folder,) = find_built(sets, address)
    return frozenset(dropped.training for dropped in read_manifest(folder).dropped)
