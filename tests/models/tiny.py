"""A detector small enough to read: it finds saturated colour, one label a colour, in cells of 32 px.

Its head has the layout of YOLO11's, so everything around a real model runs on it unchanged.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from models.card import Preprocessing
from models.feeding import feeding

CELL = 32
BGR = {"red": (0, 0, 255), "green": (0, 255, 0), "blue": (255, 0, 0)}
COLOURS = np.array([[1, -1, -1], [-1, 1, -1], [-1, -1, 1]], np.float32)


def tiny_graph(
    labels: tuple[str, ...],
    width: int = 640,
    height: int = 640,
    box_px: float = CELL,
    colours: NDArray[np.float32] | None = None,
    free: bool = False,
    rectangular: bool = False,
    many: bool = False,
) -> onnx.ModelProto:
    """Up to three labels: score = clip(own colour − the other two, 0, 1) averaged over a cell; a box a cell.

    More labels where `colours` [labels, 3] says what each makes of red, green and blue. free: any input of whole cells
    up to the size is taken. rectangular: what its metadata says of how it is fed. many: a batch of any size is taken.
    """
    columns, rows = width // CELL, height // CELL
    x, y = np.meshgrid(np.arange(columns) * CELL + CELL / 2, np.arange(rows) * CELL + CELL / 2)
    side = np.full_like(x, float(box_px))
    constants = {
        "grid": np.stack([x, y, side, side])[None].astype(np.float32),
        "colours": COLOURS[None, : len(labels)] if colours is None else colours[None],
        "none": np.array([0, 0], np.int64),
        "places": np.array([2, 3], np.int64),
        "flat": np.array([0, 0, -1], np.int64),
        "zero": np.float32(0),
        "one": np.float32(1),
    }
    nodes = [
        helper.make_node("AveragePool", ["images"], ["cells"], kernel_shape=[CELL, CELL], strides=[CELL, CELL]),
        helper.make_node("Shape", ["cells"], ["counts"], start=2),
        helper.make_node("Slice", ["grid", "none", "counts", "places"], ["used"]),
        helper.make_node("Reshape", ["used", "flat"], ["boxes"]),
        helper.make_node("Reshape", ["cells", "flat"], ["rgb"]),
        helper.make_node("MatMul", ["colours", "rgb"], ["raw"]),
        helper.make_node("Clip", ["raw", "zero", "one"], ["scores"]),
        helper.make_node("ReduceMax", ["scores"], ["best"], axes=[1]),
        helper.make_node("Mul", ["best", "zero"], ["nothing"]),
        helper.make_node("Add", ["boxes", "nothing"], ["placed"]),
        helper.make_node("Concat", ["placed", "scores"], ["output0"], axis=1),
    ]
    batch: int | str = "batch" if many else 1
    sides: list[int | str] = ["height", "width"] if free else [height, width]
    anchors: int | str = "anchors" if free else columns * rows
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, [batch, 3, *sides])],
        [helper.make_tensor_value_info("output0", TensorProto.FLOAT, [batch, 4 + len(labels), anchors])],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    size = Preprocessing(width_px=width, height_px=height, rectangular=rectangular)
    for key, value in feeding(labels, size).items():
        model.metadata_props.add(key=key, value=value)
    return model


def write_tiny(
    folder: Path,
    name: str = "tiny",
    labels: tuple[str, ...] = ("red", "green", "blue"),
    *,
    width: int = 640,
    height: int = 640,
    box_px: float = CELL,
    threshold: float = 0.5,
    graph_labels: tuple[str, ...] | None = None,
    colours: NDArray[np.float32] | None = None,
    free: bool = False,
    rectangular: bool = False,
    many: bool = False,
) -> Path:
    """A store with one model and its card; returns the folder.

    graph_labels: what the graph says instead of `labels`; free, many: the graph's; rectangular: the card's.
    """
    (folder / "cards").mkdir(parents=True, exist_ok=True)
    (folder / "weights").mkdir(exist_ok=True)
    graph = tiny_graph(graph_labels or labels, width, height, box_px, colours, free, rectangular, many)
    weights = graph.SerializeToString()
    (folder / "weights" / f"{name}.onnx").write_bytes(weights)
    thresholds = "".join(f"{label} = {threshold}\n" for label in labels)
    (folder / "cards" / f"{name}.toml").write_text(
        f'name = "{name}"\nversion = "1"\nweights = "{name}.onnx"\ndigest = "{hashlib.sha256(weights).hexdigest()}"\n'
        f'labels = {list(labels)!r}\nnms_iou = 0.5\nlicence = "AGPL-3.0-only"\n\n[thresholds]\n{thresholds}\n'
        f"[preprocessing]\nwidth_px = {width}\nheight_px = {height}\n"
        f"rectangular = {str(rectangular).lower()}\n",
        "utf-8",
    )
    return folder


def rewrite_metadata(store: Path, said: dict[str, str], name: str = "tiny") -> None:
    """Make a weights file say something else of itself, with the card's digest to match."""
    path, card = store / "weights" / f"{name}.onnx", store / "cards" / f"{name}.toml"
    before = path.read_bytes()
    model = onnx.load_from_string(before)
    for entry in model.metadata_props:
        entry.value = said.get(entry.key, entry.value)
    path.write_bytes(model.SerializeToString())
    digests = [hashlib.sha256(content).hexdigest() for content in (before, path.read_bytes())]
    card.write_text(card.read_text("utf-8").replace(*digests), "utf-8")


def add_twin(store: Path, name: str = "tiny") -> Path:
    """Name a twin in the card: the same graph with another description, so its digest differs. Returns its path."""
    model = onnx.load(store / "weights" / f"{name}.onnx")
    model.doc_string = "the twin"
    path = store / "weights" / f"{name}.int8.onnx"
    path.write_bytes(model.SerializeToString())
    with (store / "cards" / f"{name}.toml").open("a", encoding="utf-8") as card:
        card.write(f'\n[int8]\nweights = "{path.name}"\ndigest = "{hashlib.sha256(path.read_bytes()).hexdigest()}"\n')
        card.write("calibrated_on = { a = 1 }\n")
    return path
