"""From a YOLO11 detection head to Detections."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.head import Head
from pipeline.boxes import clip, nms
from pipeline.detections import Detections
from pipeline.letterbox import Letterbox

CANDIDATES = 1000


def decode(head: Head, fit: Letterbox, thresholds: NDArray[np.float32], nms_iou: float) -> Detections:
    """Detections in pixels of the source picture, best first.

    thresholds: float32 [labels], the least score of each label. An anchor speaks for every label that it scores enough
    for: where a bin may be overflowing, both come out, and who tracks them weighs the two. Boxes of different labels do
    not suppress one another. Boxes without area inside the picture are dropped.
    """
    scores = head.scores
    if scores.ndim != 2 or len(scores) != len(thresholds):
        raise ValueError(f"a head of {len(thresholds)} labels has as many rows of scores, not {scores.shape}")
    # Of two axes at once np.nonzero takes fifteen times as long.
    row, anchor = np.divmod(np.flatnonzero(scores >= thresholds[:, None]), scores.shape[1])
    score = scores[row, anchor]
    if len(score) > CANDIDATES:
        best = np.sort(np.argpartition(-score, CANDIDATES)[:CANDIDATES])
        row, anchor, score = row[best], anchor[best], score[best]
    label = row.astype(np.int16)
    centre_size = head.boxes(anchor)
    half = centre_size[:, 2:] / 2
    xyxy = np.concatenate([centre_size[:, :2] - half, centre_size[:, :2] + half], axis=1)
    kept = nms(xyxy, score, label, nms_iou)
    boxes = clip(fit.undo(xyxy[kept]), fit.source_width, fit.source_height)
    solid = (boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1])
    return Detections.of(boxes[solid], score[kept][solid], label[kept][solid])
