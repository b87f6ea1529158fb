"""The card that is written is the card that is read; operating scores come from the exam that can tell."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from models.card import DataSource, Metric, ModelCard, Preprocessing, read_card
from training.evaluate import Exam, marks, table
from training.publish import card_text, choose_thresholds
from training.scoring import Curve


def _card() -> ModelCard:
    return ModelCard(
        name="street", version="0.1.0", weights="street.onnx", digest="0" * 64, labels=("litter", "bin"),
        thresholds={"litter": 0.31, "bin": 0.4}, nms_iou=0.6, preprocessing=Preprocessing(width_px=640, height_px=384),
        licence="AGPL-3.0-only", weaknesses=("It's \"new\", 小广告 are drawn.", "Night is rare. " * 12),
        metrics=(Metric(label="bin", name="AP50", value=0.9, dataset="val", truth="people", n_boxes=3),),
        sources=(DataSource(name="a", licence="CC BY 4.0", n_images=7, note=""),),
    )  # fmt: skip


def test_a_written_card_reads_back_the_same(tmp_path: Path) -> None:
    path = tmp_path / "street.toml"
    path.write_text(card_text(_card()), "utf-8")
    assert read_card(path) == _card()


def _curve(n_boxes: int, best: float) -> Curve:
    """A label whose detections are right above a score and wrong below it."""
    score = np.linspace(1.0, 0.0, 200)
    true = np.cumsum(score >= best)
    return Curve(score, true / np.arange(1, 201), np.minimum(true / max(true.max(), 1), 1.0), n_boxes)


def _exam(dataset: str) -> Exam:
    return Exam(dataset, "people", ("bin",), ())


def test_the_operating_score_comes_from_the_first_exam_with_enough_boxes() -> None:
    sat = [(_exam("few"), {"bin": _curve(5, 0.2)}), (_exam("many"), {"bin": _curve(50, 0.6)})]
    assert abs(choose_thresholds(("bin",), sat, 1.0, 0.35)["bin"] - 0.6) < 0.03
    assert choose_thresholds(("bin",), sat[:1], 1.0, 0.35) == {"bin": 0.35}


def test_a_label_without_a_true_box_gets_no_mark() -> None:
    rows = marks(_exam("d"), {"bin": _curve(50, 0.6), "litter": _curve(0, 0.5)}, {"bin": 0.5, "litter": 0.5})
    assert [row.label for row in rows] == ["bin"]
    assert "| d | people | bin | 0 | 50 | 0.5 |" in table(rows)
