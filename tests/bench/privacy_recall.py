"""How much of the rendered faces and plates the privacy step covers, on the demo drive's own truth, by size.

A box counts as covered when the filled regions hide at least 70 % of it. The drive's seed is not in the training mix.

    make bench-privacy
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import av
import numpy as np

from edge.assemble import open_models
from models.privacy import PrivacyStep
from pipeline.redact import DidNotRun

DRIVE = Path(__file__).resolve().parent.parent.parent / "datasets" / "demo_drive"
COVERED = 0.7
SIZES = ((0, "below 8 px"), (8, "8 to 16 px"), (16, "16 to 32 px"), (32, "32 px and more"))
EVERY = 2


def size_of(xyxy: list[float]) -> str:
    side = min(xyxy[2] - xyxy[0], xyxy[3] - xyxy[1])
    return [name for least, name in SIZES if side >= least][-1]


def covered(xyxy: list[float], regions: np.ndarray, width: int, height: int) -> bool:
    mask = np.zeros((height, width), bool)
    for x1, y1, x2, y2 in regions.astype(int):
        mask[max(0, y1) : y2, max(0, x1) : x2] = True
    x1, y1, x2, y2 = (round(side) for side in xyxy)
    part = mask[y1:y2, x1:x2]
    return bool(part.size and part.mean() >= COVERED)


def count(video: Path, step: PrivacyStep) -> tuple[Counter[tuple[str, str]], Counter[tuple[str, str]]]:
    """(hidden, all) by label and size."""
    truth = [json.loads(line) for line in video.with_suffix(".boxes.jsonl").read_text("utf-8").splitlines()]
    private = {row["frame"]: row["private"] for row in truth}
    hidden: Counter[tuple[str, str]] = Counter()
    seen: Counter[tuple[str, str]] = Counter()
    for index, frame in enumerate(av.open(str(video)).decode(video=0)):
        if index % EVERY:
            continue
        image = frame.to_ndarray(format="bgr24")
        regions = step.find(image)
        assert not isinstance(regions, DidNotRun), regions
        height, width = image.shape[:2]
        for box in private.get(index, []):
            key = box["label"], size_of(box["xyxy"])
            seen[key] += 1
            hidden[key] += covered(box["xyxy"], regions.xyxy, width, height)
    return hidden, seen


def main() -> None:
    step = open_models().privacy
    hidden: Counter[tuple[str, str]] = Counter()
    seen: Counter[tuple[str, str]] = Counter()
    for video in sorted(DRIVE.glob("*.mp4")):
        some_hidden, some_seen = count(video, step)
        hidden += some_hidden
        seen += some_seen
    print("rendered faces and plates that are hidden, by their shorter side")
    for label, size in sorted(seen, key=lambda key: (key[0], [name for _, name in SIZES].index(key[1]))):
        key = label, size
        print(f"  {label:<6} {size:<15} {hidden[key]:4} of {seen[key]:4}  {hidden[key] / seen[key]:.2f}")


if __name__ == "__main__":
    main()
