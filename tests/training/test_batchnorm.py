"""Folded batch statistics are given back without changing what the model says; needs torch."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from training.batchnorm import is_folded, unfold  # noqa: E402


def _model():  # type: ignore[no-untyped-def]
    torch.manual_seed(0)
    model = torch.nn.Sequential(
        torch.nn.Conv2d(3, 8, 3),
        torch.nn.BatchNorm2d(8),
        torch.nn.SiLU(),
        torch.nn.Conv2d(8, 4, 3),
        torch.nn.BatchNorm2d(4),
    )
    for layer in model:
        if isinstance(layer, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(layer.bias, -1, 1)
    return model.eval()


def _pictures():  # type: ignore[no-untyped-def]
    return torch.rand(16, 3, 24, 24, generator=torch.Generator().manual_seed(1))


def test_unfolding_leaves_the_output_as_it_was() -> None:
    model, pictures = _model(), _pictures()
    before = model(pictures)
    assert is_folded(model)
    unfold(model, [pictures])
    assert not is_folded(model)
    assert torch.allclose(before, model(pictures), atol=1e-4)


def test_training_then_starts_from_that_output_and_not_from_a_scrambled_one() -> None:
    model, pictures = _model(), _pictures()
    before = model(pictures)
    scrambled = (model.train()(pictures) - before).abs().mean()
    model = _model()
    unfold(model, [pictures])
    assert (model.train()(pictures) - before).abs().mean() < 0.05 * scrambled
