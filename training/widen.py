"""A wider detector that computes what a narrower one computes, to train on from (Net2Net, Chen and others 2016).

Every channel of the wider one repeats a channel of the narrower. What reads repeated channels shares the weight between
them, in unequal parts drawn at random: equal ones would be given equal gradients and stay the same for ever.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from training.errors import TrainingError

SPREAD: Final = 0.25
"""Standard deviation of what is drawn for the part of a weight that a repeated channel gets."""
HEAD_CHANNELS: Final = {".attn.qkv.": 128, ".attn.pe.": 64, ".attn.proj.": 64}
"""Channels of one head in YOLO11's attention, whose layers lie head by head: wider models have more heads."""

Layers = Mapping[str, NDArray[np.float32]]


def widened(given: Layers, shapes: Mapping[str, tuple[int, ...]], seed: int) -> dict[str, NDArray[np.float32]]:
    """Layers of these shapes, weights (out, in, height, width) and biases (out,), that compute what `given` compute.

    Raises TrainingError for a layer that `given` lacks or whose channels cannot be repeated to the shape.
    """
    draw = np.random.default_rng(seed)
    made = {}
    for name, shape in shapes.items():
        if name not in given:
            raise TrainingError(f"the model to widen has no layer {name}: another architecture.")
        made[name] = _widen(name, given[name], shape, draw)
    return made


def _widen(
    name: str, old: NDArray[np.float32], shape: tuple[int, ...], draw: np.random.Generator
) -> NDArray[np.float32]:
    head = next((channels for part, channels in HEAD_CHANNELS.items() if part in name), 0)
    reads_heads = ".attn.proj." in name
    outs = _repeated(name, old.shape[0], shape[0], 0 if reads_heads else head)
    if old.ndim == 1:
        return old[outs]
    ins = _repeated(name, old.shape[1], shape[1], head if reads_heads else 0)
    return old[np.ix_(outs, ins)] * _parts(ins, len(outs), draw)[:, :, None, None]


def _repeated(name: str, before: int, after: int, head: int) -> NDArray[np.intp]:
    """(after,) Which old channel each new one repeats. Neighbours repeat one, so that the halves that a block splits
    its channels into stay halves; where channels lie in heads of so many, neighbouring heads do.
    """
    heads, rest = divmod(after, head or 1)
    if after < before or rest:
        raise TrainingError(f"layer {name} has {before} channels, which are no {after}: another architecture.")
    blocks = np.arange(before).reshape(-1, head or 1)
    return blocks[np.sort(np.resize(np.arange(len(blocks)), heads))].ravel()


def _parts(ins: NDArray[np.intp], n_outs: int, draw: np.random.Generator) -> NDArray[np.float32]:
    """(n_outs, n_ins) The part of an old weight that each new one gets; over the repeats of a channel they sum to 1."""
    repeats = (ins[:, None] == np.arange(ins.max() + 1)).astype(np.float32)  # (n_ins, n_old)
    mean = repeats @ (repeats / repeats.sum(axis=0)).T  # (n_ins, n_ins) the mean over the repeats of one channel
    noise = draw.normal(0.0, SPREAD, (n_outs, len(ins))).astype(np.float32)
    parts: NDArray[np.float32] = np.diag(mean) + noise - noise @ mean
    return parts
