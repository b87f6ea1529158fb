"""Where a run starts: COCO weights, or a model that has shipped, taken back from its ONNX file into a trainable one.

An exported graph keeps every convolution's name, with batch normalisation folded into it. A torch model with the same
convolutions and normalisations that do nothing computes the same; training/batchnorm.py then gives it statistics.
"""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Final

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper
from torch import nn
from ultralytics.nn.modules.conv import Conv
from ultralytics.nn.tasks import DetectionModel
from ultralytics.utils.torch_utils import fuse_conv_and_bn

from models.card import ModelCard
from models.wholefile import whole_file
from training.errors import TrainingError
from training.stamp import verified
from training.train import COCO_CLASSES, with_our_labels
from training.widen import widened
from training.workshop import Workshop

CARD: Final = ".toml"
Layers = dict[str, NDArray[np.float32]]
"""Weights and biases of convolutions, by the names that an exported graph gives them."""


def start_weights(shop: Workshop) -> Path:
    """The torch weights that the recipe's first stage starts from; a card's are made from its ONNX file, once."""
    base = Path(shop.recipe.base)
    if base.suffix != CARD:
        return shop.data / base
    for made in (shop.work / "start").glob("*.pt"):
        return made  # a run goes on from where it started, whatever has shipped since
    card, graph = shipped(base)
    made = shop.work / "start" / f"{card.digest[:12]}.pt"
    model = from_graph(graph, shop.recipe.architecture, card.labels, shop.recipe.seed)
    with whole_file(made) as stream:
        torch.save({"model": model, "train_args": {}, "epoch": -1}, stream)
    shop.say(f"starts from {card.name} {card.version} ({card.digest[:12]})")
    return made


def shipped(card_path: Path) -> tuple[ModelCard, bytes]:
    """A card and the weights that it vouches for; raises TrainingError where a file is not what the card says."""
    card, files = verified(card_path)
    return card, files[card.weights]


def from_graph(graph: bytes, architecture: str, labels: tuple[str, ...], seed: int = 0) -> DetectionModel:
    """A torch model that computes what an exported graph computes, widened if the architecture is wider (drawn by the
    seed); raises TrainingError if it has other layers.
    """
    given = {one.name: numpy_helper.to_array(one) for one in onnx.load_from_string(graph).graph.initializer}
    return from_layers(widened(given, shapes_of(architecture, labels), seed), architecture, labels)


def shapes_of(architecture: str, labels: tuple[str, ...]) -> dict[str, tuple[int, ...]]:
    """The shape of every layer that a model of this architecture exports."""
    return {name: layer.shape for name, layer in layers_of(_untrained(architecture, labels)).items()}


def from_layers(given: Layers, architecture: str, labels: tuple[str, ...]) -> DetectionModel:
    """A torch model with these convolutions, and batch normalisations that do nothing; raises as `from_graph` does."""
    model = _untrained(architecture, labels)
    for name, layer in model.named_modules():
        if isinstance(layer, Conv):
            _fill(layer.conv, f"{name}.conv", given, layer.bn)
        elif isinstance(layer, nn.Conv2d) and not name.endswith((".conv", ".dfl")):
            _fill(layer, name, given, None)
    return model.float().eval()


def _untrained(architecture: str, labels: tuple[str, ...]) -> DetectionModel:
    return with_our_labels(DetectionModel(architecture, nc=COCO_CLASSES, verbose=False), labels)


def layers_of(model: DetectionModel) -> Layers:
    """A model's convolutions with the normalisation behind each folded in, by the names that an export gives them."""
    found: Layers = {}
    for name, layer in model.float().named_modules():
        if isinstance(layer, Conv):
            whole = fuse_conv_and_bn(copy.deepcopy(layer.conv), layer.bn)
            found |= {f"{name}.conv.weight": _array(whole.weight), f"{name}.conv.bias": _array(whole.bias)}
        elif isinstance(layer, nn.Conv2d) and not name.endswith((".conv", ".dfl")):
            found |= {f"{name}.weight": _array(layer.weight), f"{name}.bias": _array(layer.bias)}
    return found


def _array(values: torch.Tensor) -> NDArray[np.float32]:
    array: NDArray[np.float32] = values.detach().numpy()
    return array


def _fill(layer: nn.Conv2d, name: str, given: Layers, norm: nn.BatchNorm2d | None) -> None:
    weight, bias = given.get(f"{name}.weight"), given.get(f"{name}.bias")
    if weight is None or bias is None or weight.shape != tuple(layer.weight.shape):
        raise TrainingError(
            f"the graph has no layer {name} of shape {tuple(layer.weight.shape)}: another architecture."
        )
    layer.weight.data = torch.from_numpy(weight.copy())
    if norm is None:
        layer.bias.data = torch.from_numpy(bias.copy())
        return
    norm.weight.data.fill_(1.0)
    norm.bias.data = torch.from_numpy(bias.copy())
    norm.running_mean.fill_(0.0)
    norm.running_var.fill_(1.0 - norm.eps)
