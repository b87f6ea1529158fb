"""Boxes where something scores, and nowhere else.

A fifth of what a YOLO11n computes is the branch of its head that places boxes, for every anchor of the picture, and
some fifty of five thousand are ever read. `cut` takes a graph apart: into one without that branch, and the branch,
which is run on the surroundings of the anchors that are asked for. The numbers are those of the whole graph but for the
order in which they are added up.

The branch of a level is two 3x3 convolutions with SiLU and one 1x1, over the features that the level's scores are made
of too; each side of a box is the mean of a distribution over 16 distances (distribution focal loss, Li et al. 2020,
arXiv:2006.04388, equation 5), in strides from the anchor's centre.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from google.protobuf.message import DecodeError
from numpy.typing import NDArray

from models.head import Floats, Places
from models.onnxproto import FLOAT32, INT, WHOLE64, Model

SIDES: Final = 4
STEPS: Final = 16
FAR: Final = np.arange(-1, 2)
OPSET: Final = 17

Run = Callable[[Mapping[str, NDArray[Any]]], Sequence[Floats]]


@dataclass(frozen=True, slots=True, eq=False)
class Sparse:
    """A head (models/head.py) whose boxes are worked out when they are asked for.

    features: what each level looks at, [channels, H, W]; height_px: of the input; branch: runs `Cut.branch`.
    """

    scores: Floats
    features: tuple[Floats, ...]
    height_px: int
    branch: Run

    def boxes(self, anchors: Places) -> Floats:
        """[k, 4] centre x, centre y, width and height of k anchors, in input px."""
        asked, whose = np.unique(anchors, return_inverse=True)
        cells = list(self._cells(asked))
        bins = self.branch({name: value for level in cells for name, value in level.fed.items()})
        found = [level.boxes(told) for level, told in zip(cells, bins, strict=True)]
        return np.concatenate(found)[whose]

    def _cells(self, asked: Places) -> Iterator[_Cells]:
        """Those of anchors in their order, which is a level after the other."""
        first = 0
        for level, features in enumerate(self.features):
            height, width = features.shape[1:]
            here = asked[(asked >= first) & (asked < first + height * width)] - first
            first += height * width
            yield _Cells(level, features, here, self.height_px / height)


@dataclass(frozen=True, slots=True, eq=False)
class _Cells:
    """Some cells of a level, counted row by row, and how many input px a cell is wide."""

    level: int
    features: Floats
    cells: Places
    stride_px: float

    @property
    def fed(self) -> dict[str, NDArray[Any]]:
        """What the branch is fed for them. What cells side by side look at is worked out once."""
        channels, height, width = self.features.shape
        around = _neighbours(self.cells, height, width)
        near, places = np.unique(np.append(around.ravel(), height * width), return_inverse=True)
        beside = _neighbours(near[:-1], height, width)
        seen = self.features.reshape(channels, -1)[:, np.minimum(beside, height * width - 1)] * (
            beside < height * width
        )
        return {
            f"seen{self.level}": seen.transpose(1, 2, 0).reshape(len(beside), 9 * channels),
            f"around{self.level}": places[:-1].reshape(around.shape),
        }

    def boxes(self, bins: Floats) -> Floats:
        """[k, 4] from their [k, 64] distributions."""
        sides = bins.reshape(-1, SIDES, STEPS)
        odds = np.exp(sides - sides.max(axis=2, keepdims=True))
        reach = (odds * np.arange(STEPS, dtype=np.float32)).sum(axis=2) / odds.sum(axis=2)
        row, column = np.divmod(self.cells, self.features.shape[2])
        centre = np.stack([column, row], axis=1).astype(np.float32) + np.float32(0.5)
        low, high = centre - reach[:, :2], centre + reach[:, 2:]
        return np.concatenate([(low + high) / 2, high - low], axis=1) * np.float32(self.stride_px)


def _neighbours(cells: Places, height: int, width: int) -> Places:
    """[k, 9] the cells around k cells of a picture, row by row; height x width stands for what lies outside."""
    rows, columns = cells[:, None, None] // width + FAR[:, None], cells[:, None, None] % width + FAR
    inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    return np.where(inside, rows * width + columns, height * width).reshape(len(cells), 9)


@dataclass(frozen=True, slots=True)
class Cut:
    """A graph in two. outputs: of `graph`, the scores and each level's features; branch: a graph that says the
    distributions of cells, a level after the other, fed as `Sparse` does it."""

    graph: bytes
    outputs: tuple[str, ...]
    branch: bytes


def heads(answer: Sequence[Floats], height_px: int, branch: Run) -> list[Sparse]:
    """A head for each picture of a batch, from what a cut graph gave for its outputs."""
    scores, *features = answer
    return [
        Sparse(scores[one], tuple(level[one] for level in features), height_px, branch) for one in range(len(scores))
    ]


def cut(graph: bytes) -> Cut | None:
    """The same model in two; None for a graph that is not made like a YOLO11 head in float32."""
    try:
        return _cut(Model.FromString(graph))
    except (DecodeError, _OtherwiseMade):
        return None


class _OtherwiseMade(Exception):
    """The graph is not what is looked for."""


def _cut(model: Any) -> Cut:
    graph = model.graph
    maker = {name: node for node in graph.node for name in node.output}
    look = _Look(maker, {one.name: one for one in graph.initializer})
    boxes, scores = look.inputs(" ".join(one.name for one in graph.output), "Concat", 2)
    labels = [look.inputs(one, "Reshape", 2)[0] for one in look.inputs(look.inputs(scores, "Sigmoid", 1)[0], "Concat")]
    levels = [look.level(one) for one in look.spread(boxes)]
    kinds = {len(look.tensor(look.inputs(one, "Conv", 3)[1])) for one in labels}
    if len(levels) != len(labels) or len(kinds) != 1:
        raise _OtherwiseMade
    outputs = (scores, *(features for features, _ in levels))
    _keep_only(graph, outputs, maker)
    return Cut(model.SerializeToString(), outputs, _branch([level for _, level in levels]))


Convolution = tuple[Floats, Floats]
"""Weights [outputs, inputs, rows, columns] and biases [outputs]."""


@dataclass(frozen=True, slots=True)
class _Look:
    """Walks a graph from its output back. maker: the node that makes a value; tensors: the stored ones, by name."""

    maker: Mapping[str, Any]
    tensors: Mapping[str, Any]

    def inputs(self, value: str, kind: str, count: int | None = None) -> list[str]:
        """What a value is made of, by a node of this kind."""
        node = self.maker.get(value)
        if node is None or node.op_type != kind or count not in (None, len(node.input)):
            raise _OtherwiseMade
        return list(node.input)

    def spread(self, boxes: str) -> list[str]:
        """The distributions of the distances, a level each, that centre and size of the boxes are made of."""
        centre, size = self.inputs(self.inputs(boxes, "Mul", 2)[0], "Concat", 2)
        far, near = self.inputs(size, "Sub", 2)
        if sorted(self.inputs(self.inputs(centre, "Div", 2)[0], "Add", 2)) != sorted([far, near]):
            raise _OtherwiseMade
        sides = self.inputs(self.inputs(near, "Sub", 2)[1], "Slice")[0]
        if self.inputs(self.inputs(far, "Add", 2)[1], "Slice")[0] != sides:
            raise _OtherwiseMade
        odds, means = self.inputs(self.inputs(sides, "Reshape", 2)[0], "Conv", 2)
        if not np.array_equal(self.tensor(means).ravel(), np.arange(STEPS)):
            raise _OtherwiseMade
        bins = self.inputs(self.inputs(self.inputs(odds, "Softmax", 1)[0], "Transpose", 1)[0], "Reshape", 2)[0]
        return [self.inputs(one, "Reshape", 2)[0] for one in self.inputs(bins, "Concat")]

    def level(self, value: str) -> tuple[str, list[Convolution]]:
        """What a level looks at, and its three convolutions from there on."""
        found: list[Convolution] = []
        for side in (1, 3, 3):
            if found:
                value = self.silu(value)
            value, weight, bias = self.inputs(value, "Conv", 3)
            kernel = self.tensor(weight)
            if kernel.ndim != 4 or kernel.shape[2:] != (side, side):
                raise _OtherwiseMade
            found.insert(0, (kernel, self.tensor(bias)))
        if len(found[-1][1]) != SIDES * STEPS:
            raise _OtherwiseMade
        return value, found

    def silu(self, value: str) -> str:
        """x where a value is x · sigmoid(x)."""
        given, gate = self.inputs(value, "Mul", 2)
        if self.inputs(gate, "Sigmoid", 1) != [given]:
            raise _OtherwiseMade
        return given

    def tensor(self, name: str) -> Floats:
        one = self.tensors.get(name)
        if one is None or one.data_type != FLOAT32:
            raise _OtherwiseMade
        flat = np.frombuffer(one.raw_data, "<f4") if one.raw_data else np.array(one.float_data, np.float32)
        return flat.astype(np.float32).reshape(tuple(one.dims))


def _keep_only(graph: Any, outputs: Sequence[str], maker: Mapping[str, Any]) -> None:
    """Take everything out of a graph that these outputs do not need."""
    needed: set[str] = set()
    newest = list(outputs)
    while newest:
        name = newest.pop()
        if name not in needed:
            needed.add(name)
            newest += maker[name].input if name in maker else ()
    nodes = [node for node in graph.node if needed.intersection(node.output)]
    stored = [one for one in graph.initializer if one.name in needed]
    for field in ("node", "initializer", "value_info", "output"):
        graph.ClearField(field)
    graph.node.extend(nodes)
    graph.initializer.extend(stored)
    for name in outputs:
        graph.output.add(name=name).type.tensor_type.elem_type = FLOAT32


def _branch(levels: Sequence[Sequence[Convolution]]) -> bytes:
    """The branch on some cells of each level.

    Of each level it is fed seen [n, 9 x channels], the features around each cell that has to be known, 0 outside the
    picture; and around [k, 9], which of those n lie around each cell that is asked for, n for one outside.
    """
    write = _Writer(Model(ir_version=8))
    write.model.opset_import.add(version=OPSET)
    write.model.graph.name = "boxes"
    for level, (first, second, third) in enumerate(levels):
        seen, around = write.input(f"seen{level}", FLOAT32), write.input(f"around{level}", WHOLE64)
        known = write.silu(write.node("Gemm", seen, *write.weights(first)))
        nothing = write.stored(np.zeros((1, len(first[1])), np.float32))
        nine = write.node("Gather", write.node("Concat", known, nothing, axis=0), around)
        row = write.node("Reshape", nine, write.stored(np.array([-1, 9 * len(first[1])])))
        answer = write.silu(write.node("Gemm", row, *write.weights(second)))
        write.output(write.node("Gemm", answer, *write.weights(third)))
    return write.model.SerializeToString()  # type: ignore[no-any-return]


@dataclass(frozen=True, slots=True)
class _Writer:
    """Writes a graph node by node; every value gets a name of its own."""

    model: Any

    def input(self, name: str, kind: int) -> str:
        self.model.graph.input.add(name=name).type.tensor_type.elem_type = kind
        return name

    def output(self, name: str) -> None:
        self.model.graph.output.add(name=name).type.tensor_type.elem_type = FLOAT32

    def node(self, kind: str, *given: str, **numbers: int) -> str:
        made = f"v{len(self.model.graph.node)}"
        node = self.model.graph.node.add(op_type=kind, input=given, output=[made])
        for name, number in numbers.items():
            node.attribute.add(name=name, i=number, type=INT)
        return made

    def stored(self, value: NDArray[Any]) -> str:
        kind, little = (WHOLE64, "<i8") if value.dtype.kind == "i" else (FLOAT32, "<f4")
        name = f"c{len(self.model.graph.initializer)}"
        content = np.ascontiguousarray(value, little).tobytes()
        self.model.graph.initializer.add(name=name, data_type=kind, dims=value.shape, raw_data=content)
        return name

    def weights(self, convolution: Convolution) -> tuple[str, str]:
        """Those of a convolution whose inputs lie in a row: rows x columns x channels."""
        kernel, bias = convolution
        return self.stored(kernel.transpose(2, 3, 1, 0).reshape(-1, len(kernel))), self.stored(bias)

    def silu(self, value: str) -> str:
        return self.node("Mul", value, self.node("Sigmoid", value))
