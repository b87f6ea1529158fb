"""The other side of the edge benchmark, for a Python that has ultralytics: the same ONNX file, on its own onnxruntime.

python ultralytics_run.py track WEIGHTS CLIP HEIGHT WIDTH
python ultralytics_run.py predict WEIGHTS LIST SIDE IOU FLOOR
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from ultralytics import YOLO


def track(weights: str, clip: str, height: str, width: str) -> dict[str, Any]:
    """Every frame of a clip, detected and followed; the first one, with the model's start, is not timed."""
    model = YOLO(weights, task="detect")
    results = model.track(source=clip, imgsz=(int(height), int(width)), stream=True, verbose=False, device="cpu")
    next(results)
    began_s, cpu_s = time.perf_counter(), time.process_time()
    frames = sum(1 for _ in results)
    return {"frames": frames, "seconds": time.perf_counter() - began_s, "cpu_s": time.process_time() - cpu_s}


def predict(weights: str, names: str, side: str, iou: str, floor: str) -> dict[str, Any]:
    """Boxes, scores and labels in photos, by path."""
    model = YOLO(weights, task="detect")
    found = {}
    for name in Path(names).read_text("utf-8").splitlines():
        one = model.predict(name, imgsz=int(side), conf=float(floor), iou=float(iou), verbose=False, device="cpu")
        boxes = one[0].boxes
        found[name] = [boxes.xyxy.tolist(), boxes.conf.tolist(), boxes.cls.int().tolist()]
    return found


if __name__ == "__main__":
    asked = {"track": track, "predict": predict}[sys.argv[1]]
    print("RESULT " + json.dumps(asked(*sys.argv[2:])))
