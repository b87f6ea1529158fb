"""The way into a model's input and back."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.letterbox import Letterbox

sizes = st.integers(1, 4000)
fractions = st.floats(0, 1, width=32)


@given(sizes, sizes, st.sampled_from([(640, 640), (640, 384), (384, 640)]), st.lists(fractions, min_size=4, max_size=4))
def test_undo_takes_every_box_back(width: int, height: int, into: tuple[int, int], corners: list[float]) -> None:
    fit = Letterbox.fit(width, height, *into)
    box = np.array([corners], np.float32) * np.array([width, height, width, height], np.float32)
    np.testing.assert_allclose(fit.undo(fit.boxes_in(box)), box, atol=2e-4 * max(width, height, 640) / 10)


@given(sizes, sizes, st.sampled_from([(640, 640), (640, 384)]))
def test_the_picture_fills_one_side_and_is_centred(width: int, height: int, into: tuple[int, int]) -> None:
    fit = Letterbox.fit(width, height, *into)
    assert fit.resized_width == into[0] or fit.resized_height == into[1]
    right, bottom = into[0] - fit.left - fit.resized_width, into[1] - fit.top - fit.resized_height
    assert 0 <= right - fit.left <= 1
    assert 0 <= bottom - fit.top <= 1


@given(sizes, sizes)
def test_a_rectangular_input_keeps_the_scale_and_wastes_less_than_a_stride(width: int, height: int) -> None:
    whole, fit = Letterbox.fit(width, height, 640, 640), Letterbox.within(width, height, 640, 640, 32)
    assert (fit.scale, fit.resized_width, fit.resized_height) == (
        whole.scale,
        whole.resized_width,
        whole.resized_height,
    )
    assert fit.input_width % 32 == fit.input_height % 32 == 0
    assert fit.input_width - fit.resized_width < 32
    assert fit.input_height - fit.resized_height < 32


@pytest.mark.parametrize(("source", "into"), [((1920, 1080), (640, 384)), ((640, 640), (640, 640))])
def test_a_frame_costs_its_own_shape(source: tuple[int, int], into: tuple[int, int]) -> None:
    fit = Letterbox.within(*source, 640, 640, 32)
    assert (fit.input_width, fit.input_height) == into


def reference(image: np.ndarray, into: tuple[int, int]) -> np.ndarray:
    """Scale and pad written out as ultralytics defines it, step by step."""
    height, width = image.shape[:2]
    ratio = min(into[1] / height, into[0] / width)
    unpadded = max(round(width * ratio), 1), max(round(height * ratio), 1)
    half_w, half_h = (into[0] - unpadded[0]) / 2, (into[1] - unpadded[1]) / 2
    if (width, height) != unpadded:
        image = cv2.resize(image, unpadded, interpolation=cv2.INTER_LINEAR)
    top, bottom = round(half_h - 0.1), round(half_h + 0.1)
    left, right = round(half_w - 0.1), round(half_w + 0.1)
    return cv2.copyMakeBorder(image, top, bottom, left, right, cv2.BORDER_CONSTANT, value=(114,) * 3)


@pytest.mark.parametrize("into", [(640, 640), (640, 384), (512, 512)])
@pytest.mark.parametrize(
    "source",
    [(1920, 1080), (1280, 720), (640, 640), (640, 384), (810, 1080), (333, 77), (641, 385), (1, 3000), (960, 540)],
)
def test_pixels_are_those_the_model_was_trained_on(source: tuple[int, int], into: tuple[int, int]) -> None:
    image = np.random.default_rng(7).integers(0, 256, (source[1], source[0], 3), np.uint8)
    fit = Letterbox.fit(*source, *into)
    expected = reference(image, into)
    np.testing.assert_array_equal(fit.apply(image), expected)
    blob = fit.blob(image)
    assert blob.shape == (1, 3, into[1], into[0])
    assert blob.dtype == np.float32
    wanted = expected[..., ::-1].transpose(2, 0, 1)[None].astype(np.float32) / 255
    np.testing.assert_array_equal(blob, wanted)


def test_a_picture_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="picture is"):
        Letterbox.fit(640, 480, 640, 640).apply(np.zeros((640, 480, 3), np.uint8))
