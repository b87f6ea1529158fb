"""A picture in, Detections out, through a real session."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.card import Preprocessing
from models.detector import Detector, input_shape
from models.providers import Precision, Provider
from models.store import open_detector
from tests.models.tiny import BGR, write_tiny


@pytest.fixture(scope="module")
def detector(tmp_path_factory: pytest.TempPathFactory) -> Detector:
    return open_detector("tiny", write_tiny(tmp_path_factory.mktemp("store")), threads=1, provider=Provider.CPU)


def test_boxes_come_back_in_the_pictures_own_pixels(detector: Detector) -> None:
    # Half size and five cells of padding above, so a cell of the input is exactly 64 px of this picture.
    image = np.zeros((640, 1280, 3), np.uint8)
    image[64:128, 128:192] = BGR["red"]
    found = detector.detect(image)
    assert [detector.card.labels[label] for label in found.label] == ["red"]
    np.testing.assert_allclose(found.xyxy, [[128, 64, 192, 128]], atol=0.01)


def test_colour_order_is_not_swapped(detector: Detector) -> None:
    for name, bgr in BGR.items():
        image = np.full((640, 640, 3), bgr, np.uint8)
        assert {detector.card.labels[label] for label in detector.detect(image).label} == {name}


def test_a_floor_lets_the_weak_boxes_out_and_nothing_weaker(detector: Detector) -> None:
    image = np.zeros((640, 640, 3), np.uint8)
    image[0:32, 0:32] = BGR["red"]
    image[64:96, 64:96] = (0, 0, 77)
    image[128:160, 128:160] = (0, 0, 20)
    assert len(detector.detect(image)) == 1
    assert detector.detect(image, floor=0.2).score == pytest.approx([1.0, 77 / 255], abs=1e-3)


def test_a_picture_without_anything_gives_no_boxes(detector: Detector) -> None:
    assert len(detector.detect(np.zeros((50, 3000, 3), np.uint8))) == 0


def test_every_provider_of_this_machine_agrees(tmp_path: Path) -> None:
    store = write_tiny(tmp_path)
    image = np.random.default_rng(1).integers(0, 255, (480, 640, 3), np.uint8)
    image[100:200, 100:200] = BGR["blue"]
    best = open_detector("tiny", store, threads=1).detect(image)
    cpu = open_detector("tiny", store, threads=1, provider=Provider.CPU).detect(image)
    np.testing.assert_array_equal(best.label, cpu.label)
    np.testing.assert_allclose(best.xyxy, cpu.xyxy, atol=0.5)


def test_the_fast_precision_finds_the_same_things(tmp_path: Path) -> None:
    store = write_tiny(tmp_path)
    image = np.zeros((640, 640, 3), np.uint8)
    image[64:96, 64:96], image[320:352, 480:512] = BGR["red"], BGR["green"]
    exact = open_detector("tiny", store, threads=1, precision=Precision.EXACT).detect(image)
    fast = open_detector("tiny", store, threads=1, precision=Precision.FAST).detect(image)
    assert len(exact) == 2
    np.testing.assert_array_equal(np.sort(exact.label), np.sort(fast.label))
    np.testing.assert_allclose(np.sort(exact.xyxy, axis=0), np.sort(fast.xyxy, axis=0), atol=4)


def test_a_picture_prepared_beforehand_gives_the_same_boxes(detector: Detector) -> None:
    image = np.random.default_rng(5).integers(0, 256, (540, 960, 3), np.uint8)
    image[100:300, 200:400] = BGR["green"]
    prepared = detector.prepare(image)
    found = detector.read(detector.infer(prepared), prepared)
    np.testing.assert_array_equal(found.xyxy, detector.detect(image).xyxy)


def test_a_rectangular_model_is_fed_the_pictures_own_shape(tmp_path: Path) -> None:
    store = write_tiny(tmp_path, free=True, rectangular=True)
    detector = open_detector("tiny", store, threads=1, provider=Provider.CPU)
    for (width, height), cells in (((1280, 720), 20 * 12), ((640, 640), 20 * 20), ((360, 640), 12 * 20)):
        image = np.zeros((height, width, 3), np.uint8)
        image[height // 4 : height * 3 // 4, width // 4 : width * 3 // 4] = BGR["green"]
        prepared = detector.prepare(image)
        head = detector.infer(prepared)
        assert head.scores.shape == (3, cells)
        found = detector.read(head, prepared)
        low, high = found.xyxy[:, :2].min(axis=0), found.xyxy[:, 2:].max(axis=0)
        cell = 32 / prepared.fit.scale
        np.testing.assert_allclose([*low, *high], np.array([width, height] * 2) * [0.25, 0.25, 0.75, 0.75], atol=cell)


@pytest.mark.parametrize(
    ("picture", "fed"),
    [((960, 540), (640, 384)), ((1920, 1080), (640, 384)), ((640, 640), (512, 512)), ((540, 960), (384, 640))],
)
def test_a_frame_and_a_square_photo_cost_about_as_many_pixels(picture: tuple[int, int], fed: tuple[int, int]) -> None:
    size = Preprocessing(width_px=640, height_px=640, rectangular=True, most_pixels=512 * 512)
    fit = input_shape(size, *picture)
    assert (fit.input_width, fit.input_height) == fed
