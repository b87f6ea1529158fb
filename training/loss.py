"""The detection loss with places to ignore: where something of a label may be, nothing of that label is taught.

A data set hands such places over as boxes of a class beyond the model's own: the model has N classes, and class N + k
says "ignore class k here". They pass through every augmentation as boxes do.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from ultralytics.utils.loss import v8DetectionLoss
from ultralytics.utils.tal import make_anchors

Batch = dict[str, Any]


class IgnoringLoss(v8DetectionLoss):  # type: ignore[misc]
    """ultralytics' loss, but for anchors that lie in a place to ignore and were given no target of that label."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__(model)
        self.bce = _MaskedBce()

    def __call__(self, preds: Any, batch: Batch) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        real, ignored = split(batch, self.nc)
        feats = self.parse_output(preds)["feats"]
        self.bce.ignored = None
        if len(ignored["cls"]):
            points, strides = make_anchors(feats, self.stride, 0.5)
            size = torch.tensor(feats[0].shape[2:], dtype=points.dtype) * self.stride[0].cpu()
            at = (points * strides).cpu() / size.flip(0)
            self.bce.ignored = inside(ignored, at, feats[0].shape[0], self.nc).to(points.device)
        lost: tuple[torch.Tensor, dict[str, torch.Tensor]] = super().__call__(preds, real)
        return lost


class _MaskedBce(nn.Module):  # type: ignore[misc]
    """Binary cross-entropy [B, anchors, classes] of logits, zero where `ignored` says so and no target stands."""

    ignored: torch.Tensor | None = None

    def forward(self, logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        loss = nn.functional.binary_cross_entropy_with_logits(logits, target, reduction="none")
        return loss if self.ignored is None else loss * ~(self.ignored & (target == 0))


def split(batch: Batch, classes: int) -> tuple[Batch, Batch]:
    """A batch's true boxes and its places to ignore (whose class is then that of the label); pictures stay shared."""
    number = batch["cls"].view(-1)
    true = number < classes
    columns = ("cls", "bboxes", "batch_idx")
    real = {**batch, **{name: batch[name][true] for name in columns}}
    ignored = {**batch, **{name: batch[name][~true] for name in columns}}
    ignored["cls"] = ignored["cls"] - classes
    return real, ignored


def inside(ignored: Batch, at: torch.Tensor, pictures: int, classes: int) -> torch.Tensor:
    """bool [pictures, anchors, classes]: which anchors lie in a place where which class is ignored.

    at: [anchors, 2], each anchor's x and y in fractions of the picture, as the boxes' centres and sizes are.
    """
    found = torch.zeros(pictures, len(at), classes, dtype=torch.bool)
    boxes = ignored["bboxes"].cpu()
    for picture, number, box in zip(
        ignored["batch_idx"].tolist(), ignored["cls"].view(-1).tolist(), boxes, strict=True
    ):
        hit = ((at - box[:2]).abs() <= box[2:] / 2).all(1)
        found[int(picture), hit, int(number)] = True
    return found
