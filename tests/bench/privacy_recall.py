"""How much of the faces and plates the whole privacy step hides, by size, where we know where they are.

The demo drive carries the renderer's truth; in photos, `datasets/private.jsonl` marks faces from 16 px and plates from
8 px on. Teachers proposed those and a person corrected each, so what every teacher overlooked is not among them. The
drive's seed is not in the training mix; a set that the privacy model was trained on is named so.

    make bench-privacy ARGS="--data ../shared/data"
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import av

from edge.detectors import open_models
from training.hiding import Hiding, Shown, hide, known

DATASETS = Path(__file__).resolve().parent.parent.parent / "datasets"
EVERY = 2
PHOTOS: Final = (
    ("street photos, held out", "detection/street_waste_val/"),
    ("faces and Chinese plates, held out", "privacy_ocr/"),
    ("COCO photos, trained on", "detection/coco_train/"),
)


def frames(video: Path) -> Iterator[Shown]:
    """Every second frame of a rendered pass, with the boxes that the renderer wrote down."""
    rows = [json.loads(line) for line in video.with_suffix(".boxes.jsonl").read_text("utf-8").splitlines()]
    private = {row["frame"]: row["private"] for row in rows}
    for index, frame in enumerate(av.open(str(video)).decode(video=0)):
        if index % EVERY == 0:
            boxes = tuple((box["label"], tuple(box["xyxy"])) for box in private.get(index, []))
            yield Shown(f"{video.stem} {index}", frame.to_ndarray(format="bgr24"), boxes)


def tell(name: str, done: Hiding) -> None:
    print(f"{name}: {done.n_pictures} pictures, {100 * done.filled:.1f} % of their area filled")
    for row in done.rows:
        print(f"  {row.label:<6} {row.size:<7} {row.n_hidden:4} of {row.n_boxes:4}  {row.recall:.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder of the photos; without it the drive alone is measured")
    parser.add_argument("--models", type=Path, help="folder with cards/ and weights/; the shipped models without it")
    asked = parser.parse_args()
    step = open_models(asked.models).privacy
    tell(
        "rendered drive",
        hide(step, (one for video in sorted(DATASETS.glob("demo_drive/*.mp4")) for one in frames(video))),
    )
    if asked.data:
        for name, folder in PHOTOS:
            tell(name, hide(step, known(DATASETS / "private.jsonl", asked.data, folder)))


if __name__ == "__main__":
    main()
