"""The project's own recipes read, say what they should, and a mistake in one is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from training.errors import TrainingError
from training.recipe import read_recipe
from training.sources import LABELS, read_sources
from training.stages import render_items
from training.workshop import Workshop, open_workshop


def test_the_street_recipe_has_the_detectors_ten_labels_in_order(root: Path) -> None:
    assert read_recipe(root / "datasets/street.toml").labels == LABELS


@pytest.mark.parametrize("name", ["street", "privacy", "plain"])
def test_a_recipe_uses_known_sources_only_and_none_that_is_held_out(root: Path, name: str) -> None:
    sources = read_sources(root / "datasets/sources.toml")
    recipe = read_recipe(root / f"datasets/{name}.toml")
    for use in recipe.uses:
        assert sources[use.source].split != "all_held_out"
    assert {wall.source for wall in recipe.synthesis.walls} <= {use.source for use in recipe.uses}


def test_a_mistyped_field_is_named_with_its_file(root: Path, tmp_path: Path) -> None:
    text = (root / "datasets/street.toml").read_text("utf-8").replace("close_mosaic = 0", "close_mosaics = 0", 1)
    (tmp_path / "r.toml").write_text(text, "utf-8")
    with pytest.raises(TrainingError, match=r"r\.toml, field stages\.0\.close_mosaics"):
        read_recipe(tmp_path / "r.toml")


def _shop(root: Path, work: Path, renders: Path | None) -> Workshop:
    recipe = read_recipe(root / "datasets/street.toml")
    return open_workshop(recipe, root / "datasets/sources.toml", work, work / "w", renders, lambda _: None)


def test_a_rendered_scene_is_trained_on_or_held_out_whole(root: Path, tmp_path: Path) -> None:
    for folder in ("images", "labels"):
        (tmp_path / "r" / folder).mkdir(parents=True)
    for scene in range(12):
        for view in range(3):
            (tmp_path / f"r/images/seed{scene:03}_view{view:02}.jpg").touch()
            (tmp_path / f"r/labels/seed{scene:03}_view{view:02}.txt").write_text("4 0.5 0.5 0.2 0.2\n", "utf-8")
    shop = _shop(root, tmp_path, tmp_path / "r")
    train, held = render_items(shop, held_out=False), render_items(shop, held_out=True)
    scenes = [{item.name.rpartition("_")[0] for item in side} for side in (train, held)]
    assert not (scenes[0] & scenes[1])
    assert len(train) + len(held) == 36
    assert held[0].boxes[0].label == "car"


def test_renders_that_are_not_there_are_asked_for(root: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="--renders"):
        render_items(_shop(root, tmp_path, None), held_out=False)
    with pytest.raises(TrainingError, match="no rendered frames"):
        render_items(_shop(root, tmp_path, tmp_path), held_out=False)
