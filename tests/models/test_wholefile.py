"""Files appear whole or not at all, and no more is read than one is ready for."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from models.lockfile import held
from models.wholefile import read_at_most, whole_file, whole_folder, write_new, write_whole


class Taken(Exception):
    pass


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_takes_the_place_of_the_one_before_with_its_folders(tmp_path: Path) -> None:
    place = tmp_path / "a" / "b" / "told"
    for content in (b"old", b"new"):
        write_whole(place, content, 0o600)
        assert place.read_bytes() == content
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert names(place.parent) == ["told"]


def test_a_file_that_is_not_finished_leaves_the_one_before(tmp_path: Path) -> None:
    write_whole(tmp_path / "told", b"old")
    with pytest.raises(ZeroDivisionError), whole_file(tmp_path / "told") as stream:
        stream.write(b"n%d" % (1 // 0))
    assert (tmp_path / "told").read_bytes() == b"old"
    assert names(tmp_path) == ["told"]


def test_a_new_file_never_takes_a_place(tmp_path: Path) -> None:
    write_new(tmp_path / "key", b"first", 0o600)
    with pytest.raises(FileExistsError):
        write_new(tmp_path / "key", b"second")
    assert (tmp_path / "key").read_bytes() == b"first"


def occupied(place: Path) -> None:
    place.mkdir()
    (place / "old").write_bytes(b"old")


@pytest.mark.parametrize("before", [occupied, Path.touch], ids=["a folder with something in it", "a file"])
def test_a_folder_never_mixes_with_what_is_there(before: Callable[[Path], None], tmp_path: Path) -> None:
    before(tmp_path / "found")
    with pytest.raises(Taken, match="not empty"), whole_folder(tmp_path / "found", Taken):
        pass
    assert names(tmp_path) == ["found"]


def test_a_folder_vanishes_where_it_is_not_finished(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), whole_folder(tmp_path / "found", Taken) as draft:
        (draft / "one").rename(draft / "no such folder" / "two")
    assert names(tmp_path) == []


def test_a_folder_is_on_the_disk_with_all_that_is_in_it_before_it_has_its_name(tmp_path: Path) -> None:
    """Else a power cut leaves a folder that looks whole, with files in it that are empty."""
    steps: list[str] = []
    with whole_folder(tmp_path / "found", Taken, steps.append) as draft:
        (draft / "evidence").mkdir()
        (draft / "evidence" / "one.jpg").write_bytes(b"one")
        (draft / "told.json").write_bytes(b"{}")
    assert steps[-1] == "rename found"
    assert sorted(steps[:-1]) == ["sync .", "sync evidence", "sync evidence/one.jpg", "sync told.json"]


@pytest.mark.parametrize(("most", "read"), [(3, b"abc"), (2, None)])
def test_no_more_is_read_than_asked_for(most: int, read: bytes | None, tmp_path: Path) -> None:
    (tmp_path / "three").write_bytes(b"abc")
    assert read_at_most(tmp_path / "three", most) == read


def test_a_lock_is_held_by_one_and_let_go(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    for _ in range(2):
        with held(lock, 0o600, Taken()), pytest.raises(Taken), held(lock, 0o600, Taken()):
            pass
