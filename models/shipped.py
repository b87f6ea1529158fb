"""Where the files that ship with the code lie, from a checkout and from an installed package alike."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from pipeline.taxonomy import Taxonomy

_HERE: Final = Path(__file__).resolve().parent
CARDS: Final = _HERE / "cards"
WEIGHTS: Final = _HERE / "weights"
DATASETS: Final = _HERE.parent / "datasets"


def read_taxonomy() -> Taxonomy:
    """The taxonomy that ships with the code."""
    return Taxonomy.parse((DATASETS / "taxonomy.toml").read_text("utf-8"))
