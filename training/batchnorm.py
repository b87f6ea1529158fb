"""Gives back the batch statistics to a model whose batch normalisation was folded into its convolutions.

Such weights work as they are for inference, but training normalises by each batch's own statistics, which scrambles
every layer at the first step. Setting each layer's running statistics to what really passes through it, and its scale
and shift to undo them, leaves the model's output as it was and makes training start from it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import torch
from torch import nn

LEAST_VARIANCE: Final = 1e-6
STILL: Final = 2e-3
"""How near to 0 and 1 statistics lie that were never learnt (folding leaves the variance at 1 less a small epsilon)."""


def is_folded(model: nn.Module) -> bool:
    """Do all batch normalisations stand at mean 0 and variance 1, as no trained model's do?"""
    layers = _layers(model)
    return bool(layers) and all(
        float(layer.running_mean.abs().max()) < STILL and float((layer.running_var - 1).abs().max()) < STILL
        for layer in layers
    )


def unfold(model: nn.Module, batches: Iterable[torch.Tensor]) -> None:
    """Set the statistics of every batch normalisation from pictures float32 [N, 3, H, W] in 0..1; the output stays."""
    sums: dict[nn.BatchNorm2d, list[torch.Tensor]] = {layer: [] for layer in _layers(model)}

    def note(layer: nn.BatchNorm2d, inputs: tuple[torch.Tensor, ...]) -> None:
        sums[layer].append(torch.stack([inputs[0].mean((0, 2, 3)), inputs[0].square().mean((0, 2, 3))]))

    hooks = [layer.register_forward_pre_hook(note) for layer in sums]
    model.eval()
    with torch.no_grad():
        for batch in batches:
            model(batch)
    for hook in hooks:
        hook.remove()
    for layer, seen in sums.items():
        if seen:
            mean, square = torch.stack(seen).mean(0)
            _set(layer, mean, (square - mean.square()).clamp(min=LEAST_VARIANCE))


def _set(layer: nn.BatchNorm2d, mean: torch.Tensor, variance: torch.Tensor) -> None:
    """New statistics, and the scale and shift with which the layer computes what it computed before."""
    scale = layer.weight.data / (layer.running_var + layer.eps).sqrt()
    shift = layer.bias.data - layer.running_mean * scale
    layer.weight.data = scale * (variance + layer.eps).sqrt()
    layer.bias.data = shift + mean * scale
    layer.running_mean.copy_(mean)
    layer.running_var.copy_(variance)


def _layers(model: nn.Module) -> list[nn.BatchNorm2d]:
    return [layer for layer in model.modules() if isinstance(layer, nn.BatchNorm2d)]
