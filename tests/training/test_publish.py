"""The card that is written is the card that is read, and its figures are not flattered."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from models.card import DataSource, Int8, Metric, ModelCard, Preprocessing, read_card
from tests.training.exam import sitting
from training.cardfile import card_text
from training.marks import marks, table
from training.operating import OperatingPoint, Reading, Rule
from training.publish import twin_of

HERE = [0.0, 0.0, 10.0, 10.0]


def _card() -> ModelCard:
    return ModelCard(
        name="street", version="0.1.0", weights="street.onnx", digest="0" * 64, labels=("litter", "bin"),
        thresholds={"litter": 0.31, "bin": 0.4}, nms_iou=0.6, preprocessing=Preprocessing(width_px=640, height_px=384),
        licence="AGPL-3.0-only", weaknesses=("It's \"new\", 小广告 are drawn.", "Night is rare. " * 12),
        int8=Int8(
            weights="street.int8.onnx", digest="1" * 64, calibrated_on={"street_waste_a": 100}, kept_float=("model.0",),
            metrics=(Metric(label="bin", name="AP50", value=0.89, dataset="val", truth="people", n_boxes=3),),
        ),
        metrics=(Metric(label="bin", name="AP50", value=0.9, dataset="val", truth="people", n_boxes=3),),
        sources=(DataSource(name="a", licence="CC BY 4.0", n_images=7, note=""),),
    )  # fmt: skip


def test_a_written_card_reads_back_the_same(tmp_path: Path) -> None:
    path = tmp_path / "street.toml"
    path.write_text(card_text(_card()), "utf-8")
    assert read_card(path) == _card()


def _point(score: float, by: tuple[str, str] | None, precision: float, recall: float) -> OperatingPoint:
    at = Reading(score, precision, recall, 10, 10)
    return OperatingPoint("bin", Rule.F_MEASURE, None, True, by, at, at, ())


def test_precision_and_recall_of_the_exam_that_chose_are_those_of_the_photos_that_did_not() -> None:
    sat = sitting({"bin": [([HERE], [0.9], [HERE])] * 3})
    (chose,) = marks(sat, {"bin": _point(0.5, sat.exam.key, 0.7, 0.6)})
    (other,) = marks(sat, {"bin": _point(0.5, ("another", "people"), 0.7, 0.6)})
    assert (chose.precision, chose.recall) == (0.7, 0.6)
    assert (other.precision, other.recall, other.average_precision) == (1.0, 1.0, 1.0)


def test_a_label_without_a_true_box_gets_no_mark() -> None:
    sat = sitting({"bin": [([HERE], [0.9], [HERE])] * 50, "litter": [([], [], [])] * 50})
    point = _point(0.5, None, 0.0, 0.0)
    rows = marks(sat, {"bin": point, "litter": point})
    assert [row.label for row in rows] == ["bin"]
    assert "| exam | people | bin | 50 | 50 | 0.5 |" in table(rows)


def test_a_recipe_without_a_twin_needs_nothing_of_what_makes_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "training.twin", None)
    shop: Any = SimpleNamespace(recipe=SimpleNamespace(int8=None))
    assert twin_of(shop, Path("street.toml")) == ""


LACKING = """
import sys
sys.modules["onnx"] = None
sys.argv = ["steward", "train", "twin", "datasets/street.toml"]
from steward import main
main()
"""


def test_a_command_that_lacks_a_library_says_what_to_install(root: Path) -> None:
    told = subprocess.run([sys.executable, "-c", LACKING], cwd=root, check=False, capture_output=True, text=True)
    assert told.returncode == 2
    assert told.stderr == "steward: `train` needs the module onnx; install it: pip install 'citysteward[train]'\n"
