"""A graph that eats pictures as they lie in memory.

OpenVINO works in the layout of pixels and not of planes: a graph that is fed bytes, blue first, reads a third of the
memory, and whoever feeds it makes no planes of floats. What comes out is the same: the division by 255 is done inside,
and the first convolution has its channels the other way round.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from google.protobuf.message import DecodeError

from models.onnxproto import BYTE, FLOAT32, INT, INTS, Model

CHANNELS_FIRST = (0, 3, 1, 2)


def from_pixels(graph: bytes) -> bytes | None:
    """The same model for uint8 [batch, H, W, 3] BGR instead of float32 [batch, 3, H, W] RGB in 0..1; None for a graph
    that does not begin with one convolution in float32."""
    try:
        model = Model.FromString(graph)
    except DecodeError:
        return None
    stored = {one.name: one for one in model.graph.initializer}
    given = [one for one in model.graph.input if one.name not in stored]
    first = [node for node in model.graph.node if given and given[0].name in node.input]
    if len(given) != 1 or len(first) != 1 or first[0].op_type != "Conv" or first[0].input[0] != given[0].name:
        return None
    weights = stored.get(first[0].input[1])
    sides = given[0].type.tensor_type.shape.dim
    if weights is None or weights.data_type != FLOAT32 or not weights.raw_data or len(sides) != 4:
        return None
    if any(weights.name in node.input for node in model.graph.node if node != first[0]):
        return None
    kernel = np.frombuffer(weights.raw_data, "<f4").reshape(tuple(weights.dims))
    weights.raw_data = np.ascontiguousarray(kernel[:, ::-1]).tobytes()
    _feed_bytes(model.graph, given[0], first[0])
    return model.SerializeToString()  # type: ignore[no-any-return]


def _feed_bytes(graph: Any, given: Any, first: Any) -> None:
    """Put before a convolution what makes planes of floats out of pixels."""
    batch, channels, height, width = (_copied(one) for one in given.type.tensor_type.shape.dim)
    given.type.tensor_type.elem_type = BYTE
    given.type.tensor_type.shape.ClearField("dim")
    given.type.tensor_type.shape.dim.extend([batch, height, width, channels])
    scale = graph.initializer.add(name="pixels/255", data_type=FLOAT32, raw_data=np.float32(255).tobytes())
    made = Model().graph
    cast = made.node.add(op_type="Cast", input=[given.name], output=["pixels/float"])
    cast.attribute.add(name="to", i=FLOAT32, type=INT)
    made.node.add(op_type="Div", input=["pixels/float", scale.name], output=["pixels/share"])
    turned = made.node.add(op_type="Transpose", input=["pixels/share"], output=["pixels/planes"])
    turned.attribute.add(name="perm", ints=CHANNELS_FIRST, type=INTS)
    first.input[0] = "pixels/planes"
    made.node.extend(graph.node)
    graph.ClearField("node")
    graph.node.extend(made.node)


def _copied(message: Any) -> Any:
    copy = type(message)()
    copy.CopyFrom(message)
    return copy
