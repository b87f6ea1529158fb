"""Does a detector score higher on held-out photos whose scene it was trained on? Measured on a built set.

    python -m tests.bench.shared_scenes runs/datasets/street_waste/1-DIGEST ../shared/data

The model is the shipped street detector, trained on all photos of the sources: also on those that the set drops.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from models.card import Preprocessing, read_card
from models.detector import Detector
from models.session import open_session
from training.dataset.gather import Side
from training.dataset.manifest import read_manifest
from training.evaluate import PEOPLE, Exam, Looked, sit
from training.mix import Item
from training.sources import boxes_of, photos, read_sources

ROOT: Final = Path(__file__).resolve().parent.parent.parent
SQUARE_PX: Final = 512
"""The side at which the recipe measures photos."""


def main(folder: Path, data: Path) -> None:
    manifest = read_manifest(folder)
    sources = read_sources(ROOT / "datasets" / "sources.toml")
    held_out = {entry.name for entry in manifest.pictures if entry.side is Side.HELD_OUT}
    used = sorted({entry.source for entry in manifest.pictures})
    items = [
        Item(f"{name}__{photo.name}", photo.picture, tuple(boxes_of(photo, sources[name])))
        for name in used
        for photo in photos(sources[name], data)
        if f"{name}__{photo.name}" in held_out
    ]
    known = {one.held_out for one in manifest.dropped}
    parts = {
        "all held out": items,
        "scene not trained on": [item for item in items if item.name not in known],
        "scene trained on": [item for item in items if item.name in known],
    }
    card = read_card(ROOT / "models" / "cards" / "street.toml")
    graph = (ROOT / "models" / "weights" / card.weights).read_bytes()
    square = card.model_copy(update={"preprocessing": Preprocessing(width_px=SQUARE_PX, height_px=SQUARE_PX)})
    detector, looked = Detector(square, open_session(graph, card.weights, threads=1)), Looked()
    print("| photos | label | pictures | boxes | AP50 |\n|---|---|---|---|---|")
    for name, part in parts.items():
        sitting = sit(detector, Exam(name, PEOPLE, manifest.labels, tuple(part)), looked)
        for label in manifest.labels:
            curve = sitting.curve(label)
            print(f"| {name} | {label} | {len(part)} | {curve.n_boxes} | {curve.average_precision:.3f} |")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: python -m tests.bench.shared_scenes FOLDER_OF_THE_SET DATA_FOLDER")
    main(Path(sys.argv[1]), Path(sys.argv[2]))
