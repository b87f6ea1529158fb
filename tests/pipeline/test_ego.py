"""The picture's motion, measured on pictures whose motion is known."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from pipeline.ego import estimate, small_grey


def texture(width: int = 1280, height: int = 720, seed: int = 5) -> np.ndarray:
    """Smooth noise with structure at several sizes."""
    rng = np.random.default_rng(seed)
    layers = [
        cv2.resize(rng.integers(0, 256, (height // size, width // size, 3), np.uint8), (width, height)).astype(float)
        for size in (8, 20, 60)
    ]
    return np.clip(sum(layers) / 3, 0, 255).astype(np.uint8)


def warped(image: np.ndarray, scale: float, dx: float, dy: float) -> np.ndarray:
    """The picture scaled about its centre, then shifted."""
    height, width = image.shape[:2]
    matrix = np.array([[scale, 0, (1 - scale) * width / 2 + dx], [0, scale, (1 - scale) * height / 2 + dy]])
    return cv2.warpAffine(image, matrix, (width, height), borderMode=cv2.BORDER_REFLECT)


@pytest.mark.parametrize(
    ("scale", "dx", "dy"), [(1.0, 0, 0), (1.0, 60, -20), (1.0, 160, 0), (1.15, 0, 0), (1.08, -40, 10), (0.9, 5, 5)]
)
def test_boxes_go_where_the_picture_goes(scale: float, dx: float, dy: float) -> None:
    image = texture()
    boxes = np.array([[300, 200, 420, 330], [800, 400, 1000, 600]], np.float32)
    motion = estimate(small_grey(image), small_grey(warped(image, scale, dx, dy)), boxes)
    assert motion is not None
    middle = np.array([640, 360, 640, 360])
    expected = (boxes - middle) * scale + middle + [dx, dy, dx, dy]
    moved, own, _ = motion.move(boxes)
    assert own.all()
    np.testing.assert_allclose(moved, expected, atol=4)
    np.testing.assert_allclose(motion.move_with_camera(boxes), expected, atol=4)


def test_a_thing_with_its_own_motion_is_carried_by_its_own_corners() -> None:
    image, patch = texture(), texture(200, 160, seed=9)
    before, after = image.copy(), warped(image, 1.0, 20, 0)
    before[300:460, 500:700] = patch
    after[310:470, 560:760] = patch
    box = np.array([[500, 300, 700, 460]], np.float32)
    motion = estimate(small_grey(before), small_grey(after), box)
    assert motion is not None
    np.testing.assert_allclose(motion.move(box)[0], [[560, 310, 760, 470]], atol=5)
    np.testing.assert_allclose(motion.move_with_camera(box), [[520, 300, 720, 460]], atol=5)


@pytest.mark.parametrize("second", [np.zeros((720, 1280, 3), np.uint8), texture(640, 360), texture(seed=77)])
def test_a_black_picture_another_size_or_a_cut_give_no_motion(second: np.ndarray) -> None:
    motion = estimate(small_grey(texture()), small_grey(second))
    assert motion is None or len(motion.before) < 40


def test_small_pictures_are_not_enlarged() -> None:
    small = small_grey(texture(320, 200))
    assert (small.grey.shape, small.scale) == ((200, 320), 1.0)
