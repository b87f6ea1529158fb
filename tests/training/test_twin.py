"""The int8 twin: made from training photos, kept only if it finds what the model finds, and never half written."""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest

from models.card import ModelCard, read_card
from models.feeding import disagreement
from models.providers import Precision, Provider
from models.session import open_session
from models.store import open_detector
from tests.training.tiny_net import LABELS, SIZE, coloured_photo, conv_graph
from training.cardfile import card_text
from training.errors import TrainingError
from training.quantise import blobs_of, blocks_of, quantised, ranges_of
from training.recipe import Int8Part, Recipe
from training.sensitivity import sensitivity
from training.sources import Source
from training.twin import MOST_LOST, Kept, add_twin, calibration_photos
from training.workshop import Workshop

PART = Int8Part(pictures={"seen": 4}, gate={"held": LABELS})
ROUGH = 90.0
"""A range so wide that a whole colour is about one step of an 8-bit integer."""


def write_photos(folder: Path, first_seed: int, count: int) -> None:
    for place in ("images", "labels"):
        (folder / place).mkdir(parents=True)
    for seed in range(first_seed, first_seed + count):
        photo, boxes = coloured_photo(seed)
        cv2.imwrite(str(folder / "images" / f"{seed}.png"), photo)
        lines = "".join(f"{label} {x} {y} 0.0625 0.0625\n" for label, x, y in boxes)
        (folder / "labels" / f"{seed}.txt").write_text(lines, "utf-8")


@pytest.fixture
def shop(tmp_path: Path, root: Path) -> Workshop:
    """Four training photos, six held out, and a published model without a twin in tmp_path/models."""
    write_photos(tmp_path / "seen", 0, 4)
    write_photos(tmp_path / "held", 50, 6)
    classes = dict(enumerate(LABELS))
    sources = {
        "seen": Source("seen", "seen", "", "", "", classes),
        "held": Source("held", "held", "", "", "", classes, "all_held_out"),
    }
    street = tomllib.loads((root / "datasets/street.toml").read_text("utf-8"))
    recipe = Recipe.model_validate({**street, "labels": LABELS, "int8": PART.model_dump()})
    return Workshop(recipe, sources, tmp_path, tmp_path / "work", None, lambda _: None, threads=1)


def published(folder: Path, outlier: float = 0.0) -> Path:
    content = conv_graph(outlier).SerializeToString()
    (folder / "models" / "weights").mkdir(parents=True)
    (folder / "models" / "cards").mkdir()
    (folder / "models" / "weights" / "tiny.onnx").write_bytes(content)
    card = ModelCard(
        name="tiny", version="1", weights="tiny.onnx", digest=hashlib.sha256(content).hexdigest(), labels=LABELS,
        thresholds=dict.fromkeys(LABELS, 0.3), nms_iou=0.5, preprocessing=SIZE, licence="AGPL-3.0-only",
    )  # fmt: skip
    path = folder / "models" / "cards" / "tiny.toml"
    path.write_text(card_text(card), "utf-8")
    return path


def with_part(shop: Workshop, **changed: object) -> Workshop:
    part = PART.model_copy(update=changed)
    return replace(shop, recipe=shop.recipe.model_copy(update={"int8": part}))


def test_a_good_twin_is_written_named_and_opened(shop: Workshop, tmp_path: Path) -> None:
    card_path = published(tmp_path)
    assert "AP50 int8" in add_twin(shop, card_path)
    card = read_card(card_path)
    assert card.int8 is not None
    assert card.int8.calibrated_on == {"seen": 4}
    figures = {(m.label, m.name): m.value for m in card.int8.metrics if m.dataset == "held at 512x512"}
    assert all(figures[label, "AP50"] >= figures[label, "AP50 float32"] - MOST_LOST for label in LABELS)
    assert min(figures.values()) > 0.9
    photo, boxes = coloured_photo(99)
    for precision in (Precision.EXACT, Precision.INT8):
        found = open_detector("tiny", tmp_path / "models", provider=Provider.CPU, precision=precision).detect(photo)
        assert len(found) == len(boxes)


def test_quantising_keeps_labels_feeding_and_float_blocks(shop: Workshop, tmp_path: Path) -> None:
    card_path = published(tmp_path)
    add_twin(with_part(shop, kept_float=("model.1",)), card_path)
    card = read_card(card_path)
    twin = onnx.load(tmp_path / "models" / "weights" / "tiny.int8.onnx")
    said = {entry.key: entry.value for entry in twin.metadata_props}
    assert disagreement(said, LABELS, card.preprocessing) is None
    assert said["description"].endswith("in 8-bit integers")
    fed_by = {node.output[0]: node.op_type for node in twin.graph.node}
    inputs = {node.name: fed_by.get(node.input[0]) for node in twin.graph.node if node.op_type == "Conv"}
    assert inputs == {"/model.0/conv/Conv": "DequantizeLinear", "/model.1/conv/Conv": "Conv"}


def test_a_twin_that_finds_less_is_refused_and_an_older_one_taken_away(shop: Workshop, tmp_path: Path) -> None:
    card_path = published(tmp_path, outlier=ROUGH)
    before = read_card(card_path)
    twin = tmp_path / "models" / "weights" / "tiny.int8.onnx"
    twin.write_bytes(b"of the model before")
    with pytest.raises(TrainingError, match="refused, it loses more than"):
        add_twin(shop, card_path)
    assert not twin.exists()
    assert read_card(card_path) == before
    open_detector("tiny", tmp_path / "models", provider=Provider.CPU)


def test_the_hurt_block_is_found_and_kept_in_float_the_twin_passes(shop: Workshop, tmp_path: Path) -> None:
    card_path = published(tmp_path, outlier=ROUGH)
    rows = [line.split(" | ") for line in sensitivity(shop, card_path).splitlines()[2:]]
    assert rows[0][0] == "| model.1"
    assert float(rows[0][1]) > 10 * float(rows[1][1])
    add_twin(with_part(shop, kept_float=("model.1",)), card_path)
    assert read_card(card_path).int8 is not None


def test_no_held_out_photo_calibrates(shop: Workshop) -> None:
    with pytest.raises(TrainingError, match="0 may be trained on"):
        calibration_photos(shop, PART.model_copy(update={"pictures": {"held": 3}}))
    names = {photo.picture.parent.parent.name for photo in calibration_photos(shop, PART)}
    assert names == {"seen"}


def test_a_block_that_the_model_does_not_have_is_named(shop: Workshop, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"no block model\.7; it has model\.0, model\.1"):
        add_twin(with_part(shop, kept_float=("model.7",)), published(tmp_path))


@pytest.mark.parametrize(("int8", "holds"), [(0.80, True), (0.791, True), (0.789, False), (0.85, True)])
def test_the_gate_is_one_point_of_ap50(int8: float, holds: bool) -> None:
    assert Kept("d", "litter", 100, 0.80, int8).holds is holds


def test_every_block_of_a_head_counts_layer_by_layer() -> None:
    names = ["/model.0/conv/Conv", "/model.23/cv3.0/cv3.0.0/cv3.0.0.1/conv/Conv", "/model.23/cv2.1/cv2.1.2/Conv"]
    model = conv_graph()
    del model.graph.node[2:]
    for name in names[1:]:
        model.graph.node.add(op_type="Conv", name=name)
    assert list(blocks_of(model)) == ["model.0", "model.1", "model.23.cv3.0.0", "model.23.cv2.1.2"]


def test_a_twin_computes_nearly_the_same(tmp_path: Path) -> None:
    write_photos(tmp_path, 7, 3)
    blobs = list(blobs_of(sorted((tmp_path / "images").iterdir()), ((512, 512), (640, 384))))
    model = conv_graph()
    nodes = [node for inside in blocks_of(model).values() for node in inside]
    twin = quantised(model, ranges_of(model, blobs), nodes)
    heads = [
        open_session(one.SerializeToString(), "tiny", threads=1, provider=Provider.CPU).run(blobs[0])
        for one in (model, twin)
    ]
    np.testing.assert_allclose(heads[0], heads[1], atol=0.03)
    assert not np.array_equal(heads[0], heads[1])
