"""What teachers said outlives a kill at any moment, and every photo is looked at, whichever a newer export brings."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from tests.training.photos import MAP, sources_file, write_picture, yolo_source
from training.errors import TrainingError
from training.files import write_whole
from training.pictures import Image, read_picture, write_jpeg
from training.said import drop_half_a_line, read_said
from training.sources import Box, Photo

LINE = '{"photo": "a1", "by": "t", "boxes": [["car", 0.1, 0.2, 0.3, 0.4, 0.9]]}\n'


class Teacher:
    """Sees one car in every picture."""

    name = "t"

    def __init__(self) -> None:
        self.asked: list[str] = []

    def look(self, pictures: Sequence[Image], names: Sequence[str]) -> list[list[Box]]:
        self.asked += names
        return [[Box("car", 0.1, 0.2, 0.3, 0.4, 0.9, self.name)] for _ in pictures]


@pytest.mark.parametrize("cut", [1, 20, len(LINE) - 1])
def test_half_a_line_counts_as_not_said_and_is_taken_away(tmp_path: Path, cut: int) -> None:
    said = tmp_path / "said.jsonl"
    said.write_text(LINE + LINE.replace("a1", "a2")[:cut], "utf-8")
    assert set(read_said(said)) == {"a1"}
    drop_half_a_line(said)
    assert said.read_text("utf-8") == LINE


def test_a_line_that_is_wrong_elsewhere_is_named(tmp_path: Path) -> None:
    said = tmp_path / "said.jsonl"
    said.write_text(LINE + "{\n" + LINE, "utf-8")
    with pytest.raises(TrainingError, match="line 2"):
        read_said(said)


def test_a_teacher_that_was_killed_looks_at_the_rest(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("ultralytics")
    from training.teachers import teach

    said, teacher = tmp_path / "said.jsonl", Teacher()
    shown = [Photo("s", write_picture(tmp_path / f"a{number}.png", number), tmp_path / "none") for number in (1, 2, 3)]
    said.write_text(LINE + LINE.replace("a1", "a2")[:30], "utf-8")
    assert teach(teacher, shown, said) == 2
    assert teacher.asked == ["a2", "a3"]
    assert {name: len(boxes) for name, boxes in read_said(said).items()} == {"a1": 1, "a2": 1, "a3": 1}


def test_a_newer_export_of_as_many_photos_is_looked_at_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("ultralytics")
    from training import teaching
    from training.recipe import Recipe
    from training.sources import read_sources
    from training.workshop import Workshop

    teacher = Teacher()
    monkeypatch.setattr(teaching, "_teacher", lambda *_: teacher)
    sources_file(tmp_path / "sources.toml", f"a yolo none {MAP}")
    recipe = Recipe.model_validate(
        {
            "name": "r", "version": "1", "labels": ["litter"], "seed": 1, "base": "none.pt",
            "uses": [{"source": "a"}], "teachers": [{"name": "t"}],
            "stages": [{"name": "all", "epochs": 1, "lr0": 0.001, "lrf": 0.1}],
        }
    )  # fmt: skip
    known = read_sources(tmp_path / "sources.toml")
    for names in (["a1", "a2"], ["b1", "b2"]):
        folder = tmp_path / names[0]
        yolo_source(folder / "a", names)
        teaching.teach_all(Workshop(recipe, known, folder, tmp_path / "work" / "r", None, print))
    assert teacher.asked == ["a1", "a2", "b1", "b2"]


def test_a_picture_that_is_drawn_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    write_jpeg(tmp_path / "one.jpg", np.full((48, 64, 3), 90, np.uint8), 93)
    assert read_picture(tmp_path / "one.jpg").shape == (48, 64, 3)
    assert [path.name for path in tmp_path.iterdir()] == ["one.jpg"]
    write_whole(tmp_path / "not_a_folder", b"")
    with pytest.raises(TrainingError, match="cannot be written"):
        write_jpeg(tmp_path / "not_a_folder" / "two.jpg", np.full((48, 64, 3), 90, np.uint8), 93)
