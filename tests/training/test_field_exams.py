"""What people said in the field is an exam too: of held-out places, and of the one label that was judged in each."""

from __future__ import annotations

from pathlib import Path

from tests.training.photos import coco_file, sources_file, write_picture
from training.evaluate import FIELD, Exam, Gap, LeftOut, exams
from training.recipe import Recipe
from training.sources import read_sources
from training.workshop import Workshop

LABELS = ("litter", "overflowing_bin", "bin")
MAP = "{ litter = 'litter', overflowing_bin = 'overflowing_bin' }"


def shop_of(folder: Path, rule: str = "place") -> Workshop:
    """Forty places: at each a confirmed heap and a full bin that people dismissed. No other source is described."""
    images, boxes = [], []
    for place in range(40):
        for verdict, label in (("confirmed", "litter"), ("dismissed", "overflowing_bin")):
            if verdict == "confirmed":
                boxes.append((len(images), [20.0, 15.0, 20.0, 30.0]))
            name = f"{label}_{place:02}.png"
            write_picture(folder / "data/field/images" / name, len(images))
            word = {"verdict": verdict, "label": label, "place": f"8a{place:02x}", "day": "2026-03-01"}
            images.append({"file_name": name, "steward": word})
    coco_file(folder / "data/field", images, boxes)
    sources_file(folder / "sources.toml", f"field verdicts {rule} {MAP}")
    recipe = Recipe.model_validate(
        {
            "name": "r", "version": "1", "labels": LABELS, "seed": 1, "base": "none.pt", "uses": [{"source": "field"}],
            "stages": [{"name": "all", "epochs": 1, "lr0": 0.001, "lrf": 0.1}],
        }
    )  # fmt: skip
    return Workshop(recipe, read_sources(folder / "sources.toml"), folder / "data", folder / "work", None, print)


def test_a_held_out_picture_is_asked_only_about_the_label_that_people_judged_in_it(tmp_path: Path) -> None:
    shop = shop_of(tmp_path)
    held = {photo.name for photo in shop.split("field").held_out}
    sat = {one.dataset: one for one in exams(shop) if isinstance(one, Exam)}
    assert set(sat) == {"field_held_out, litter", "field_held_out, overflowing_bin"}
    for label in ("litter", "overflowing_bin"):
        exam = sat[f"field_held_out, {label}"]
        assert (exam.truth, exam.labels) == (FIELD, (label,))
        assert {item.name for item in exam.items} == {name for name in held if name.startswith(f"{label}_")}
        assert {len(item.boxes) for item in exam.items} == {int(label == "litter")}


def test_nothing_that_is_trained_on_is_asked(tmp_path: Path) -> None:
    shop = shop_of(tmp_path)
    trained = {photo.picture for photo in shop.split("field").train}
    asked = {item.picture for one in exams(shop) if isinstance(one, Exam) for item in one.items}
    assert (len(trained) + len(asked), trained & asked) == (80, set())


def test_verdicts_that_hold_nothing_out_are_named(tmp_path: Path) -> None:
    gaps = {one.name: one.gap for one in exams(shop_of(tmp_path, "none")) if isinstance(one, LeftOut)}
    assert gaps["field (field)"] is Gap.NOTHING_HELD_OUT


def test_a_city_needs_none_of_the_projects_own_photos(tmp_path: Path) -> None:
    shop = shop_of(tmp_path)
    gaps = {one.name: one.gap for one in exams(shop) if isinstance(one, LeftOut)}
    assert {name: gap for name, gap in gaps.items() if gap is Gap.NOT_DESCRIBED} == dict.fromkeys(
        ("street_waste_val", "graffiti", "coco"), Gap.NOT_DESCRIBED
    )
    assert list(shop.shown()) == ["field"]
