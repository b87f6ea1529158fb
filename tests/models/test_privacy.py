"""The privacy step finds, or says that it did not run; it never passes a picture by."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from models.detector import Detector
from models.privacy import PrivacyStep
from models.providers import Provider
from models.store import open_detector
from pipeline.detections import Detections
from pipeline.redact import DidNotRun, Regions
from tests.models.tiny import BGR, write_tiny


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_tiny(tmp_path_factory.mktemp("store"), "privacy", ("face", "plate"))
    return write_tiny(folder, "street", ("litter", "car", "person"))


def opened(store: Path, name: str) -> Detector:
    return open_detector(name, store, threads=1, provider=Provider.CPU)


def covered(regions: Regions | DidNotRun, x: float, y: float) -> bool:
    assert isinstance(regions, Regions)
    x1, y1, x2, y2 = regions.xyxy.T
    return bool(((x1 <= x) & (x <= x2) & (y1 <= y) & (y <= y2)).any())


def test_faces_plates_and_heads_are_found_with_a_margin(store: Path) -> None:
    image = np.zeros((640, 640, 3), np.uint8)
    image[32:64, 32:64] = BGR["red"]  # a face
    image[320:352, 480:512] = BGR["green"]  # a plate, and a car
    image[128:160, 256:288] = BGR["blue"]  # a person
    found = PrivacyStep(opened(store, "privacy"), opened(store, "street")).find(image)
    for x, y in [(30.5, 30.5), (65, 65), (478.5, 322), (257, 128), (270, 140)]:
        assert covered(found, x, y), (x, y)
    assert not covered(found, 270, 159)
    assert not covered(found, 400, 500)


def test_people_already_seen_are_not_searched_again(store: Path) -> None:
    image = np.zeros((640, 640, 3), np.uint8)
    seen = Detections.of(
        np.array([[100, 100, 160, 300], [300, 300, 340, 400], [500, 500, 530, 530]], np.float32),
        np.array([0.9, 0.16, 0.05], np.float32),
        np.array([2, 2, 2], np.int16),
    )
    found = PrivacyStep(opened(store, "privacy"), opened(store, "street")).find(image, seen)
    assert covered(found, 130, 110)
    assert covered(found, 320, 305)
    assert not covered(found, 515, 503)


def test_small_things_in_a_large_picture_are_searched_in_tiles(store: Path) -> None:
    image = np.zeros((2160, 3840, 3), np.uint8)
    image[1000:1090, 3000:3090] = BGR["red"]  # 15 px of the whole picture's input: a quarter of a cell
    found = PrivacyStep(opened(store, "privacy"), opened(store, "street")).find(image, Detections.none())
    assert covered(found, 3045, 1045)


def test_every_pixel_of_a_large_picture_lies_in_a_tile(store: Path) -> None:
    step = PrivacyStep(opened(store, "privacy"), opened(store, "street"))
    for width, height in [(640, 640), (1281, 400), (1920, 1080), (4000, 3000), (700, 5000)]:
        seen = np.zeros((height, width), np.bool_)
        whole, *parts = step._tiles(width, height)
        assert whole == (0, 0, width, height)
        for x1, y1, x2, y2 in parts or [whole]:
            assert max(x2 - x1, y2 - y1) <= 1282
            seen[y1:y2, x1:x2] = True
        assert seen.all()


def test_a_failing_model_says_that_it_did_not_run(tmp_path: Path, store: Path) -> None:
    broken = opened(write_tiny(tmp_path, "privacy", ("face", "plate"), box_px=float("nan")), "privacy")
    found = PrivacyStep(broken, opened(store, "street")).find(np.zeros((64, 64, 3), np.uint8))
    assert isinstance(found, DidNotRun)
    assert "privacy.onnx" in found.why
    assert "not finite" in found.why


def test_the_steps_name_says_which_models_looked(store: Path) -> None:
    privacy, street = opened(store, "privacy"), opened(store, "street")
    name = PrivacyStep(privacy, street).name
    assert privacy.card.digest[:12] in name
    assert street.card.digest[:12] in name
    assert len(name) <= 120


def test_a_plate_that_fills_the_picture_is_hidden() -> None:
    image = np.full((456, 1140, 3), (40, 90, 210), np.uint8)
    cv2.rectangle(image, (300, 150), (700, 277), (170, 70, 18), cv2.FILLED)
    cv2.rectangle(image, (306, 156), (694, 271), (250, 250, 250), 4)
    cv2.putText(image, "AB.IO852", (322, 240), cv2.FONT_HERSHEY_SIMPLEX, 2.5, (250, 250, 250), 8)
    found = PrivacyStep(open_detector("privacy", threads=1), open_detector("street", threads=1)).find(image)
    for x, y in [(320, 170), (500, 213), (680, 260)]:
        assert covered(found, x, y)
