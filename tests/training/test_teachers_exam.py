"""What a model's predecessor said is taught, but is no truth to measure the model by."""

from __future__ import annotations

import json
from pathlib import Path

from tests.training.photos import sources_file, yolo_source
from training.evaluate import Exam, exams
from training.recipe import Recipe
from training.sources import read_sources
from training.workshop import WASTE, Workshop

SAID = {"others": ["face", 0.1, 0.1, 0.2, 0.3, 0.9], "before": ["plate", 0.5, 0.5, 0.6, 0.55, 0.9]}


def test_agreement_with_its_own_predecessor_is_no_exam(tmp_path: Path) -> None:
    yolo_source(tmp_path / "data" / WASTE, ["photo"])
    sources_file(tmp_path / "sources.toml", f"{WASTE} yolo all_held_out {{ 0 = 'bin' }}")
    recipe = Recipe.model_validate(
        {
            "name": "r", "version": "1", "labels": ["face", "plate"], "seed": 1, "base": "none.pt", "uses": [],
            "teachers": [
                {"kind": "heads", "name": "others", "thresholds": {"face": 0.3, "plate": 0.3}},
                {"kind": "card", "name": "before", "thresholds": {"face": 0.3, "plate": 0.3}},
            ],
            "stages": [{"name": "all", "epochs": 1, "lr0": 0.001, "lrf": 0.1}],
        }
    )  # fmt: skip
    known = read_sources(tmp_path / "sources.toml")
    shop = Workshop(recipe, known, tmp_path / "data", tmp_path / "work", None, lambda _: None)
    [photo] = shop.photos(WASTE)
    for teacher, box in SAID.items():
        path = shop.said_path(teacher, WASTE)
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps({"photo": photo.name, "by": teacher, "boxes": [box]}) + "\n", "utf-8")

    assert {box.label for box in shop.taught(WASTE)[photo.name]} == {"face", "plate"}
    [whole] = [one for one in exams(shop) if isinstance(one, Exam) and one.dataset == WASTE]
    assert [box.label for box in whole.items[0].boxes] == ["face"]
