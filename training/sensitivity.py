"""Which blocks of a graph do 8-bit integers hurt? Each is quantised alone, and its heads are laid beside float32's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import onnx
from numpy.typing import NDArray
from onnxruntime.quantization.calibrate import TensorsData

from models.feeding import input_sizes
from models.providers import Precision
from models.session import Session, open_session
from training.errors import TrainingError
from training.parity import COMPARED_FROM
from training.quantise import blobs_of, blocks_of, quantised, ranges_of
from training.stamp import verified
from training.twin import calibration_photos
from training.workshop import Workshop

PICTURES: Final = 10
CALIBRATED_ON: Final = 50
F32 = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Hurt:
    """A block quantised alone: root mean square of what it changes, over the anchors that score in float32."""

    block: str
    score: float
    box_px: float


def sensitivity(shop: Workshop, card_path: Path) -> str:
    """A table of the model's blocks, the most hurt first, on a few training photos in either input shape."""
    part = shop.recipe.int8
    if part is None:
        raise TrainingError(f"recipe {shop.recipe.name!r} has no [int8] part, so its model has no twin.")
    card, files = verified(card_path)
    photos, sizes = calibration_photos(shop, part), input_sizes(card.preprocessing)
    spread = photos[:: max(1, len(photos) // CALIBRATED_ON)]
    graph = onnx.load_from_string(files[card.weights])
    ranges = ranges_of(graph, blobs_of([photo.picture for photo in spread], sizes))
    looked_at = [photo.picture for photo in photos[1 :: max(1, len(photos) // PICTURES)][:PICTURES]]
    found = []
    for hurt in sweep(graph, ranges, list(blobs_of(looked_at, sizes))):
        shop.say(f"{hurt.block}: scores {hurt.score:.4f}, boxes {hurt.box_px:.2f} px")
        found.append(hurt)
    found.sort(key=lambda hurt: -hurt.score)
    rows = "".join(f"| {hurt.block} | {hurt.score:.4f} | {hurt.box_px:.2f} |\n" for hurt in found)
    return "| block in int8 | scores | boxes, px |\n|---|---|---|\n" + rows


def sweep(graph: onnx.ModelProto, ranges: TensorsData, blobs: Sequence[F32]) -> Iterator[Hurt]:
    """Every block in the graph's order."""
    expected = _heads(open_session(graph.SerializeToString(), "the model"), blobs)
    for block, nodes in blocks_of(graph).items():
        alone = quantised(graph, ranges, nodes).SerializeToString()
        given = _heads(open_session(alone, f"{block} in int8", precision=Precision.INT8), blobs)
        change = np.concatenate([_change(before, after) for before, after in zip(expected, given, strict=True)], axis=1)
        score, box = change[4:], change[:4]
        yield Hurt(block, float(np.sqrt(np.mean(score**2))), float(np.sqrt(np.mean(box**2))))


def _heads(session: Session, blobs: Sequence[F32]) -> list[F32]:
    return [session.run(blob)[0] for blob in blobs]


def _change(before: F32, after: F32) -> F32:
    """[4 + labels, anchors that score] of differences."""
    return np.asarray((after - before)[:, before[4:].max(0) >= COMPARED_FROM], np.float32)
