"""From sources to a set: what goes in, what is left out and counted, nothing half-written."""

from __future__ import annotations

import io
import os
import re
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tests.training.photos import (
    MAP,
    build_of,
    coco_file,
    picture,
    plan_of,
    sets_file,
    sources_file,
    tiny_set,
    write_picture,
    yolo_source,
)
from training.dataset.build import build
from training.dataset.card import MEANING
from training.dataset.check import check
from training.dataset.copies import Kinship
from training.dataset.description import read_descriptions
from training.dataset.gather import Side
from training.dataset.looking import MAX_PIXELS, Look, look
from training.dataset.progress import silent
from training.dataset.reading import Fault
from training.errors import TrainingError
from training.sources import read_sources

T = TypeVar("T")
NAMED = '{ litter = "litter" }'


def test_a_set_lies_under_name_version_and_digest_and_is_whole(tmp_path: Path) -> None:
    built = build_of(tiny_set(tmp_path))
    assert built.folder == tmp_path / "out/tiny" / f"1-{built.manifest.digest[:12]}"
    assert check(built.folder, silent) == []
    assert {path.name for path in (built.folder / "images/val").iterdir()} == {f"v__v{n}.png" for n in (1, 2, 3)}
    assert (built.folder / "labels/train/a__a1.txt").read_text("utf-8") == "0 0.500000 0.500000 0.200000 0.400000\n"
    assert (built.folder / "sheets/litter.png").is_file()
    assert [path.name for path in (tmp_path / "out/tiny").iterdir()] == [built.folder.name]


def test_a_rebuild_that_changes_nothing_says_so(tmp_path: Path) -> None:
    first = build_of(tiny_set(tmp_path))
    again = build_of(tmp_path)
    assert (first.fresh, again.fresh) == (True, False)
    assert again.manifest.digest == first.manifest.digest


def test_a_set_of_links_becomes_one_of_files_where_copies_are_asked_for(tmp_path: Path) -> None:
    linked = build_of(tiny_set(tmp_path))
    copied = build_of(tmp_path, copy=True)
    assert (copied.fresh, copied.copied) == (False, len(linked.manifest.pictures))
    shutil.rmtree(tmp_path / "data/a/images")
    assert check(linked.folder, silent) == []
    assert not any(path.is_symlink() or path.suffix == ".part" for path in linked.folder.rglob("*"))


def test_copies_that_are_there_stay(tmp_path: Path) -> None:
    first = build_of(tiny_set(tmp_path), copy=True)
    again = [build_of(tmp_path, copy=copy) for copy in (True, False)]
    assert [(one.fresh, one.copied) for one in again] == [(False, 0), (False, 0)]
    assert not any(path.is_symlink() for path in first.folder.rglob("*"))


def test_a_version_never_changes_its_content(tmp_path: Path) -> None:
    build_of(tiny_set(tmp_path))
    (tmp_path / "data/a/labels/a1.txt").write_text("0 0.4 0.4 0.2 0.2\n", "utf-8")
    with pytest.raises(TrainingError, match="Raise `version`"):
        build_of(tmp_path)
    sets_file(tmp_path / "sets.toml", ["a", "v"], version="2")
    assert build_of(tmp_path).fresh


def test_the_same_sources_elsewhere_give_the_same_digest(tmp_path: Path) -> None:
    here = build_of(tiny_set(tmp_path / "here"))
    shutil.copytree(tmp_path / "here/data", tmp_path / "there/data")
    for name in ("sources.toml", "sets.toml"):
        shutil.copy(tmp_path / "here" / name, tmp_path / "there" / name)
    assert build_of(tmp_path / "there", copy=True).manifest.digest == here.manifest.digest


def test_an_interrupted_build_leaves_nothing(tmp_path: Path) -> None:
    plan = plan_of(tiny_set(tmp_path))

    def cut(things: Iterable[T], total: int, doing: str) -> Iterable[T]:
        if doing == "drawing contact sheets":
            raise KeyboardInterrupt
        return things

    with pytest.raises(KeyboardInterrupt):
        build(plan, tmp_path / "out", False, cut)
    assert list((tmp_path / "out/tiny").iterdir()) == []


def _verdicts(folder: Path, name: str, count: int, first_seed: int) -> None:
    images = [
        {
            "file_name": f"{name}{place}.png",
            "steward": {"case_id": "c", "verdict": "dismissed", "place": f"8a{place % 9:x}", "day": "2026-03-01"},
        }
        for place in range(count)
    ]
    for place in range(count):
        write_picture(folder / "data" / name / "images" / f"{name}{place}.png", first_seed + place)
    coco_file(folder / "data" / name, images, [])


def test_two_exports_of_one_city_are_split_by_place_together(tmp_path: Path) -> None:
    _verdicts(tmp_path, "m1", 18, 0)
    _verdicts(tmp_path, "m2", 18, 100)
    sources_file(tmp_path / "sources.toml", *(f"{name} verdicts place {NAMED}" for name in ("m1", "m2")))
    sets_file(tmp_path / "sets.toml", ["m1", "m2"], held_out_share=0.4)
    plan = plan_of(tmp_path)
    train, held = ({row.picture.photo.place for row in plan.on(side)} for side in Side)
    assert train
    assert held
    assert not train & held
    assert all(row.picture.reading.hard_negative for row in plan.rows)


def test_nothing_to_hold_out_is_refused(tmp_path: Path) -> None:
    yolo_source(tmp_path / "data/a", ["a1"])
    sources_file(tmp_path / "sources.toml", f"a yolo none {MAP}")
    sets_file(tmp_path / "sets.toml", ["a"])
    with pytest.raises(TrainingError, match="no picture for val"):
        plan_of(tmp_path)


def test_what_is_wrong_with_pictures_and_boxes_is_counted(tmp_path: Path) -> None:
    tiny_set(tmp_path)
    whole = (tmp_path / "data/a/images/a2.png").read_bytes()
    (tmp_path / "data/a/images/a2.png").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "data/a/labels/a3.txt").write_text("0 0.5 0.5 0 0.1\n0 0.9 0.5 0.4 0.1\n5 0.5 0.5 0.1 0.1\n", "utf-8")
    shutil.copy(tmp_path / "data/a/images/a1.png", tmp_path / "data/a/images/a4.png")
    assert dict(plan_of(tmp_path).faults) == {
        ("a", Fault.UNREADABLE): 1,
        ("a", Fault.NO_AREA): 1,
        ("a", Fault.CLIPPED): 1,
        ("a", Fault.CLASS_NOT_MAPPED): 1,
        ("a", Fault.SAME_BYTES): 1,
    }


def test_a_picture_of_another_shape_than_its_labels_state_is_left_out(tmp_path: Path) -> None:
    tiny_set(tmp_path)
    coco_file(tmp_path / "data/c", [{"file_name": "c.png", "width": 60, "height": 80}, {"file_name": "no.png"}], [])
    write_picture(tmp_path / "data/c/images/c.png", 70)
    sources_file(tmp_path / "sources.toml", f"a yolo none {MAP}", f"v yolo all_held_out {MAP}", f"c coco none {NAMED}")
    sets_file(tmp_path / "sets.toml", ["a", "v", "c"])
    assert dict(plan_of(tmp_path).faults) == {("c", Fault.SIZE_DIFFERS): 1, ("c", Fault.NO_PICTURE): 1}


def test_a_picture_of_more_pixels_than_memory_should_hold_is_not_decoded(tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.png"
    Image.new("1", (20_000, MAX_PIXELS // 20_000 + 1)).save(bomb)
    assert look(bomb) is Fault.TOO_LARGE


def test_a_picture_on_its_side_is_measured_upright(tmp_path: Path) -> None:
    turned = Image.fromarray(picture(1))
    tags = Image.Exif()
    tags[0x0112] = 6
    turned.save(tmp_path / "p.jpg", exif=tags)
    seen = look(tmp_path / "p.jpg")
    assert not isinstance(seen, Fault)
    assert (seen.width_px, seen.height_px) == (60, 80)


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"held_out_share": 2}, "field set.0.held_out_share"),
        ({"colour": "red"}, "field set.0.colour"),
        ({"labels": ["litter", "litter"]}, "field set.0.labels: Value error, a name stands twice"),
        ({"split": {"b": "day"}}, "field set.0.split: Value error, b is not among"),
        ({"version": "one"}, "field set.0.version"),
    ],
)
def test_a_description_that_is_wrong_names_its_field(tmp_path: Path, more: dict[str, object], says: str) -> None:
    path = sets_file(tmp_path / "sets.toml", ["a"], **more)
    if "split" in more:
        path.write_text(path.read_text("utf-8").replace('{"b": "day"}', '{ b = "day" }'), "utf-8")
    with pytest.raises(TrainingError, match=says):
        read_descriptions(path)


def test_the_projects_own_sets_read_and_use_described_sources(root: Path) -> None:
    sources = read_sources(root / "datasets/sources.toml")
    for description in read_descriptions(root / "datasets/sets.toml").values():
        assert set(description.sources) <= set(sources)


def test_every_fault_and_kinship_has_a_line_in_the_docs(root: Path) -> None:
    documented = set(re.findall(r"^\| `(\w+)` \|", (root / "docs/training.md").read_text("utf-8"), re.M))
    assert {*Fault, *Kinship} <= documented
    assert set(MEANING) == set(Fault)


def _pictures() -> dict[str, bytes]:
    tags = Image.Exif()
    tags[0x0112] = 6
    made = {}
    for kind in ("JPEG", "PNG", "WEBP"):
        file = io.BytesIO()
        Image.fromarray(picture(1)).save(file, kind, exif=tags)
        made[kind] = file.getvalue()
    return made


PICTURES = _pictures()


@given(st.sampled_from(sorted(PICTURES)), st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=8))
def test_harmed_pictures_are_faults_and_never_errors(kind: str, harm: list[tuple[int, int]]) -> None:
    content = bytearray(PICTURES[kind])
    for place, value in harm:
        content[place % len(content)] = value
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "p.jpg"
        path.write_bytes(content)
        assert isinstance(look(path), Look | Fault)


def test_a_pipe_in_a_source_does_not_hold_up_the_build(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "p.jpg")
    assert look(tmp_path / "p.jpg") is Fault.UNREADABLE


def test_names_that_would_meet_stay_apart_and_strange_ones_become_plain(tmp_path: Path) -> None:
    tiny_set(tmp_path)
    coco_file(tmp_path / "data/c", [{"file_name": name} for name in ("x/1.png", "y/1.png", "a\x1b[2J b.png")], [])
    for seed, name in enumerate(("x/1.png", "y/1.png", "a\x1b[2J b.png")):
        write_picture(tmp_path / "data/c/images" / name, 70 + seed)
    sources_file(tmp_path / "sources.toml", f"a yolo none {MAP}", f"v yolo all_held_out {MAP}", f"c coco none {NAMED}")
    sets_file(tmp_path / "sets.toml", ["a", "v", "c"])
    names = [row.name for row in plan_of(tmp_path).rows if row.picture.photo.source == "c"]
    assert names[-1] == "c__a__2J_b"
    assert [name[:5] for name in names[:2]] == ["c__1-", "c__1-"]
    assert len(set(names)) == 3
