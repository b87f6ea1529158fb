"""Label files of every shape the sets contain, and the errors for those of none."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from training.errors import TrainingError
from training.sources import Box, ClassBox, Photo, boxes_of, label_line, parse_labels, photos, read_sources

INSIDE = st.floats(0.05, 0.95)


def test_a_box_line_is_centre_and_size() -> None:
    assert list(parse_labels("2 0.5 0.5 0.2 0.4\n", "a.txt")) == [ClassBox(2, 0.4, 0.3, 0.6, 0.7)]


def test_a_polygon_becomes_its_bounding_box() -> None:
    line = "0 0.1 0.5 0.3 0.2 0.6 0.9 0.2 0.8"
    assert list(parse_labels(line, "a.txt")) == [ClassBox(0, 0.1, 0.2, 0.6, 0.9)]


@given(st.lists(st.tuples(INSIDE, INSIDE), min_size=3, max_size=12))
def test_every_corner_of_a_polygon_lies_in_its_box(corners: list[tuple[float, float]]) -> None:
    line = "1 " + " ".join(f"{x!r} {y!r}" for x, y in corners)
    for box in parse_labels(line, "a.txt"):
        assert all(box.x1 <= x <= box.x2 and box.y1 <= y <= box.y2 for x, y in corners)


def test_boxes_are_clipped_to_the_picture_and_those_without_area_dropped() -> None:
    boxes = list(parse_labels("0 0.0 0.5 0.4 0.2\n0 1.5 0.5 0.2 0.2\n0 0.5 0.5 0.0 0.2\n\n", "a.txt"))
    assert boxes == [ClassBox(0, 0.0, 0.4, 0.2, 0.6)]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("0 0.1 0.2 0.3\n", "line 1: 3 values"),
        ("0 0.5 0.5 0.1 0.1\n1 .1 .1 .2 .2 .3\n", "line 2: 5 values"),
        ("0 a b c d\n", "not numbers"),
    ],
)
def test_a_malformed_line_names_file_and_line(text: str, says: str) -> None:
    with pytest.raises(TrainingError, match=says) as error:
        list(parse_labels(text, "bad.txt"))
    assert "bad.txt" in str(error.value)


def _described(folder: Path, classes: str = '{ 0 = "litter" }') -> Path:
    path = folder / "sources.toml"
    path.write_text(f'[[source]]\nname="s"\nfolder="s"\ntitle="t"\nlicence="l"\nclasses={classes}\n', "utf-8")
    return path


def test_classes_that_the_map_leaves_out_are_dropped(tmp_path: Path) -> None:
    source = read_sources(_described(tmp_path))["s"]
    labels = tmp_path / "p.txt"
    labels.write_text("0 0.5 0.5 0.2 0.2\n7 0.5 0.5 0.4 0.4\n", "utf-8")
    assert [box.label for box in boxes_of(Photo("s", tmp_path / "p.jpg", labels), source)] == ["litter"]


def test_webp_and_jpeg_are_both_photos_and_other_files_are_not(tmp_path: Path) -> None:
    source = read_sources(_described(tmp_path))["s"]
    images = tmp_path / "s" / "images"
    images.mkdir(parents=True)
    for name in ("b.webp", "a.jpg", "c.JPEG", "notes.txt"):
        (images / name).touch()
    assert [photo.picture.name for photo in photos(source, tmp_path)] == ["a.jpg", "b.webp", "c.JPEG"]


def test_an_absent_folder_is_named(tmp_path: Path) -> None:
    source = read_sources(_described(tmp_path))["s"]
    with pytest.raises(TrainingError, match="--data"):
        photos(source, tmp_path)


def test_the_projects_own_sources_read(root: Path) -> None:
    sources = read_sources(root / "datasets" / "sources.toml")
    assert sources["street_waste_val"].split == "all_held_out"
    assert set(sources["graffiti"].classes.values()) == {"illegal_ad"}


@pytest.mark.shared
def test_every_label_file_of_the_shared_sets_reads(root: Path, shared_data: Path) -> None:
    for source in read_sources(root / "datasets" / "sources.toml").values():
        found = photos(source, shared_data)
        assert found
        for photo in found:
            boxes_of(photo, source)


@given(st.lists(st.floats(0, 1, allow_subnormal=False), min_size=4, max_size=4))
def test_a_label_line_says_the_box_that_it_was_written_from(corners: list[float]) -> None:
    """To the last of the six digits that it has."""
    (x1, x2), (y1, y2) = sorted(corners[:2]), sorted(corners[2:])
    assume(x2 - x1 > 1e-5 and y2 - y1 > 1e-5)
    box = Box("bin", x1, y1, x2, y2)
    [back] = parse_labels(label_line(1, box), "a.txt")
    assert back.number == 1
    assert (back.x1, back.y1, back.x2, back.y2) == pytest.approx((x1, y1, x2, y2), abs=1e-6)
