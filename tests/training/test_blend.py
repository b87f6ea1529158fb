"""Blended weights lie between those of two models; needs torch."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("ultralytics")

from models.shipped import CARDS  # noqa: E402
from training.blend import between  # noqa: E402
from training.restart import from_graph, from_layers, layers_of, shipped  # noqa: E402


def _said(model, blob):  # type: ignore[no-untyped-def]
    with torch.inference_mode():
        return model(blob)[0].numpy()


def test_a_models_layers_make_the_same_model_again() -> None:
    card, graph = shipped(CARDS / "street.toml")
    model = from_graph(graph, "yolo11n.yaml", card.labels)
    blob = torch.from_numpy(np.random.default_rng(0).random((1, 3, 96, 160), np.float32))
    again = from_layers(layers_of(model), "yolo11n.yaml", card.labels)
    np.testing.assert_allclose(_said(again, blob), _said(model, blob), atol=2e-3)


def test_the_ends_of_a_blend_are_the_two_models_and_its_middle_is_their_mean() -> None:
    start, end = {"a": np.zeros(3, np.float32)}, {"a": np.full(3, 2.0, np.float32)}
    assert between(start, end, 0.0)["a"].tolist() == [0.0, 0.0, 0.0]
    assert between(start, end, 1.0)["a"].tolist() == [2.0, 2.0, 2.0]
    assert between(start, end, 0.5)["a"].tolist() == [1.0, 1.0, 1.0]
