"""One detector for several cameras: what is asked at one moment runs as one batch, and everybody gets their own."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from edge.batching import Batcher
from models.detector import Detector
from models.errors import ModelError
from models.store import open_detector
from pipeline.detections import Detections
from tests.models.tiny import write_tiny
from tests.waiting import PATIENCE_S

WIDE, HIGH = 320, 160


def picture(column: int) -> NDArray[np.uint8]:
    """One red cell in a row of grey ones."""
    image = np.full((HIGH, WIDE, 3), 114, np.uint8)
    image[64:96, column * 32 : column * 32 + 32] = (0, 0, 255)
    return image


@pytest.fixture(params=[True, False], ids=["batches", "one by one"])
def detector(request: pytest.FixtureRequest, tmp_path: Path) -> Detector:
    """A model that takes batches, and one whose graph is for one picture."""
    write_tiny(tmp_path, "tiny", width=WIDE, height=HIGH, many=request.param)
    return open_detector("tiny", tmp_path)


def same(one: Detections, two: Detections) -> bool:
    alike = np.array_equal(one.xyxy, two.xyxy) and np.array_equal(one.label, two.label)
    return alike and np.allclose(one.score, two.score)


def test_a_batch_finds_in_each_picture_what_it_would_alone(detector: Detector) -> None:
    pictures = [picture(column) for column in (1, 4, 8)]
    alone = [detector.detect(one) for one in pictures]
    assert all(len(one) == 1 for one in alone)
    assert all(same(one, two) for one, two in zip(detector.detect_all(pictures), alone, strict=True))


def test_pictures_of_several_sizes_may_be_asked_together(detector: Detector) -> None:
    pictures = [picture(1), np.ascontiguousarray(picture(4)[:, :160]), picture(8)]
    together = detector.detect_all(pictures)
    assert all(same(one, detector.detect(two)) for one, two in zip(together, pictures, strict=True))


def test_no_picture_is_no_batch(detector: Detector) -> None:
    assert detector.detect_all([]) == []


def test_everybody_gets_their_own_whoever_asks_when(detector: Detector) -> None:
    batcher, wrong = Batcher(detector, 0.2, askers=4), list[int]()
    wanted = {column: detector.detect(picture(column), 0.2) for column in range(10)}

    def ask(first: int) -> None:
        for turn in range(25):
            column = (first + turn) % 10
            if not same(batcher.begin(picture(column))(), wanted[column]):
                wrong.append(column)

    threads = [threading.Thread(target=ask, args=(first,)) for first in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(PATIENCE_S)
    assert not wrong
    assert not any(one.is_alive() for one in threads)


class Sizes(Detector):
    """A detector that remembers how many pictures it was asked for at once, and waits for the test before each."""

    def __init__(self, inner: Detector) -> None:
        super().__init__(inner.card, inner.session)
        self.sizes, self.go = list[int](), threading.Semaphore(0)

    def detect_all(self, images: object, floor: float | None = None) -> list[Detections]:
        self.go.acquire(timeout=PATIENCE_S)
        self.sizes.append(len(images))  # type: ignore[arg-type]  # a list of pictures
        return super().detect_all(images, floor)  # type: ignore[arg-type]


def test_what_is_asked_while_a_batch_runs_is_the_next_batch(tmp_path: Path) -> None:
    write_tiny(tmp_path, "tiny", width=WIDE, height=HIGH, many=True)
    detector = Sizes(open_detector("tiny", tmp_path))
    batcher = Batcher(detector, 0.2, askers=6)
    answers = [batcher.begin(picture(column)) for column in range(6)]
    for _ in range(8):
        detector.go.release()
    for answer in answers:
        assert len(answer()) == 1
    assert sum(detector.sizes) == 6
    assert len(detector.sizes) <= 2


class Broken(Detector):
    def __init__(self, inner: Detector, error: Exception) -> None:
        super().__init__(inner.card, inner.session)
        self.error = error

    def detect_all(self, images: object, floor: float | None = None) -> list[Detections]:
        raise self.error


def test_a_model_that_fails_says_so_to_everybody_who_asked(detector: Detector) -> None:
    answers = [Batcher(Broken(detector, ModelError("no")), 0.2).begin(picture(1)) for _ in range(2)]
    for answer in answers:
        with pytest.raises(ModelError, match="no"):
            answer()


def test_an_unforeseen_mistake_is_told_to_whoever_waits(detector: Detector) -> None:
    answer = Batcher(Broken(detector, ZeroDivisionError()), 0.2).begin(picture(1))
    with pytest.raises(ZeroDivisionError):
        answer()
