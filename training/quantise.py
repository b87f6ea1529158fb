"""From a float32 graph to its twin in 8-bit integers: weights a channel, activations by ranges seen on photos.

Only convolutions are quantised, at their inputs: their outputs stay in float32 up to the next convolution, since
OpenVINO runs convolution, activation and rounding in one pass that way and a rounding in between would break it up.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from itertools import cycle
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx
from numpy.typing import NDArray
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QDQQuantizer,
    QuantType,
    create_calibrator,
)
from onnxruntime.quantization.calibrate import TensorsData

from pipeline.letterbox import Letterbox
from training.pictures import read_picture

QUANTISED: Final = "Conv"
OPTIONS: Final[dict[str, Any]] = {"OpTypesToExcludeOutputQuantization": [QUANTISED]}
BLOCK: Final = re.compile(r"/model\.(\d+)/(?:(?P<branch>cv\d\.\d)/(?P=branch)\.(\d)/)?")
"""`/model.23/cv3.0/cv3.0.2/Conv` is of block model.23.cv3.0.2: a head's branches count layer by layer."""

Blobs = Iterable[NDArray[np.float32]]


class Reader(CalibrationDataReader):  # type: ignore[misc]
    """Feeds blobs to onnxruntime's calibration under the graph's input name."""

    def __init__(self, name: str, blobs: Blobs) -> None:
        self._name, self._blobs = name, iter(blobs)

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        blob = next(self._blobs, None)
        return None if blob is None else {self._name: blob}


def blobs_of(pictures: Iterable[Path], sizes: Sequence[tuple[int, int]]) -> Iterator[NDArray[np.float32]]:
    """Each picture as the model eats it, in one of the sizes (width, height), turn about."""
    for path, (width, height) in zip(pictures, cycle(sizes), strict=False):
        picture = read_picture(path)
        yield Letterbox.fit(picture.shape[1], picture.shape[0], width, height).blob(picture)


def blocks_of(graph: onnx.ModelProto) -> dict[str, list[str]]:
    """The names of the convolutions by block, in the graph's order; one outside the model's layers is its own block."""
    blocks: dict[str, list[str]] = {}
    for node in graph.graph.node:
        if node.op_type == QUANTISED:
            found = BLOCK.match(node.name)
            layer = f".{found['branch']}.{found[3]}" if found and found["branch"] else ""
            blocks.setdefault(f"model.{found[1]}{layer}" if found else node.name, []).append(node.name)
    return blocks


def ranges_of(graph: onnx.ModelProto, blobs: Blobs) -> TensorsData:
    """The least and largest value of every convolution's input and output over these blobs."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "graph.onnx"
        onnx.save(graph, path)
        calibrator = create_calibrator(
            path, [QUANTISED], str(path.with_name("augmented.onnx")), CalibrationMethod.MinMax
        )
        calibrator.collect_data(Reader(graph.graph.input[0].name, blobs))
        return calibrator.compute_data()


def quantised(graph: onnx.ModelProto, ranges: TensorsData, nodes: Sequence[str]) -> onnx.ModelProto:
    """A copy of the graph with these convolutions quantised; its metadata is the graph's."""
    copy = onnx.ModelProto()
    copy.CopyFrom(graph)
    quantizer = QDQQuantizer(
        copy, True, False, QuantType.QInt8, QuantType.QUInt8, ranges, list(nodes), [], [QUANTISED], dict(OPTIONS)
    )
    written: onnx.ModelProto = quantizer.quantize_model()
    return written
