"""A detector that is a real convolution: it scores red, green and blue cells, and can be quantised like a large one.

Its layers are named as YOLO11's are in an exported file, so that blocks are found by name.
"""

from __future__ import annotations

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from models.card import Preprocessing
from models.feeding import feeding
from tests.models.tiny import CELL, COLOURS

LABELS = ("red", "green", "blue")
SIZE = Preprocessing(width_px=640, height_px=640, rectangular=True, most_pixels=512 * 512)


def conv_graph(outlier: float = 0.0) -> onnx.ModelProto:
    """Like tests.models.tiny, but the colours are told apart by two convolutions, of blocks model.0 and model.1.

    outlier: adds so much to one more channel of the first convolution, which the second does not use: its inputs' range
    grows by that, and integers become that coarse.
    """
    pool = np.full((4, 3, CELL, CELL), 0, np.float32)
    for channel in range(3):
        pool[channel, channel] = 1 / CELL**2
    mix = np.zeros((3, 4, 1, 1), np.float32)
    mix[:, :3, 0, 0] = COLOURS
    cells = 640 // CELL
    x, y = np.meshgrid(np.arange(cells) * CELL + CELL / 2, np.arange(cells) * CELL + CELL / 2)
    side = np.full_like(x, float(CELL))
    constants = {
        "pool": pool,
        "pool_bias": np.array([0, 0, 0, outlier], np.float32),
        "mix": mix,
        "grid": np.stack([x, y, side, side])[None].astype(np.float32),
        "none": np.array([0, 0], np.int64),
        "places": np.array([2, 3], np.int64),
        "flat": np.array([1, 0, -1], np.int64),
        "zero": np.float32(0),
        "one": np.float32(1),
    }
    nodes = [
        helper.make_node(
            "Conv", ["images", "pool", "pool_bias"], ["cells"], "/model.0/conv/Conv",
            kernel_shape=[CELL, CELL], strides=[CELL, CELL],
        ),
        helper.make_node("Conv", ["cells", "mix"], ["raw"], "/model.1/conv/Conv", kernel_shape=[1, 1]),
        helper.make_node("Clip", ["raw", "zero", "one"], ["clipped"]),
        helper.make_node("Reshape", ["clipped", "flat"], ["scores"]),
        helper.make_node("Shape", ["cells"], ["counts"], start=2),
        helper.make_node("Slice", ["grid", "none", "counts", "places"], ["used"]),
        helper.make_node("Reshape", ["used", "flat"], ["boxes"]),
        helper.make_node("Concat", ["boxes", "scores"], ["output0"], axis=1),
    ]  # fmt: skip
    graph = helper.make_graph(
        nodes,
        "tiny_net",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, "height", "width"])],
        [helper.make_tensor_value_info("output0", TensorProto.FLOAT, [1, 7, "anchors"])],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    for key, value in feeding(LABELS, SIZE).items():
        model.metadata_props.add(key=key, value=value)
    return model


def coloured_photo(seed: int, side: int = 512) -> tuple[NDArray[np.uint8], list[tuple[int, float, float]]]:
    """A dim grey BGR photo with a few coloured cells, and of each its label's number and its centre, in 0..1."""
    generator = np.random.default_rng(seed)
    photo = np.full((side, side, 3), 60, np.uint8)
    boxes = []
    for number in generator.permutation((side // CELL) ** 2)[:9]:
        row, column = divmod(int(number), side // CELL)
        label = int(generator.integers(3))
        strength = int(generator.integers(120, 255))
        photo[row * CELL : (row + 1) * CELL, column * CELL : (column + 1) * CELL] = 0
        photo[row * CELL : (row + 1) * CELL, column * CELL : (column + 1) * CELL, 2 - label] = strength
        boxes.append((label, (column + 0.5) * CELL / side, (row + 0.5) * CELL / side))
    return photo, boxes
