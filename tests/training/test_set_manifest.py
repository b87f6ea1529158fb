"""A set's digest and manifest: the same for the same content, and every harm is found."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.training.photos import (
    build_of,
    tiny_set,
    write_picture,
)
from training.dataset.check import check, find_built
from training.dataset.gather import Side
from training.dataset.manifest import Entry, digest, label_text
from training.dataset.progress import silent
from training.errors import TrainingError
from training.sources import Box

SHA = st.integers(0, 2**256 - 1).map("{:064x}".format)
ENTRIES = st.lists(
    st.builds(
        Entry, name=st.text("abc019._-", min_size=1, max_size=8), suffix=st.sampled_from([".jpg", ".webp"]),
        side=st.sampled_from(list(Side)), source=st.just("s"), picture_sha256=SHA, label_sha256=SHA,
        width_px=st.just(1), height_px=st.just(1), boxes=st.just(0), hard_negative=st.booleans(),
    ),
    max_size=8,
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


@pytest.mark.parametrize("harm", ["picture", "label", "absent", "stranger", "trainer", "manifest", "moved"])
def test_a_check_finds_every_kind_of_harm(tmp_path: Path, harm: str) -> None:
    folder = build_of(tiny_set(tmp_path), copy=True).folder
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
    folder = build_of(tiny_set(tmp_path)).folder
    path = folder / "manifest.json"
    path.write_text(path.read_text("utf-8").replace('"a__a1"', '"../../../x"'), "utf-8")
    with pytest.raises(TrainingError, match=r"field pictures.0.name"):
        check(folder, silent)


def test_built_sets_are_found_by_address(tmp_path: Path) -> None:
    built = build_of(tiny_set(tmp_path))
    for address in ("tiny", "tiny@1", built.manifest.address):
        assert find_built(tmp_path / "out", address) == [built.folder]
    for address in ("tiny@2", "other", "../out", "*"):
        with pytest.raises(TrainingError):
            find_built(tmp_path / "out", address)
