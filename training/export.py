"""From trained weights to the file that ships: ONNX with free height and width, the raw head, ultralytics' metadata.

The export is refused unless onnxruntime gives what torch gives: boxes that overlap by 0.99 and scores within 0.001.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from shutil import move
from typing import Final

import numpy as np
import onnx
import torch
from ultralytics import YOLO

from models.session import Provider, open_session
from pipeline.boxes import iou_matrix
from pipeline.letterbox import Letterbox
from training.errors import TrainingError
from training.pictures import read_picture

OPSET: Final = 17
LARGEST_MB: Final = 12.0
LEAST_IOU: Final = 0.99
LARGEST_SCORE_DIFFERENCE: Final = 1e-3
COMPARED_FROM: Final = 0.05
"""Anchors that score less in torch are not compared: no threshold reaches them."""


@dataclass(frozen=True, slots=True)
class Parity:
    """How far onnxruntime and torch lie apart over some pictures."""

    pictures: int
    anchors: int
    least_iou: float
    largest_score_difference: float

    @property
    def holds(self) -> bool:
        return self.least_iou >= LEAST_IOU and self.largest_score_difference <= LARGEST_SCORE_DIFFERENCE


@dataclass(frozen=True, slots=True)
class Exported:
    """The file, its SHA-256 and its size."""

    path: Path
    digest: str
    size_mb: float
    parity: Parity


def export(name: str, weights: Path, target: Path, pictures: Sequence[Path], width_px: int, height_px: int) -> Exported:
    """Write `target` from torch weights; raises TrainingError, and writes nothing, where parity does not hold."""
    model = YOLO(str(weights))
    written = Path(
        model.export(format="onnx", dynamic=True, simplify=True, opset=OPSET, imgsz=(height_px, width_px), device="cpu")
    )
    _name(written, name)
    parity = compare(weights, written, pictures, ((width_px, height_px), (640, 640)))
    size_mb = written.stat().st_size / 1e6
    if not parity.holds or size_mb > LARGEST_MB:
        raise TrainingError(
            f"{written}: onnxruntime and torch disagree (least IoU {parity.least_iou:.4f}, scores differ by up to "
            f"{parity.largest_score_difference:.5f}) or the file is too large "
            f"({size_mb:.1f} MB, at most {LARGEST_MB}). "
            f"Nothing was written to {target}."
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    move(written, target)
    return Exported(target, hashlib.sha256(target.read_bytes()).hexdigest(), size_mb, parity)


def _name(path: Path, name: str) -> None:
    """Say in the graph's metadata what it is; where and when it was made is left out."""
    graph = onnx.load(path)
    for entry in graph.metadata_props:
        if entry.key == "description":
            entry.value = f"City Steward {name} detector, fine-tuned from Ultralytics YOLO11n"
        elif entry.key == "author":
            entry.value = "City Steward"
    kept = [entry for entry in graph.metadata_props if entry.key != "date"]
    del graph.metadata_props[:]
    graph.metadata_props.extend(kept)
    onnx.save(graph, path)


def compare(weights: Path, graph: Path, pictures: Sequence[Path], sizes: Sequence[tuple[int, int]]) -> Parity:
    """Run torch and onnxruntime over the same letterboxed pictures, anchor by anchor."""
    torch_model = YOLO(str(weights)).model.float().eval()
    session = open_session(graph.read_bytes(), str(graph), provider=Provider.CPU)
    least, largest, anchors = 1.0, 0.0, 0
    for path in pictures:
        picture = read_picture(path)
        for width, height in sizes:
            blob = Letterbox.fit(picture.shape[1], picture.shape[0], width, height).blob(picture)
            with torch.inference_mode():
                expected = torch_model(torch.from_numpy(blob.copy()))[0].numpy()[0]
            given = session.run(blob)[0]
            largest = max(largest, float(np.abs(expected[4:] - given[4:]).max()))
            for anchor in np.flatnonzero(expected[4:].max(0) >= COMPARED_FROM):
                overlap = iou_matrix(_corners(expected[:4, anchor]), _corners(given[:4, anchor]))
                least, anchors = min(least, float(overlap[0, 0])), anchors + 1
    return Parity(len(pictures), anchors, least, largest)


def _corners(centre_size: np.ndarray) -> np.ndarray:
    x, y, width, height = centre_size
    return np.array([[x - width / 2, y - height / 2, x + width / 2, y + height / 2]], np.float32)
