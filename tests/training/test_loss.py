"""Where a label is to be ignored, nothing of that label is taught; needs torch."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("ultralytics")

from training.loss import _MaskedBce, inside, split  # noqa: E402


def _batch(*rows):  # type: ignore[no-untyped-def]
    """Rows of (picture, class, centre x, centre y, width, height)."""
    table = torch.tensor(rows, dtype=torch.float32).reshape(-1, 6)
    return {"img": "shared", "batch_idx": table[:, 0], "cls": table[:, 1:2], "bboxes": table[:, 2:]}


def test_a_class_beyond_the_models_own_is_a_place_to_ignore() -> None:
    real, ignored = split(_batch((0, 1, 0.5, 0.5, 0.2, 0.2), (1, 3, 0.2, 0.2, 0.1, 0.1)), classes=2)
    assert real["cls"].tolist() == [[1.0]]
    assert ignored["cls"].tolist() == [[1.0]]
    assert ignored["batch_idx"].tolist() == [1.0]
    assert real["img"] == ignored["img"] == "shared"


def test_only_anchors_inside_the_place_and_of_its_label_are_ignored() -> None:
    _, ignored = split(_batch((1, 2, 0.25, 0.25, 0.5, 0.5)), classes=2)
    at = torch.tensor([[0.1, 0.1], [0.5, 0.5], [0.6, 0.1]])
    found = inside(ignored, at, pictures=2, classes=2)
    assert found[1, :, 0].tolist() == [True, True, False]
    assert not found[1, :, 1].any()
    assert not found[0].any()


def test_an_ignored_anchor_costs_nothing_unless_a_true_box_claims_it() -> None:
    bce = _MaskedBce()
    logits, target = torch.tensor([[[4.0], [4.0], [4.0]]]), torch.tensor([[[0.0], [0.8], [0.0]]])
    bce.ignored = torch.tensor([[[True], [True], [False]]])
    ignored, claimed, plain = bce(logits, target)[0, :, 0].tolist()
    assert ignored == 0.0
    assert claimed > 0.0
    assert plain > 0.0
