"""From trained weights to the file that ships: ONNX with free height and width, the raw head, how to feed it inside.

The export is refused unless onnxruntime gives what torch gives: boxes that overlap by 0.99 and scores within 0.001.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from shutil import move
from typing import Final

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from ultralytics import YOLO
from ultralytics.data.augment import LetterBox

from models.providers import Provider
from models.session import open_session
from training.errors import TrainingError
from training.parity import Head, Parity, compare_heads, through_file
from training.pictures import Image
from training.stamp import stamped

OPSET: Final = 17
LARGEST_MB: Final = 12.0


@dataclass(frozen=True, slots=True)
class Exported:
    """The file, its SHA-256 and its size."""

    path: Path
    digest: str
    size_mb: float
    parity: Parity


def export(
    weights: Path, target: Path, said: Mapping[str, str], pictures: Sequence[Path], sizes: Sequence[tuple[int, int]]
) -> Exported:
    """Write `target` from torch weights; raises TrainingError, and writes nothing, where parity does not hold.

    said: the metadata that the file gets beside ultralytics' own. sizes: the inputs (width, height) that torch and
    onnxruntime are compared in.
    """
    width_px, height_px = sizes[0]
    written = Path(
        YOLO(str(weights)).export(
            format="onnx", dynamic=True, simplify=True, opset=OPSET, imgsz=(height_px, width_px), device="cpu"
        )
    )
    content = stamped(onnx.load(written), said)
    written.write_bytes(content)
    parity = compare(weights, written, pictures, sizes)
    size_mb = len(content) / 1e6
    if not parity.holds or size_mb > LARGEST_MB:
        raise TrainingError(
            f"{written}: onnxruntime and torch disagree (least IoU {parity.least_iou:.4f}, scores differ by up to "
            f"{parity.largest_score_difference:.5f}, {parity.anchors} boxes compared) or the file is too large "
            f"({size_mb:.1f} MB, at most {LARGEST_MB}). "
            f"Nothing was written to {target}."
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    move(written, target)
    return Exported(target, hashlib.sha256(content).hexdigest(), size_mb, parity)


def compare(weights: Path, graph: Path, pictures: Sequence[Path], sizes: Sequence[tuple[int, int]]) -> Parity:
    """Torch weights, fed as ultralytics feeds them, and their exported file, fed as a vehicle feeds it."""
    session = open_session(graph.read_bytes(), str(graph), provider=Provider.CPU)
    return compare_heads(through_torch(weights), through_file(session), pictures, sizes)


def through_torch(weights: Path) -> Head:
    """Torch weights behind ultralytics' own letterbox."""
    model = YOLO(str(weights)).model.float().eval()

    def head(picture: Image, width: int, height: int) -> NDArray[np.float32]:
        fitted = LetterBox((height, width), auto=False)(image=picture)
        planes = torch.from_numpy(np.ascontiguousarray(fitted[..., ::-1].transpose(2, 0, 1)))
        with torch.inference_mode():
            return np.asarray(model(planes[None].float() / 255)[0].numpy()[0], np.float32)

    return head
