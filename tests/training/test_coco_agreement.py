"""Our average precision and pycocotools' are one and the same, on made-up boxes and on a real model's."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from tests.training.exam import Picture, answers_of, random_pictures
from training.scoring import COCO_IOUS, curve

pycocotools = pytest.importorskip("pycocotools", reason="pycocotools is not installed")


def _by_coco(pictures: Sequence[Picture]) -> list[float]:
    """The average precision at each of COCO's overlaps, as pycocotools computes it."""
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    images = [{"id": place, "width": 2000, "height": 2000} for place in range(len(pictures))]
    true = [
        {"id": 0, "image_id": place, "category_id": 1, "iscrowd": 0, "bbox": _xywh(box), "area": 1.0}
        for place, (_, _, boxes) in enumerate(pictures)
        for box in boxes
    ]
    for number, row in enumerate(true, start=1):
        row["id"] = number
    found = [
        {"image_id": place, "category_id": 1, "bbox": _xywh(box), "score": float(np.float32(score))}
        for place, (boxes, scores, _) in enumerate(pictures)
        for box, score in zip(boxes, scores, strict=True)
    ]
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO()
        truth.dataset = {"info": {}, "images": images, "annotations": true, "categories": [{"id": 1, "name": "bin"}]}
        truth.createIndex()
        judge = COCOeval(truth, truth.loadRes(found), "bbox")
        judge.params.maxDets = [10_000]
        judge.evaluate()
        judge.accumulate()
    return [float(judge.eval["precision"][level, :, 0, 0, 0].mean()) for level in range(len(COCO_IOUS))]


def _xywh(box: Sequence[float]) -> list[float]:
    x1, y1, x2, y2 = (float(np.float32(side)) for side in box)
    return [x1, y1, x2 - x1, y2 - y1]


def _ours(pictures: Sequence[Picture]) -> list[float]:
    of = answers_of(pictures)
    return [curve(of, overlap).average_precision for overlap in COCO_IOUS]


@pytest.mark.parametrize("seed", range(6))
def test_random_boxes_score_the_same(seed: int) -> None:
    pictures = random_pictures(seed, count=40)
    assert _ours(pictures) == pytest.approx(_by_coco(pictures), abs=1e-9)


@pytest.mark.shared
def test_the_shipped_street_model_scores_the_same_on_real_photos(root: Path, shared_data: Path) -> None:
    from models.store import open_detector
    from training.evaluate import look
    from training.pictures import read_picture
    from training.sources import boxes_of, photos, read_sources

    source = read_sources(root / "datasets/sources.toml")["street_waste_val"]
    detector, pictures = open_detector("street", threads=1), []
    for photo in photos(source, shared_data)[::24]:
        seen = look(detector, read_picture(photo.picture))
        mine = seen.found.label == detector.label_index("overflowing_bin")
        width, height = seen.width_px, seen.height_px
        true = [
            [box.x1 * width, box.y1 * height, box.x2 * width, box.y2 * height]
            for box in boxes_of(photo, source)
            if box.label == "overflowing_bin"
        ]
        pictures.append((seen.found.xyxy[mine].tolist(), seen.found.score[mine].tolist(), true))
    assert 0.5 < _ours(pictures)[0] <= 1.0
    assert _ours(pictures) == pytest.approx(_by_coco(pictures), abs=1e-9)
