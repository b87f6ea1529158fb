"""The parity check lets two equal ways through and catches what usually goes wrong: colour order and letterbox."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from models.providers import Provider
from models.session import open_session
from pipeline.letterbox import Letterbox
from tests.models.tiny import BGR, tiny_graph
from training.parity import Head, compare_heads, through_file
from training.pictures import Image

SIZES = ((640, 384), (512, 512))


@pytest.fixture(scope="module")
def file() -> Head:
    graph = tiny_graph(("red", "green", "blue"), free=True).SerializeToString()
    return through_file(open_session(graph, "tiny.onnx", threads=1, provider=Provider.CPU))


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("pictures")
    picture = np.full((540, 700, 3), 90, np.uint8)  # red touches the padding on both sides
    picture[:200, :300], picture[300:500, 400:640] = BGR["red"], BGR["green"]
    cv2.imwrite(str(folder / "a.png"), picture)
    return [folder / "a.png"]


def fed(graph: Head, swap: bool = False, corner: bool = False, squeeze: bool = False, pad: int = 114) -> Head:
    """A head behind a feeder that does one thing wrong."""

    def head(picture: Image, width: int, height: int) -> np.ndarray:
        fit = Letterbox.fit(picture.shape[1], picture.shape[0], width, height)
        fitted = cv2.resize(picture, (width, height)) if squeeze else fit.apply(picture, pad)
        if corner:
            fitted = np.roll(fitted, (-fit.top, -fit.left), (0, 1))
        return graph(np.ascontiguousarray(fitted[..., ::-1] if swap else fitted), width, height)

    return head


def test_two_equal_ways_hold(file: Head, pictures: list[Path]) -> None:
    parity = compare_heads(fed(file), file, pictures, SIZES)
    assert parity.holds
    assert parity.anchors > 50
    assert parity.least_iou == pytest.approx(1.0)


@pytest.mark.parametrize("wrong", [{"swap": True}, {"corner": True}, {"squeeze": True}, {"pad": 0}])
@pytest.mark.parametrize("size", SIZES)
def test_a_wrong_feeder_is_caught_in_either_shape(
    wrong: dict[str, int], size: tuple[int, int], file: Head, pictures: list[Path]
) -> None:
    assert not compare_heads(fed(file, **wrong), file, pictures, (size,)).holds


def test_boxes_that_drift_are_caught_where_scores_agree(file: Head, pictures: list[Path]) -> None:
    def drifted(picture: Image, width: int, height: int) -> np.ndarray:
        return file(picture, width, height) + np.array([0.5, 0, 0, 0, 0, 0, 0], np.float32)[:, None]

    parity = compare_heads(file, drifted, pictures, SIZES)
    assert parity.largest_score_difference == 0
    assert not parity.holds


def test_pictures_on_which_nothing_is_found_prove_nothing(file: Head, tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "grey.png"), np.full((300, 300, 3), 90, np.uint8))
    assert not compare_heads(file, file, [tmp_path / "grey.png"], SIZES).holds
