"""Does the street detector still find vehicles and persons as the COCO weights do that it was trained from?

    .venv-train/bin/python -m tests.bench.coco_peer ../shared/data

All COCO photos here: it was trained on most of them, those weights on all. Each photo is fed in the shape that the card
names and in squares, to both in one run, with the same letterbox, decoding, suppression and judge.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.card import ModelCard, Preprocessing, read_card
from models.detector import Detector
from models.session import Session, open_session
from training.evaluate import PEOPLE, Exam, Looked, sit
from training.learning import TorchSession
from training.mix import Item
from training.sources import boxes_of, photos, read_sources

ROOT: Final = Path(__file__).resolve().parent.parent.parent
SOURCE: Final = "coco"
FEWEST: Final = 20
"""Labels with fewer true boxes are not told."""
SQUARES_PX: Final = (512, 640)
CORNERS: Final = 4
"""Rows of a raw head before its scores."""


@dataclass(frozen=True, slots=True)
class Narrowed:
    """A session of many classes that tells some of them, in the order of our labels."""

    inner: TorchSession
    rows: tuple[int, ...]

    def run(self, blob: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.ascontiguousarray(self.inner.run(blob)[:, [*range(CORNERS), *(CORNERS + row for row in self.rows)]])


def shapes(card: ModelCard) -> dict[str, Preprocessing]:
    squares = {f"{px}x{px}": Preprocessing(width_px=px, height_px=px) for px in SQUARES_PX}
    return {"as the card says": card.preprocessing} | squares


def main(data: Path) -> None:
    source = read_sources(ROOT / "datasets/sources.toml")[SOURCE]
    items = tuple(Item(one.name, one.picture, tuple(boxes_of(one, source))) for one in photos(source, data))
    card = read_card(ROOT / "models/cards/street.toml")
    ours = open_session((ROOT / "models/weights" / card.weights).read_bytes(), card.weights, threads=1)
    numbers = {label: number for number, label in source.classes.items()}
    known = tuple(label for label in card.labels if label in numbers)
    coco = Narrowed(TorchSession(data / "weights/yolo11n_coco.pt", 1), tuple(numbers[label] for label in known))
    both: dict[str, tuple[tuple[str, ...], Session | Narrowed]] = {
        f"{card.name} {card.version}": (card.labels, ours),
        "YOLO11n, COCO": (known, coco),
    }
    print("| fed | model | label | boxes | AP50 |\n|---|---|---|---|---|")
    for fed, preprocessing in shapes(card).items():
        for name, (labels, session) in both.items():
            described = card.model_copy(
                update={
                    "labels": labels,
                    "preprocessing": preprocessing,
                    "thresholds": dict.fromkeys(labels, 0.5),
                }
            )
            sitting = sit(Detector(described, session), Exam(SOURCE, PEOPLE, known, items), Looked())  # type: ignore[arg-type]
            for label in known:
                curve = sitting.curve(label)
                if curve.n_boxes >= FEWEST:
                    print(f"| {fed} | {name} | {label} | {curve.n_boxes} | {curve.average_precision:.3f} |", flush=True)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m tests.bench.coco_peer DATA_FOLDER")
    main(Path(sys.argv[1]))
