"""Stamping changes what a file says of itself, never what it computes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest

from models.card import read_card
from models.feeding import disagreement
from models.providers import Provider
from models.store import open_detector
from tests.models.tiny import rewrite_metadata, write_tiny
from training.errors import TrainingError
from training.stamp import stamp


def test_a_stamped_model_opens_and_computes_the_same(tmp_path: Path) -> None:
    store = write_tiny(tmp_path)
    path, card_path = store / "weights" / "tiny.onnx", store / "cards" / "tiny.toml"
    rewrite_metadata(store, {"input_colour": "", "input_letterbox": ""})
    before = onnx.load(path)
    card = stamp(card_path)
    after = onnx.load(path)
    assert after.graph == before.graph
    assert read_card(card_path) == card
    said = {entry.key: entry.value for entry in after.metadata_props}
    assert disagreement(said, card.labels, card.preprocessing) is None
    assert "tiny" in said["description"]
    picture = np.zeros((300, 300, 3), np.uint8)
    assert len(open_detector("tiny", store, provider=Provider.CPU).detect(picture)) == 0


def test_stamping_twice_changes_nothing(tmp_path: Path) -> None:
    card_path = write_tiny(tmp_path) / "cards" / "tiny.toml"
    assert stamp(card_path) == stamp(card_path)


def test_a_file_that_is_not_the_cards_is_not_touched(tmp_path: Path) -> None:
    store = write_tiny(tmp_path)
    path = store / "weights" / "tiny.onnx"
    path.write_bytes(path.read_bytes() + b"\0")
    before = path.read_bytes()
    with pytest.raises(TrainingError, match="SHA-256"):
        stamp(store / "cards" / "tiny.toml")
    assert path.read_bytes() == before
