"""One thing on both sides of the split: found, refused, or dropped and told."""

from __future__ import annotations

from pathlib import Path

import cv2
import pytest
from PIL import Image

from tests.training.photos import (
    MAP,
    build_of,
    picture,
    plan_of,
    sets_file,
    sources_file,
    tiny_set,
    yolo_source,
)
from training.dataset.fingerprint import distances, fingerprint
from training.errors import TrainingError


@pytest.mark.parametrize("turn", [None, *Image.Transpose])
def test_a_copy_mirrored_or_turned_by_a_quarter_is_a_copy(turn: Image.Transpose | None) -> None:
    one = Image.fromarray(picture(1)[:, :, 0])
    other = one if turn is None else one.transpose(turn)
    unlike = Image.fromarray(picture(2)[:, :, 0])
    assert distances(fingerprint(one)[None], fingerprint(other.resize((200, 200)))[None])[0, 0] <= 16
    assert distances(fingerprint(one)[None], fingerprint(unlike)[None])[0, 0] > 64


def _with_a_copy(folder: Path, **more: object) -> Path:
    """Picture a2 is held out once more: smaller, mirrored, as JPEG."""
    tiny_set(folder, **more)
    small = cv2.resize(cv2.flip(picture(1), 1), (70, 50), interpolation=cv2.INTER_AREA)
    cv2.imwrite(str(folder / "data/v/images/v9.jpg"), small, [cv2.IMWRITE_JPEG_QUALITY, 80])
    return folder


def test_a_copy_across_the_split_fails_the_build_and_names_the_pair(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"a/a2.png ~ v/v9.jpg: looks_alike") as error:
        build_of(_with_a_copy(tmp_path))
    assert "steward train data pairs tiny" in str(error.value)
    assert not (tmp_path / "out").exists()


def test_a_description_may_drop_the_training_copy_and_the_card_says_so(tmp_path: Path) -> None:
    built = build_of(_with_a_copy(tmp_path, across_the_split="drop"))
    names = {entry.name for entry in built.manifest.pictures}
    assert "a__a2" not in names
    assert "v__v9" in names
    assert [(one.training, one.held_out) for one in built.manifest.dropped] == [("a__a2", "v__v9")]
    card = (built.folder / "card.md").read_text("utf-8")
    assert "| a | `copy_across_the_split` | 1 |" in card
    assert "| a2 | v9 | `looks_alike` |" in card


def test_an_exporters_copies_of_one_photo_do_not_stand_on_both_sides(tmp_path: Path) -> None:
    copies = [f"photo_jpg.rf.{place:02}" for place in range(20)]
    yolo_source(tmp_path / "data/a", copies)
    sources_file(tmp_path / "sources.toml", f"a yolo block {MAP}")
    sets_file(tmp_path / "sets.toml", ["a"], held_out_share=0.5, copy_distance=0)
    with pytest.raises(TrainingError, match=r"(?s)100 pairs.*same_export_name"):
        plan_of(tmp_path)


def test_one_scene_from_two_sides_is_found_among_neighbours(tmp_path: Path) -> None:
    tiny_set(tmp_path, scene_neighbours=3, scene_matches=12)
    scene = cv2.resize(picture(9, 160, 120), (640, 480), interpolation=cv2.INTER_NEAREST)
    for place in range(60):
        cv2.putText(scene, str(place), (place % 10 * 62, 70 + place // 10 * 70), 0, 1.2, (place * 4, 255, 0), 2)
    shift = cv2.getRotationMatrix2D((320, 240), 12, 0.8)
    cv2.imwrite(str(tmp_path / "data/a/images/s1.png"), scene)
    cv2.imwrite(str(tmp_path / "data/v/images/s2.png"), cv2.warpAffine(scene, shift, (640, 480)))
    with pytest.raises(TrainingError, match=r"a/s1.png ~ v/s2.png: same_scene"):
        plan_of(tmp_path)
