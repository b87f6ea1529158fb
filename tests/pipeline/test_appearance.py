"""Appearance tells things apart and does not mind the light."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.appearance import WIDTH, appearance

Box = tuple[float, float, float, float]


def painted(seed: int) -> np.ndarray:
    """A street-grey picture with one thing of its own colours and shapes in the middle."""
    rng = np.random.default_rng(seed)
    image = np.full((240, 320, 3), 120, np.uint8)
    for _ in range(12):
        x, y = (int(v) for v in rng.integers([90, 50], [200, 160]))
        w, h = (int(v) for v in rng.integers(10, 60, 2))
        cv2.rectangle(image, (x, y), (x + w, y + h), rng.integers(0, 256, 3).tolist(), -1)
    return image


def other_light(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    gain = rng.uniform(0.65, 1.4) * rng.uniform(0.9, 1.1, 3)
    lit = np.clip((image / 255.0) ** rng.uniform(0.8, 1.25) * gain, 0, 1) * 255 + rng.normal(0, 3, image.shape)
    return np.clip(lit, 0, 255).astype(np.uint8)


BOX: Box = (90, 50, 250, 210)


def test_another_light_changes_less_than_another_thing() -> None:
    rng = np.random.default_rng(1)
    seen = np.array([appearance(painted(seed), BOX) for seed in range(20)])
    again = np.array([appearance(other_light(painted(seed), rng), BOX) for seed in range(20)])
    likeness = again @ seen.T
    assert (likeness.argmax(axis=1) == np.arange(20)).all()
    assert np.diag(likeness).min() > 0.85


def test_a_nearer_view_with_a_looser_box_is_still_the_same_thing() -> None:
    near = cv2.resize(painted(3), None, fx=2.5, fy=2.5)
    one, two = appearance(painted(3), BOX), appearance(near, (210, 110, 640, 540))
    assert np.dot(one, two) > 0.9


@given(st.integers(0, 50), st.tuples(st.floats(-50, 300), st.floats(-50, 200), st.floats(3, 200), st.floats(3, 200)))
def test_a_vector_is_of_unit_length_or_absent(seed: int, place: tuple[float, float, float, float]) -> None:
    x, y, w, h = place
    vector = appearance(painted(seed), (x, y, x + w, y + h))
    assert len(vector) in (0, WIDTH)
    if vector:
        assert np.linalg.norm(vector) == pytest.approx(1.0, abs=1e-3)


def test_a_box_without_pixels_has_no_appearance() -> None:
    assert appearance(painted(1), (400, 10, 500, 90)) == ()
    assert appearance(painted(1), (50, 50, 50, 90)) == ()


def test_one_flat_colour_is_no_error() -> None:
    assert len(appearance(np.zeros((100, 100, 3), np.uint8), (10, 10, 90, 90))) == WIDTH


@pytest.mark.shared
def test_real_heaps_and_bins_are_found_again_in_another_light(shared_data: Path) -> None:
    rng = np.random.default_rng(2)
    folder = shared_data / "detection/street_waste_val"
    seen, again = [], []
    for path in sorted((folder / "images").iterdir())[:40]:
        image = cv2.imread(str(path))
        height, width = image.shape[:2]
        for line in (folder / "labels" / f"{path.stem}.txt").read_text("utf-8").splitlines()[:3]:
            numbers = [float(word) for word in line.split()[1:]]
            if len(numbers) != 4:
                continue
            x, y, w, h = (value * side for value, side in zip(numbers, (width, height) * 2, strict=True))
            if min(w, h) < 30:
                continue
            box = (x - w / 2, y - h / 2, x + w / 2, y + h / 2)
            x1, y1, x2, y2 = np.array(box) + rng.normal(0, 0.05, 4) * [w, h, w, h]
            seen.append(appearance(image, box))
            again.append(appearance(other_light(image, rng), (x1, y1, x2, y2)))
    likeness = np.array(again) @ np.array(seen).T
    assert len(seen) > 50
    assert (likeness.argmax(axis=1) == np.arange(len(seen))).mean() > 0.9
