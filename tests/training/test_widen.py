"""A widened network computes what the narrower one computes, whatever the widths."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from training.errors import TrainingError
from training.widen import widened

WIDTHS = st.tuples(st.integers(1, 6), st.integers(1, 6)).map(lambda pair: (pair[0], pair[0] + pair[1]))


def two_layers(width: int) -> dict[str, NDArray[np.float32]]:
    """Three channels to `width` and back to two, by convolutions of one pixel."""
    draw = np.random.default_rng(width)
    shapes = {"a.weight": (width, 3, 1, 1), "a.bias": (width,), "b.weight": (2, width, 1, 1), "b.bias": (2,)}
    return {name: draw.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}


def computed(layers: dict[str, NDArray[np.float32]], pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    hidden = np.maximum(layers["a.weight"][:, :, 0, 0] @ pixels + layers["a.bias"][:, None], 0)
    answer: NDArray[np.float32] = layers["b.weight"][:, :, 0, 0] @ hidden + layers["b.bias"][:, None]
    return answer


@given(WIDTHS, st.integers(0, 1000))
def test_a_wider_network_computes_the_same(widths: tuple[int, int], seed: int) -> None:
    narrow, wide = widths
    layers = two_layers(narrow)
    made = widened(layers, {name: layer.shape for name, layer in two_layers(wide).items()}, seed)
    pixels = np.random.default_rng(seed).normal(size=(3, 5)).astype(np.float32)
    np.testing.assert_allclose(computed(made, pixels), computed(layers, pixels), atol=1e-4)


def test_repeated_channels_are_read_with_unequal_parts() -> None:
    made = widened(two_layers(4), {name: layer.shape for name, layer in two_layers(8).items()}, seed=0)
    read = made["b.weight"][:, :, 0, 0]
    assert (np.abs(read[:, 0::2] - read[:, 1::2]) > 1e-3).all()


def test_a_layer_that_is_not_there_is_named() -> None:
    with pytest.raises(TrainingError, match=r"no layer c\.weight"):
        widened(two_layers(4), {"c.weight": (4, 4, 1, 1)}, seed=0)
