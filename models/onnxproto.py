"""The few messages of an ONNX file that it takes to cut a graph and to write one; all else in a file is kept as it is.

Field numbers are those of onnx.proto3 (github.com/onnx/onnx, IR version 3 and later). The package `onnx` has them too,
and is larger than anything that a vehicle installs but its runtime.
"""

from __future__ import annotations

from typing import Any, Final

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

_Field: Final = descriptor_pb2.FieldDescriptorProto
TEXT, BYTES, FLOAT, INT32, INT64 = (
    _Field.TYPE_STRING,
    _Field.TYPE_BYTES,
    _Field.TYPE_FLOAT,
    _Field.TYPE_INT32,
    _Field.TYPE_INT64,
)
FLOAT32: Final = 1
BYTE: Final = 2
WHOLE64: Final = 7
"""Of TensorProto.DataType: FLOAT, UINT8 and INT64."""
INT: Final = 2
INTS: Final = 7
"""Of AttributeProto.AttributeType."""
MESSAGES: Final[dict[str, dict[str, tuple[int, int | str, bool]]]] = {
    "Tensor": {
        "dims": (1, INT64, True),
        "data_type": (2, INT32, False),
        "float_data": (4, FLOAT, True),
        "name": (8, TEXT, False),
        "raw_data": (9, BYTES, False),
    },
    "Attribute": {
        "name": (1, TEXT, False),
        "i": (3, INT64, False),
        "ints": (8, INT64, True),
        "type": (20, INT32, False),
    },
    "Node": {
        "input": (1, TEXT, True),
        "output": (2, TEXT, True),
        "op_type": (4, TEXT, False),
        "attribute": (5, "Attribute", True),
    },
    "Dimension": {"dim_value": (1, INT64, False), "dim_param": (2, TEXT, False)},
    "Shape": {"dim": (1, "Dimension", True)},
    "TensorType": {"elem_type": (1, INT32, False), "shape": (2, "Shape", False)},
    "Type": {"tensor_type": (1, "TensorType", False)},
    "Value": {"name": (1, TEXT, False), "type": (2, "Type", False)},
    "Graph": {
        "node": (1, "Node", True),
        "name": (2, TEXT, False),
        "initializer": (5, "Tensor", True),
        "input": (11, "Value", True),
        "output": (12, "Value", True),
        "value_info": (13, "Value", True),
    },
    "Opset": {"version": (2, INT64, False)},
    "Model": {"ir_version": (1, INT64, False), "graph": (7, "Graph", False), "opset_import": (8, "Opset", True)},
}
"""By message and field: its number, its kind, and whether there may be many."""


def _model_class() -> Any:
    file = descriptor_pb2.FileDescriptorProto(name="onnx_subset.proto", package="citysteward", syntax="proto2")
    for message, fields in MESSAGES.items():
        told = file.message_type.add(name=message)
        for name, (number, kind, many) in fields.items():
            label = _Field.LABEL_REPEATED if many else _Field.LABEL_OPTIONAL
            if isinstance(kind, str):
                told.field.add(
                    name=name, number=number, label=label, type=_Field.TYPE_MESSAGE, type_name=f".citysteward.{kind}"
                )
            else:
                told.field.add(name=name, number=number, label=label, type=kind)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("citysteward.Model"))


Model: Final = _model_class()
