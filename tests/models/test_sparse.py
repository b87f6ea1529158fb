"""Boxes worked out where something scores are those of the whole graph, and no graph is cut that is made otherwise."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import numpy_helper

from models.detector import Detector
from models.golden import golden_picture
from models.head import Head
from models.providers import Precision, Provider
from models.session import Session, open_session
from models.sparse import cut
from models.store import SHIPPED, open_detector
from tests.models.tiny import tiny_graph

NAMES = ["street", "privacy"]


def weights(name: str) -> bytes:
    return (SHIPPED / "weights" / f"{name}.onnx").read_bytes()


def on_the_cpu(name: str) -> Detector:
    return open_detector(name, threads=1, provider=Provider.CPU)


def whole(name: str) -> Session:
    return open_session(weights(name), name, threads=1, provider=Provider.CPU)


@pytest.fixture(scope="module")
def both() -> tuple[Head, Head]:
    """What the street detector says of a picture, its boxes apart, and whole."""
    detector = on_the_cpu("street")
    prepared = detector.prepare(golden_picture())
    return detector.infer(prepared), whole("street").heads(prepared.blob)[0]


@pytest.mark.parametrize("name", NAMES)
def test_what_is_shipped_is_run_without_the_boxes_that_nobody_reads(name: str) -> None:
    found = cut(weights(name))
    assert found is not None
    assert len(found.graph) < 0.9 * len(weights(name))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("shape", [(1, 3, 384, 640), (2, 3, 256, 96)])
def test_every_box_of_every_picture_is_that_of_the_whole_graph(name: str, shape: tuple[int, ...]) -> None:
    blob = np.random.default_rng(7).random(shape, np.float32)
    sparse, full = on_the_cpu(name).session.run(blob), whole(name).run(blob)
    np.testing.assert_allclose(sparse[:, :4], full[:, :4], atol=0.005)
    np.testing.assert_allclose(sparse[:, 4:], full[:, 4:], atol=1e-5)


@given(st.lists(st.integers(0, 5039), max_size=40))
def test_any_anchors_in_any_order_get_their_own_boxes(both: tuple[Head, Head], anchors: list[int]) -> None:
    apart, full = both
    asked = np.array(anchors, np.intp) % full.scores.shape[1]
    np.testing.assert_allclose(apart.boxes(asked), full.boxes(asked), atol=0.005)


def test_a_picture_is_told_the_same_things_with_a_batch_and_alone() -> None:
    detector, picture = on_the_cpu("street"), golden_picture()
    alone, (_, second) = detector.detect(picture), detector.detect_all([picture[:, ::-1].copy(), picture])
    np.testing.assert_allclose(second.xyxy, alone.xyxy, atol=0.01)
    assert second.label.tolist() == alone.label.tolist()


def _other_distances(model: onnx.ModelProto) -> None:
    for one in model.graph.initializer:
        if one.name.endswith("dfl.conv.weight"):
            one.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(one) * 2, one.name))


def _other_activation(model: onnx.ModelProto) -> None:
    for node in model.graph.node:
        if node.op_type == "Sigmoid":
            node.op_type = "HardSigmoid"


def _two_outputs(model: onnx.ModelProto) -> None:
    model.graph.output.add().CopyFrom(model.graph.output[0])


@pytest.mark.parametrize("change", [_other_distances, _other_activation, _two_outputs])
def test_a_head_that_is_made_otherwise_is_left_whole(change: Callable[[onnx.ModelProto], None]) -> None:
    model = onnx.load_from_string(weights("street"))
    change(model)
    assert cut(model.SerializeToString()) is None


@pytest.mark.parametrize(
    "graph", [b"", b"no model", weights("street")[:-100], tiny_graph(("red", "green")).SerializeToString()]
)
def test_what_is_no_such_model_is_left_whole(graph: bytes) -> None:
    assert cut(graph) is None


def test_the_twin_in_8_bits_is_left_whole() -> None:
    twin = open_detector("street", threads=1, provider=Provider.CPU, precision=Precision.INT8)
    assert twin.detect(golden_picture()) is not None
    assert cut((SHIPPED / "weights" / "street.int8.onnx").read_bytes()) is None
