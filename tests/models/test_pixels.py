"""A graph that is fed pixels says what it says of planes of floats, and only one that begins as expected is changed."""

from __future__ import annotations

import numpy as np
import onnx
import pytest

from models.golden import golden_picture
from models.pixels import from_pixels
from models.providers import Precision, Provider
from models.session import Usual, open_session
from models.store import SHIPPED, open_detector
from tests.models.tiny import tiny_graph


def weights(name: str) -> bytes:
    return (SHIPPED / "weights" / f"{name}.onnx").read_bytes()


@pytest.mark.parametrize("name", ["street", "privacy"])
@pytest.mark.parametrize("size", [(384, 640), (96, 256)])
def test_pixels_and_planes_give_the_same_numbers(name: str, size: tuple[int, int]) -> None:
    pixels = np.random.default_rng(3).integers(0, 256, (2, *size, 3), np.uint8)
    planes = pixels[..., ::-1].transpose(0, 3, 1, 2) / np.float32(255)
    fed = from_pixels(weights(name))
    assert fed is not None
    one = open_session(fed, name, threads=1, provider=Provider.CPU).run(pixels)
    other = open_session(weights(name), name, threads=1, provider=Provider.CPU).run(np.ascontiguousarray(planes))
    np.testing.assert_allclose(one[:, :4], other[:, :4], atol=0.005)
    np.testing.assert_allclose(one[:, 4:], other[:, 4:], atol=1e-5)


@pytest.mark.parametrize("frames", [True, False])
def test_a_detector_on_openvino_is_fed_pixels_and_finds_the_same(frames: bool) -> None:
    detector = open_detector("street", threads=1, frames=frames)
    if detector.session.provider is not Provider.OPENVINO:
        pytest.skip(f"only OpenVINO is fed pixels, and this machine runs models on {detector.session.provider}")
    assert detector.session.takes_pixels
    assert detector.prepare(golden_picture()).blob.dtype == np.uint8
    plain = open_detector("street", threads=1, provider=Provider.CPU)
    assert not plain.session.takes_pixels
    for picture in (golden_picture(), golden_picture()[:, :300].copy()):
        found, expected = detector.detect(picture), plain.detect(picture)
        assert found.label.tolist() == expected.label.tolist()
        np.testing.assert_allclose(found.xyxy, expected.xyxy, atol=0.05)


def test_whoever_does_not_say_that_it_detects_feeds_planes() -> None:
    content = weights("street")
    session = open_session(content, "street", threads=1, usual=Usual((1, 3, 384, 640), lambda: content))
    assert not session.takes_pixels
    assert session.run(np.zeros((1, 3, 384, 640), np.float32)).shape == (1, 14, 5040)


def _second_reader(model: onnx.ModelProto) -> None:
    model.graph.node.add(op_type="Identity", input=["images"], output=["again"])


def _shared_weights(model: onnx.ModelProto) -> None:
    (first,) = (node for node in model.graph.node if "images" in node.input)
    model.graph.node.add(op_type="Identity", input=[first.input[1]], output=["again"])


@pytest.mark.parametrize("change", [_second_reader, _shared_weights])
def test_a_graph_that_begins_otherwise_is_left_as_it_is(change) -> None:  # type: ignore[no-untyped-def]
    model = onnx.load_from_string(weights("street"))
    change(model)
    assert from_pixels(model.SerializeToString()) is None


@pytest.mark.parametrize("graph", [b"", b"no model", tiny_graph(("red",)).SerializeToString()])
def test_what_is_no_such_model_is_left_as_it_is(graph: bytes) -> None:
    assert from_pixels(graph) is None


def test_the_twin_in_8_bits_is_fed_planes() -> None:
    twin = open_detector("street", threads=1, precision=Precision.INT8)
    assert not twin.session.takes_pixels
    assert twin.detect(golden_picture()) is not None
