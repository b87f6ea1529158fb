"""Weights between those that a run started from and those that it ended with.

A run learns what its data shows and forgets some of what it does not; the mean of both ends, layer by layer, keeps more
of each than either (Wortsman et al., Robust fine-tuning of zero-shot models, 2022). It costs nothing at inference.
"""

from __future__ import annotations

from pathlib import Path

import torch
from ultralytics import YOLO

from models.wholefile import whole_file
from training.errors import TrainingError
from training.restart import CARD, Layers, from_layers, layers_of, start_weights
from training.workshop import Workshop


def blended(shop: Workshop, trained: Path) -> Path:
    """The trained weights themselves, or a file beside the run's stages with the recipe's blend of them."""
    share = shop.recipe.publish.blend
    if share == 1.0:
        return trained
    if Path(shop.recipe.base).suffix != CARD:
        raise TrainingError(
            f"recipe {shop.recipe.name!r}, field publish.blend: only a run that went on from a shipped model (`base` "
            "names its card) has weights to blend with; take it out."
        )
    start, end = (layers_of(YOLO(str(path)).model) for path in (start_weights(shop), trained))
    model = from_layers(between(start, end, share), shop.recipe.architecture, shop.recipe.labels)
    made = shop.work / "blend" / f"{trained.parent.parent.name}-{share:.2f}.pt"
    with whole_file(made) as stream:
        torch.save({"model": model, "train_args": {}, "epoch": -1}, stream)
    return made


def between(start: Layers, end: Layers, share: float) -> Layers:
    """Every layer at `share` of the way from start to end; both have the same layers."""
    return {name: (1.0 - share) * start[name] + share * values for name, values in end.items()}
