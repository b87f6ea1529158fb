"""Do both sides of the edge benchmark find as much? AP50 of the same photos, judged by one judge.

Photos with boxes that people drew, each fed at 512 x 512 to the same ONNX file with the same overlap for suppression;
ultralytics prepares, runs and suppresses its way (float32), the vehicle its own (in what its ladder chooses, and in
float32 on the CPU provider).
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import cv2
import numpy as np

from models.card import Preprocessing
from models.detector import Detector
from models.providers import Precision, Provider
from models.store import open_detector
from pipeline.detections import Detections
from tests.bench.running import ROOT, theirs
from training.evaluate import FLOOR, PEOPLE, Exam, Looked, Seen, sit
from training.mix import Item
from training.sources import boxes_of, photos, read_sources

SIDE_PX = 512
LABELS = ("litter", "overflowing_bin", "bin")
SOURCE = "street_waste_val"


def exam(data: Path, every: int) -> Exam:
    """Every so-manieth photo."""
    source = read_sources(ROOT / "datasets/sources.toml")[SOURCE]
    chosen = list(photos(source, data))[::every]
    return Exam(
        SOURCE, PEOPLE, LABELS, tuple(Item(one.name, one.picture, tuple(boxes_of(one, source))) for one in chosen)
    )


def square(provider: Provider | None) -> Detector:
    """The shipped detector as a vehicle runs it, but fed squares."""
    one = open_detector("street", provider=provider, precision=Precision.FAST)
    size = Preprocessing(width_px=SIDE_PX, height_px=SIDE_PX)
    return Detector(one.card.model_copy(update={"preprocessing": size}), one.session)


def seen_by_ultralytics(python: Path, asked: Exam, weights: Path, iou: float) -> Looked:
    """What ultralytics finds in the exam's photos."""
    with tempfile.TemporaryDirectory() as folder:
        names = Path(folder) / "photos.txt"
        names.write_text("\n".join(str(item.picture.resolve()) for item in asked.items), "utf-8")
        told = theirs(python, "predict", weights, names, SIDE_PX, iou, FLOOR).told
    looked = Looked()
    for item in asked.items:
        xyxy, score, label = told[str(item.picture.resolve())]
        height, width = cv2.imread(str(item.picture)).shape[:2]
        found = Detections.of(
            np.array(xyxy, np.float32).reshape(-1, 4), np.array(score, np.float32), np.array(label, np.int16)
        )
        looked[item.picture] = Seen(found, width, height, 0.0, 0.0)
    return looked


def tell(python: Path, data: Path, every: int) -> None:
    """Print the AP50 of all three."""
    asked = exam(data, every)
    ladder, plain = square(None), square(Provider.CPU)
    weights = ROOT / "models/weights" / plain.card.weights
    ways = {
        f"steward, {ladder.session.provider}": (ladder, Looked()),
        "steward, CPU provider": (plain, Looked()),
        "ultralytics": (plain, seen_by_ultralytics(python, asked, weights, plain.card.nms_iou)),
    }
    print(f"AP50 of {len(asked.items)} photos of {SOURCE} at {SIDE_PX}x{SIDE_PX}, the same ONNX file and judge")
    for name, (detector, looked) in ways.items():
        sitting = sit(detector, asked, looked)
        found = ", ".join(f"{label} {sitting.curve(label).average_precision:.3f}" for label in LABELS)
        print(f"  {name:<42} {found}", flush=True)
