"""Overlap, suppression and clipping."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.boxes import clip, iou_matrix, nms


@st.composite
def scenes(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    n = draw(st.integers(0, 25))
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    low = rng.uniform(0, 100, (n, 2))
    boxes = np.concatenate([low, low + rng.uniform(1, 60, (n, 2))], axis=1).astype(np.float32)
    return boxes, rng.uniform(0, 1, n).astype(np.float32), rng.integers(0, 3, n)


def overlap(a: np.ndarray, b: np.ndarray) -> float:
    """Intersection over union of two boxes, the schoolbook way."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    common = max(width, 0) * max(height, 0)
    return float(common / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - common))


@given(scenes())
def test_the_matrix_agrees_with_the_schoolbook(scene: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    boxes, _, _ = scene
    expected = np.array([[overlap(a, b) for b in boxes] for a in boxes]).reshape(len(boxes), len(boxes))
    np.testing.assert_allclose(iou_matrix(boxes, boxes), expected, atol=1e-5)


@given(scenes(), st.floats(0.1, 0.9))
def test_what_stays_is_apart_and_what_goes_was_covered_by_a_better_one_of_its_group(
    scene: tuple[np.ndarray, np.ndarray, np.ndarray], iou: float
) -> None:
    boxes, score, group = scene
    kept = nms(boxes, score, group, iou)
    assert list(score[kept]) == sorted(score[kept], reverse=True)
    for place, i in enumerate(kept):
        assert all(group[i] != group[j] or overlap(boxes[i], boxes[j]) <= iou + 1e-5 for j in kept[:place])
    for i in set(range(len(boxes))) - set(kept.tolist()):
        assert any(
            group[i] == group[j] and score[j] >= score[i] and overlap(boxes[i], boxes[j]) > iou - 1e-5 for j in kept
        )


def test_an_empty_box_overlaps_nothing() -> None:
    empty, solid = np.zeros((1, 4), np.float32), np.array([[0, 0, 5, 5]], np.float32)
    assert iou_matrix(empty, solid)[0, 0] == 0
    assert iou_matrix(empty, empty)[0, 0] == 0


def test_clipping_keeps_boxes_inside_the_picture() -> None:
    boxes = np.array([[-5, -5, 10, 10], [90, 40, 130, 90], [200, 200, 210, 210]], np.float32)
    np.testing.assert_array_equal(clip(boxes, 100, 50), [[0, 0, 10, 10], [90, 40, 100, 50], [100, 50, 100, 50]])
