"""What a recipe trains on: sources of every format, what they leave unsaid, photos that a held-out one shows too."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from tests.training.photos import MAP, build_of, coco_file, sources_file, tiny_set, write_picture, yolo_source
from training.errors import TrainingError
from training.mix import Tally, fill_in
from training.recipe import PublishPart, Recipe
from training.sources import read_sources
from training.stages import is_laid_out, write_stage
from training.workshop import Workshop, open_workshop

PLACE = "8a2a1072b59ffff"


def _shop(folder: Path, source: str, labels: tuple[str, ...] = ("litter", "bin"), without: str = "") -> Workshop:
    use = {"source": source} | ({"without": without} if without else {})
    recipe = Recipe.model_validate(
        {
            "name": "r", "version": "1", "labels": labels, "seed": 1, "base": "none.pt", "uses": [use],
            "teachers": [], "synthesis": {"fonts": [], "walls": []},
            "stages": [{"name": "all", "epochs": 1, "lr0": 0.001, "lrf": 0.1}],
        }
    )  # fmt: skip
    known = read_sources(folder / "sources.toml")
    return Workshop(recipe, known, folder / "data", folder / "work", None, lambda _: None, datasets=folder / "out")


def _verdicts(folder: Path) -> None:
    """A confirmed heap, and a full bin that people dismissed."""
    words = [("heap", "confirmed", "litter"), ("no_bin", "dismissed", "overflowing_bin")]
    images = [
        {
            "file_name": f"{name}.png",
            "steward": {"verdict": verdict, "label": label, "place": PLACE, "day": "2026-03-01"},
        }
        for name, verdict, label in words
    ]
    coco_file(folder / "data/field", images, [(0, [20, 15, 20, 30])])
    for number, (name, _, _) in enumerate(words):
        write_picture(folder / "data/field/images" / f"{name}.png", number)
    sources_file(
        folder / "sources.toml", 'field verdicts none { litter = "litter", overflowing_bin = "overflowing_bin" }'
    )


def test_a_verdict_teaches_its_own_label_and_is_silent_about_the_others(tmp_path: Path) -> None:
    _verdicts(tmp_path)
    shop = _shop(tmp_path, "field", ("litter", "overflowing_bin", "bin"))
    write_stage(shop, 0, (), tmp_path / "stage/data.yaml")
    heap, no_bin = (
        (tmp_path / f"stage/mix/labels/field__{name}.txt").read_text("utf-8").splitlines()
        for name in ("heap", "no_bin")
    )
    whole = "0.500000 0.500000 1.000000 1.000000"
    assert heap == ["0 0.375000 0.500000 0.250000 0.500000", f"4 {whole}", f"5 {whole}"]
    assert no_bin == [f"3 {whole}", f"5 {whole}"]


def test_a_source_that_labels_whole_pictures_is_silent_about_nothing(tmp_path: Path) -> None:
    yolo_source(tmp_path / "data/a", ["a1"])
    sources_file(tmp_path / "sources.toml", f"a yolo none {MAP}")
    shop = _shop(tmp_path, "a")
    assert [shop.unspoken(photo) for photo in shop.photos("a")] == [()]


def test_pictures_that_a_set_dropped_are_not_trained_on(tmp_path: Path) -> None:
    tiny_set(tmp_path, across_the_split="drop")
    write_picture(tmp_path / "data/a/images/a2.png", 50)  # what v1 shows
    address = build_of(tmp_path).manifest.address
    everything, chosen = _shop(tmp_path, "a"), _shop(tmp_path, "a", without=address)
    assert [photo.name for photo in everything.split("a").train] == ["a1", "a2", "a3"]
    assert [photo.name for photo in chosen.split("a").train] == ["a1", "a3"]


def _trained_on(shop: Workshop, folder: Path, share: float) -> Counter[str]:
    recipe = shop.recipe.model_copy(update={"share": share})
    write_stage(replace(shop, recipe=recipe), 0, (), folder / f"{share}/data.yaml")
    listed = (folder / f"{share}/mix/train.txt").read_text("utf-8").splitlines()
    return Counter(Path(line).stem for line in listed)


def test_a_share_of_the_photos_takes_about_as_many_steps_and_a_larger_share_has_all_of_a_smaller(
    tmp_path: Path,
) -> None:
    yolo_source(tmp_path / "data/a", [f"a{number}" for number in range(64)])
    sources_file(tmp_path / "sources.toml", f"a yolo none {MAP}")
    shop = _shop(tmp_path, "a")
    quarter, half, whole = (_trained_on(shop, tmp_path, share) for share in (0.25, 0.5, 1.0))
    assert set(quarter) < set(half) < set(whole)
    assert (set(quarter.values()), set(half.values()), set(whole.values())) == ({4}, {2}, {1})
    assert all(48 <= listed.total() <= 80 for listed in (quarter, half, whole))


def test_a_set_that_is_not_built_is_asked_for(tmp_path: Path) -> None:
    tiny_set(tmp_path)
    with pytest.raises(TrainingError, match=r"no set 'tiny@1-0123456789ab' is built there"):
        _shop(tmp_path, "a", without="tiny@1-0123456789ab").split("a")


def test_what_nobody_spoke_of_is_counted(tmp_path: Path) -> None:
    tally = Tally()
    filled = fill_in([], [], {}, (), tally, ("bin",))
    assert [(box.label, box.width, box.height) for box in filled.ignored] == [("bin", 1.0, 1.0)]
    assert tally.ignored["bin"] == 1


def test_a_folder_to_work_in_may_be_relative(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    yolo_source(tmp_path / "data/a", ["a1"])
    sources_file(tmp_path / "sources.toml", f"a yolo none {MAP}")
    monkeypatch.chdir(tmp_path)
    recipe = _shop(tmp_path, "a").recipe
    shop = open_workshop(recipe, Path("sources.toml"), Path("data"), Path("work"), None, lambda _: None)
    write_stage(shop, 0, (), shop.work / "stage/data.yaml")
    folder = (tmp_path / "work/stage/data.yaml").read_text("utf-8").splitlines()[0]
    assert folder == f"path: {tmp_path / 'work/stage'}"


def _laid_out(folder: Path, names: Sequence[str]) -> Workshop:
    yolo_source(folder / "data/a", names)
    sources_file(folder / "sources.toml", f"a yolo none {MAP}")
    return _shop(folder, "a")


def test_a_stage_is_laid_out_anew_where_the_recipe_or_its_photos_changed(tmp_path: Path) -> None:
    shop, data_file = _laid_out(tmp_path, ["a1"]), tmp_path / "stage/data.yaml"
    assert not is_laid_out(shop, 0, data_file)
    write_stage(shop, 0, (), data_file)
    assert is_laid_out(shop, 0, data_file)
    other = shop.recipe.model_copy(update={"seed": 2})
    assert not is_laid_out(replace(shop, recipe=other), 0, data_file)
    write_picture(tmp_path / "data/a/images/a2.png", 9)
    assert not is_laid_out(_shop(tmp_path, "a"), 0, data_file)


def test_what_was_trained_on_something_else_is_not_passed_off_as_this(tmp_path: Path) -> None:
    shop, data_file = _laid_out(tmp_path, ["a1"]), tmp_path / "stage/data.yaml"
    write_stage(shop, 0, (), data_file)
    (tmp_path / "stage/weights").mkdir()
    (tmp_path / "stage/weights/last.pt").write_bytes(b"weights")
    assert is_laid_out(shop, 0, data_file)
    with pytest.raises(TrainingError, match="Train anew with another --work"):
        is_laid_out(replace(shop, recipe=shop.recipe.model_copy(update={"seed": 2})), 0, data_file)


def test_how_a_model_is_published_and_what_follows_a_stage_may_change_after_it(tmp_path: Path) -> None:
    shop, data_file = _laid_out(tmp_path, ["a1"]), tmp_path / "stage/data.yaml"
    write_stage(shop, 0, (), data_file)
    more = (*shop.recipe.stages, shop.recipe.stages[0].model_copy(update={"name": "more"}))
    later = shop.recipe.model_copy(update={"version": "2", "stages": more, "publish": PublishPart(blend=0.5)})
    assert is_laid_out(replace(shop, recipe=later), 0, data_file)
