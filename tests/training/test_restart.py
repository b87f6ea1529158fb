"""A model that shipped can be trained on: torch computes what its ONNX file computes; needs torch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("ultralytics")

from models.providers import Provider  # noqa: E402
from models.session import open_session  # noqa: E402
from models.shipped import CARDS  # noqa: E402
from training.batchnorm import is_folded  # noqa: E402
from training.errors import TrainingError  # noqa: E402
from training.restart import from_graph, layers_of, shapes_of, shipped  # noqa: E402
from training.widen import widened  # noqa: E402


def test_torch_computes_what_the_shipped_file_computes() -> None:
    card, graph = shipped(CARDS / "street.toml")
    model = from_graph(graph, "yolo11n.yaml", card.labels)
    blob = np.random.default_rng(0).random((1, 3, 96, 160), np.float32)
    given = open_session(graph, "street", provider=Provider.CPU).run(blob)
    with torch.inference_mode():
        made = model(torch.from_numpy(blob))[0].numpy()
    np.testing.assert_allclose(made, given, atol=2e-3)
    assert is_folded(model)


def test_a_graph_of_another_architecture_is_refused() -> None:
    card, graph = shipped(Path(CARDS / "street.toml"))
    with pytest.raises(TrainingError, match="another architecture"):
        from_graph(graph, "yolov8n.yaml", card.labels)


def test_a_wider_architecture_begins_with_what_the_shipped_one_computes() -> None:
    card, graph = shipped(CARDS / "street.toml")
    blob = torch.from_numpy(np.random.default_rng(0).random((1, 3, 96, 160), np.float32))
    with torch.inference_mode():
        narrow = from_graph(graph, "yolo11n.yaml", card.labels)(blob)[0]
        wide = from_graph(graph, "yolo11s.yaml", card.labels, seed=3)(blob)[0]
    np.testing.assert_allclose(wide, narrow, atol=2e-3)


def test_a_narrower_architecture_is_refused() -> None:
    card, graph = shipped(CARDS / "street.toml")
    wide = from_graph(graph, "yolo11s.yaml", card.labels)
    with pytest.raises(TrainingError, match="which are no"):
        widened(layers_of(wide), shapes_of("yolo11n.yaml", card.labels), seed=0)
