"""A weights file says how it is fed, and the store believes no card that says otherwise."""

from __future__ import annotations

import ast
import json
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest

from models.card import Preprocessing, read_card
from models.detector import Detector
from models.errors import ModelError
from models.feeding import disagreement, feeding
from models.providers import Provider
from models.session import open_session
from models.shipped import CARDS, WEIGHTS
from models.store import open_detector
from tests.models.tiny import BGR, rewrite_metadata, write_tiny

FED = Preprocessing(width_px=640, height_px=640, rectangular=True, most_pixels=512 * 512)


def test_the_sizes_are_those_that_pictures_are_really_fed_at() -> None:
    said = feeding(("a", "b"), FED)
    assert json.loads(said["input_square"]) == [512, 512]
    assert json.loads(said["input_16_9"]) == [640, 384]
    assert ast.literal_eval(said["names"]) == {0: "a", 1: "b"}


@pytest.mark.parametrize("key", feeding(("a",), FED))
def test_every_key_that_is_missing_or_says_otherwise_is_a_disagreement(key: str) -> None:
    said = feeding(("a",), FED)
    assert disagreement(said, ("a",), FED) is None
    assert key in str(disagreement({**said, key: "otherwise"}, ("a",), FED))
    del said[key]
    assert f"does not say {key}" in str(disagreement(said, ("a",), FED))


@pytest.mark.parametrize(
    ("key", "value"), [("input_colour", "BGR"), ("input_pad_value", "0"), ("input_letterbox", "{}"), ("stride", "64")]
)
def test_the_store_refuses_a_file_that_is_fed_otherwise_than_its_card_says(
    key: str, value: str, tmp_path: Path
) -> None:
    store = write_tiny(tmp_path)
    rewrite_metadata(store, {key: value})
    with pytest.raises(ModelError, match=rf"tiny\.onnx: its metadata says {key} = .*steward train stamp"):
        open_detector("tiny", store, provider=Provider.CPU)


def fed_by_metadata(path: Path, picture: np.ndarray, wide: bool) -> np.ndarray:
    """The head for a picture, by somebody who has the file and its metadata, and nothing of ours."""
    said = {entry.key: entry.value for entry in onnx.load(path).metadata_props}
    width, height = json.loads(said["input_16_9" if wide else "input_square"])
    assert json.loads(said["input_letterbox"])["place"].startswith("centre")
    scale = min(width / picture.shape[1], height / picture.shape[0])
    inner = round(picture.shape[1] * scale), round(picture.shape[0] * scale)
    left, top = (width - inner[0]) // 2, (height - inner[1]) // 2
    canvas = np.full((height, width, 3), int(said["input_pad_value"]), np.uint8)
    canvas[top : top + inner[1], left : left + inner[0]] = cv2.resize(picture, inner, interpolation=cv2.INTER_LINEAR)
    assert said["input_colour"] == "RGB"
    blob = canvas[..., ::-1].transpose(2, 0, 1)[None] * np.float32(Fraction(said["input_scale"]))
    return open_session(path.read_bytes(), str(path), provider=Provider.CPU).run(blob)


@pytest.mark.parametrize("size", [(1280, 720), (640, 640)])
def test_a_stranger_who_follows_the_metadata_gets_our_head(size: tuple[int, int], tmp_path: Path) -> None:
    store = write_tiny(tmp_path, free=True, rectangular=True)
    picture = np.random.default_rng(2).integers(0, 256, (size[1], size[0], 3), np.uint8)
    picture[100:400, 60:300] = BGR["red"]
    ours = open_detector("tiny", store, provider=Provider.CPU)
    given = fed_by_metadata(store / "weights" / "tiny.onnx", picture, wide=size[0] != size[1])
    np.testing.assert_allclose(given[0, 4:], ours.infer(ours.prepare(picture)).scores, atol=1e-3)


@pytest.mark.parametrize("name", ["street", "privacy"])
def test_the_shipped_files_say_how_they_are_fed(name: str) -> None:
    card = read_card(CARDS / f"{name}.toml")
    session = open_session((WEIGHTS / card.weights).read_bytes(), card.weights, provider=Provider.CPU)
    assert disagreement(session.metadata(), card.labels, card.preprocessing) is None
    assert Detector(card, session).digest == card.digest
