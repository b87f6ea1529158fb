"""A model that is made ready for the shape that nearly every picture has, and for others when one comes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.errors import ModelError
from models.providers import Provider
from models.session import Graph, Session
from models.store import open_detector
from tests.models.tiny import write_tiny

USUAL, TALL, TWO = (1, 3, 384, 640), (1, 3, 640, 384), (2, 3, 384, 640)


def opened(store: Path, *, frames: bool) -> Session:
    return open_detector("tiny", store, threads=1, frames=frames).session


@pytest.mark.parametrize("shapes", [(USUAL, TALL, USUAL), (TALL, USUAL, TWO), (TWO, TALL), (USUAL, USUAL)])
def test_whatever_comes_and_in_whatever_order_the_numbers_are_the_same(
    tmp_path: Path, shapes: tuple[tuple[int, ...], ...]
) -> None:
    store = write_tiny(tmp_path, free=True, rectangular=True, many=True)
    plain, ready = opened(store, frames=False), opened(store, frames=True)
    assert ready.input_shape == plain.input_shape == (None, 3, None, None)
    for shape in shapes:
        blob = np.random.default_rng(4).random(shape, np.float32)
        np.testing.assert_allclose(ready.run(blob), plain.run(blob), atol=1e-5)


def test_a_graph_of_one_size_is_run_as_it_is(tmp_path: Path) -> None:
    session = opened(write_tiny(tmp_path), frames=True)
    assert session.input_shape == (1, 3, 640, 640)
    assert session.run(np.zeros((1, 3, 640, 640), np.float32)).shape == (1, 7, 400)


def test_weights_that_changed_meanwhile_are_not_run(tmp_path: Path) -> None:
    store = write_tiny(tmp_path, free=True, rectangular=True, many=True)
    session = opened(store, frames=True)
    if session.provider is not Provider.OPENVINO:
        pytest.skip(f"only OpenVINO is made ready for one shape, and this machine runs models on {session.provider}")
    session.run(np.zeros(USUAL, np.float32))
    (store / "weights" / "tiny.onnx").write_bytes(b"something else")
    with pytest.raises(ModelError, match=r"tiny\.onnx.*SHA-256"):
        session.run(np.zeros(TALL, np.float32))


@pytest.mark.parametrize(
    ("declared", "taken"),
    [
        (("batch", 3, "height", "width"), True),
        ((1, 3, "height", "width"), True),
        ((1, 3, 384, 640), False),  # nothing is free
        (("batch", 3, "side", "side"), False),  # a square
        ((None, 3, "height", "width"), False),  # free without a name
        ((1, 3, "height", 512), False),
        ((1, 3), False),
    ],
)
def test_only_free_axes_with_names_of_their_own_can_be_set(declared: tuple[int | str | None, ...], taken: bool) -> None:
    assert Graph("images", declared, "output0", (1, 7, None), {}).takes(USUAL) is taken
