"""From sources to a set with an address: the digest, the split, copies across it, nothing half-written."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar

import cv2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tests.training.photos import coco_file, picture, sets_file, sources_file, write_picture, yolo_source
from training.dataset.build import Built, build
from training.dataset.check import check, find_built
from training.dataset.description import find, read_descriptions
from training.dataset.fingerprint import distances, fingerprint
from training.dataset.gather import Side
from training.dataset.looking import MAX_PIXELS, look
from training.dataset.manifest import Entry, digest, label_text
from training.dataset.plan import Plan, make_plan
from training.dataset.progress import silent
from training.dataset.reading import Fault
from training.errors import TrainingError
from training.sources import Box, read_sources

T = TypeVar("T")
MAP = '{ 0 = "litter" }'
NAMED = '{ litter = "litter" }'


def _tiny(folder: Path, **more: object) -> Path:
    """A source to train on and one that is held out, three pictures each."""
    yolo_source(folder / "data/a", ["a1", "a2", "a3"])
    yolo_source(folder / "data/v", ["v1", "v2", "v3"], first_seed=50)
    sources_file(folder / "sources.toml", f"a yolo none {MAP}", f"v yolo all_held_out {MAP}")
    sets_file(folder / "sets.toml", ["a", "v"], **more)
    return folder


def _plan(folder: Path) -> Plan:
    sources = read_sources(folder / "sources.toml")
    return make_plan(find(folder / "sets.toml", "tiny"), sources, folder / "data", silent)


def _build(folder: Path, copy: bool = False) -> Built:
    return build(_plan(folder), folder / "out", copy, silent)


def test_a_set_lies_under_name_version_and_digest_and_is_whole(tmp_path: Path) -> None:
    built = _build(_tiny(tmp_path))
    assert built.folder == tmp_path / "out/tiny" / f"1-{built.manifest.digest[:12]}"
    assert check(built.folder, silent) == []
    assert {path.name for path in (built.folder / "images/val").iterdir()} == {f"v__v{n}.png" for n in (1, 2, 3)}
    assert (built.folder / "labels/train/a__a1.txt").read_text("utf-8") == "0 0.500000 0.500000 0.200000 0.400000\n"
    assert (built.folder / "sheets/litter.png").is_file()
    assert [path.name for path in (tmp_path / "out/tiny").iterdir()] == [built.folder.name]


def test_a_rebuild_that_changes_nothing_says_so(tmp_path: Path) -> None:
    first = _build(_tiny(tmp_path))
    again = _build(tmp_path)
    assert (first.fresh, again.fresh) == (True, False)
    assert again.manifest.digest == first.manifest.digest


def test_a_version_never_changes_its_content(tmp_path: Path) -> None:
    _build(_tiny(tmp_path))
    (tmp_path / "data/a/labels/a1.txt").write_text("0 0.4 0.4 0.2 0.2\n", "utf-8")
    with pytest.raises(TrainingError, match="Raise `version`"):
        _build(tmp_path)
    sets_file(tmp_path / "sets.toml", ["a", "v"], version="2")
    assert _build(tmp_path).fresh


def test_the_same_sources_elsewhere_give_the_same_digest(tmp_path: Path) -> None:
    here = _build(_tiny(tmp_path / "here"))
    shutil.copytree(tmp_path / "here/data", tmp_path / "there/data")
    for name in ("sources.toml", "sets.toml"):
        shutil.copy(tmp_path / "here" / name, tmp_path / "there" / name)
    assert _build(tmp_path / "there", copy=True).manifest.digest == here.manifest.digest


def test_an_interrupted_build_leaves_nothing(tmp_path: Path) -> None:
    plan = _plan(_tiny(tmp_path))

    def cut(things: Iterable[T], total: int, doing: str) -> Iterable[T]:
        if doing == "drawing contact sheets":
            raise KeyboardInterrupt
        return things

    with pytest.raises(KeyboardInterrupt):
        build(plan, tmp_path / "out", False, cut)
    assert list((tmp_path / "out/tiny").iterdir()) == []


SHA = st.text("0123456789abcdef", min_size=64, max_size=64)
ENTRIES = st.lists(
    st.builds(
        Entry, name=st.from_regex(r"[a-z0-9._-]{1,12}", fullmatch=True), suffix=st.sampled_from([".jpg", ".webp"]),
        side=st.sampled_from(list(Side)), source=st.just("s"), picture_sha256=SHA, label_sha256=SHA,
        width_px=st.just(1), height_px=st.just(1), boxes=st.just(0), hard_negative=st.booleans(),
    ),
    max_size=12,
)  # fmt: skip


@given(ENTRIES, st.randoms())
def test_the_digest_is_the_same_in_any_file_order(entries: list[Entry], random: object) -> None:
    shuffled = list(entries)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert digest(("litter",), shuffled) == digest(("litter",), entries)


@given(ENTRIES.filter(bool), st.data())
def test_another_picture_label_or_side_gives_another_digest(entries: list[Entry], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(entries) - 1))
    field = data.draw(st.sampled_from(["picture_sha256", "label_sha256", "side"]))
    one = entries[place]
    other = {"side": Side.TRAIN if one.side is Side.HELD_OUT else Side.HELD_OUT}.get(field, "0" * 64)
    changed = [*entries[:place], one.model_copy(update={field: other}), *entries[place + 1 :]]
    if getattr(one, field) != other:
        assert digest(("litter",), changed) != digest(("litter",), entries)
    assert digest(("bin",), entries) != digest(("litter",), entries)


THREE = (Box("bin", 0.1, 0.1, 0.2, 0.2), Box("litter", 0.3, 0.1, 0.5, 0.2), Box("bin", 0.1, 0.1, 0.3, 0.2))


@given(st.permutations(THREE))
def test_the_order_of_boxes_does_not_count(boxes: list[Box]) -> None:
    assert label_text(boxes, ("litter", "bin")).splitlines() == [
        "0 0.400000 0.150000 0.200000 0.100000",
        "1 0.150000 0.150000 0.100000 0.100000",
        "1 0.200000 0.150000 0.200000 0.100000",
    ]


@pytest.mark.parametrize("turn", [None, *Image.Transpose])
def test_a_copy_mirrored_or_turned_by_a_quarter_is_a_copy(turn: Image.Transpose | None) -> None:
    one = Image.fromarray(picture(1)[:, :, 0])
    other = one if turn is None else one.transpose(turn)
    unlike = Image.fromarray(picture(2)[:, :, 0])
    assert distances(fingerprint(one)[None], fingerprint(other.resize((200, 200)))[None])[0, 0] <= 16
    assert distances(fingerprint(one)[None], fingerprint(unlike)[None])[0, 0] > 64


def _with_a_copy(folder: Path, **more: object) -> Path:
    """Picture a2 is held out once more: smaller, mirrored, as JPEG."""
    _tiny(folder, **more)
    small = cv2.resize(cv2.flip(picture(1), 1), (70, 50), interpolation=cv2.INTER_AREA)
    cv2.imwrite(str(folder / "data/v/images/v9.jpg"), small, [cv2.IMWRITE_JPEG_QUALITY, 80])
    return folder


def test_a_copy_across_the_split_fails_the_build_and_names_the_pair(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"a/a2.png ~ v/v9.jpg: looks_alike") as error:
        _build(_with_a_copy(tmp_path))
    assert "steward train data pairs tiny" in str(error.value)
    assert not (tmp_path / "out").exists()


def test_a_description_may_drop_the_training_copy_and_the_card_says_so(tmp_path: Path) -> None:
    built = _build(_with_a_copy(tmp_path, across_the_split="drop"))
    names = {entry.name for entry in built.manifest.pictures}
    assert "a__a2" not in names
    assert "v__v9" in names
    card = (built.folder / "card.md").read_text("utf-8")
    assert "| a | `copy_across_the_split` | 1 |" in card
    assert "| a2 | v9 | `looks_alike` |" in card


def test_an_exporters_copies_of_one_photo_do_not_stand_on_both_sides(tmp_path: Path) -> None:
    copies = [f"photo_jpg.rf.{place:02}" for place in range(20)]
    yolo_source(tmp_path / "data/a", copies)
    sources_file(tmp_path / "sources.toml", f"a yolo block {MAP}")
    sets_file(tmp_path / "sets.toml", ["a"], held_out_share=0.5, copy_distance=0)
    with pytest.raises(TrainingError, match=r"(?s)100 pairs.*same_export_name"):
        _plan(tmp_path)


def test_one_scene_from_two_sides_is_found_among_neighbours(tmp_path: Path) -> None:
    _tiny(tmp_path, scene_neighbours=3, scene_matches=12)
    scene = cv2.resize(picture(9, 160, 120), (640, 480), interpolation=cv2.INTER_NEAREST)
    for place in range(60):
        cv2.putText(scene, str(place), (place % 10 * 62, 70 + place // 10 * 70), 0, 1.2, (place * 4, 255, 0), 2)
    shift = cv2.getRotationMatrix2D((320, 240), 12, 0.8)
    cv2.imwrite(str(tmp_path / "data/a/images/s1.png"), scene)
    cv2.imwrite(str(tmp_path / "data/v/images/s2.png"), cv2.warpAffine(scene, shift, (640, 480)))
    with pytest.raises(TrainingError, match=r"a/s1.png ~ v/s2.png: same_scene"):
        _plan(tmp_path)


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
    plan = _plan(tmp_path)
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
        _plan(tmp_path)


def test_what_is_wrong_with_pictures_and_boxes_is_counted(tmp_path: Path) -> None:
    _tiny(tmp_path)
    whole = (tmp_path / "data/a/images/a2.png").read_bytes()
    (tmp_path / "data/a/images/a2.png").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "data/a/labels/a3.txt").write_text("0 0.5 0.5 0 0.1\n0 0.9 0.5 0.4 0.1\n5 0.5 0.5 0.1 0.1\n", "utf-8")
    shutil.copy(tmp_path / "data/a/images/a1.png", tmp_path / "data/a/images/a4.png")
    assert dict(_plan(tmp_path).faults) == {
        ("a", Fault.UNREADABLE): 1,
        ("a", Fault.NO_AREA): 1,
        ("a", Fault.CLIPPED): 1,
        ("a", Fault.CLASS_NOT_MAPPED): 1,
        ("a", Fault.SAME_BYTES): 1,
    }


def test_a_picture_of_another_shape_than_its_labels_state_is_left_out(tmp_path: Path) -> None:
    _tiny(tmp_path)
    coco_file(tmp_path / "data/c", [{"file_name": "c.png", "width": 60, "height": 80}, {"file_name": "no.png"}], [])
    write_picture(tmp_path / "data/c/images/c.png", 70)
    sources_file(tmp_path / "sources.toml", f"a yolo none {MAP}", f"v yolo all_held_out {MAP}", f"c coco none {NAMED}")
    sets_file(tmp_path / "sets.toml", ["a", "v", "c"])
    assert dict(_plan(tmp_path).faults) == {("c", Fault.SIZE_DIFFERS): 1, ("c", Fault.NO_PICTURE): 1}


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


@pytest.mark.parametrize("harm", ["picture", "label", "absent", "stranger", "trainer", "manifest", "moved"])
def test_a_check_finds_every_kind_of_harm(tmp_path: Path, harm: str) -> None:
    folder = _build(_tiny(tmp_path), copy=True).folder
    if harm == "picture":
        write_picture(folder / "images/train/a__a1.png", 77)
    elif harm == "label":
        (folder / "labels/val/v__v1.txt").write_text("", "utf-8")
    elif harm == "absent":
        (folder / "images/train/a__a1.png").unlink()
    elif harm == "stranger":
        (folder / "images/train/more.png").touch()
    elif harm == "trainer":
        (folder / "data.yaml").write_text("train: elsewhere\n", "utf-8")
    elif harm == "manifest":
        path = folder / "manifest.json"
        content = json.loads(path.read_text("utf-8"))
        content["pictures"] = content["pictures"][:-1]
        path.write_text(json.dumps(content), "utf-8")
    else:
        folder = folder.rename(folder.with_name("2-000000000000"))
    assert check(folder, silent)


def test_a_manifest_cannot_name_files_elsewhere(tmp_path: Path) -> None:
    folder = _build(_tiny(tmp_path)).folder
    path = folder / "manifest.json"
    path.write_text(path.read_text("utf-8").replace('"a__a1"', '"../../../x"'), "utf-8")
    with pytest.raises(TrainingError, match=r"field pictures.0.name"):
        check(folder, silent)


def test_built_sets_are_found_by_address(tmp_path: Path) -> None:
    built = _build(_tiny(tmp_path))
    for address in ("tiny", "tiny@1", built.manifest.address):
        assert find_built(tmp_path / "out", address) == [built.folder]
    for address in ("tiny@2", "other", "../out", "*"):
        with pytest.raises(TrainingError):
            find_built(tmp_path / "out", address)


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"held_out_share": 2}, "field held_out_share"),
        ({"colour": "red"}, "field colour"),
        ({"labels": ["litter", "litter"]}, "field labels: a name stands twice"),
        ({"split": {"b": "day"}}, "field split"),
        ({"version": "one"}, "field version"),
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
