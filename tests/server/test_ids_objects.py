"""Ids that only grow, and a picture store that holds whole files or none."""

from __future__ import annotations

import hashlib
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.ids import Uuid7
from server.objects import FolderObjects, MemoryObjects, Objects


@given(st.lists(st.integers(0, 2**62), min_size=2, max_size=50))
def test_ids_only_grow_whatever_the_clock_does(times: list[int]) -> None:
    clock = iter(times)
    made = Uuid7(lambda: next(clock))
    ids = [made() for _ in times]
    assert ids == sorted(set(ids))


def test_an_id_is_a_version_7_uuid_that_says_its_time() -> None:
    one = Uuid7(lambda: 1_795_399_200_123_456_789)()
    assert (one.version, one.variant) == (7, "specified in RFC 4122")
    assert one.int >> 80 == 1_795_399_200_123
    assert UUID(str(one)) == one


@pytest.fixture(params=["folder", "memory"])
def objects(request: pytest.FixtureRequest, tmp_path: Path) -> Objects:
    return FolderObjects(tmp_path / "pictures") if request.param == "folder" else MemoryObjects()


def key_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_what_was_put_is_there_and_putting_it_again_changes_nothing(objects: Objects) -> None:
    key = key_of(b"picture")
    assert not objects.exists(key)
    assert objects.get(key) is None
    for _ in range(2):
        objects.put(key, b"picture")
        assert objects.get(key) == b"picture"
        assert objects.exists(key)


def test_bytes_under_a_foreign_key_are_refused(objects: Objects) -> None:
    with pytest.raises(ValueError, match="not those of"):
        objects.put(key_of(b"one"), b"other")
    assert not objects.exists(key_of(b"one"))


@pytest.mark.parametrize("key", ["", "../../etc/passwd", "a" * 63, "A" * 64, "g" * 64, "0" * 64 + "/x"])
def test_a_key_that_is_no_digest_reaches_no_path(tmp_path: Path, key: str) -> None:
    with pytest.raises(ValueError, match="not a SHA-256"):
        FolderObjects(tmp_path).get(key)


def test_a_picture_that_rotted_on_disk_is_not_given_out(tmp_path: Path) -> None:
    objects = FolderObjects(tmp_path)
    key = key_of(b"picture")
    objects.put(key, b"picture")
    (tmp_path / key[:2] / key).write_bytes(b"pictur\0")
    assert objects.get(key) is None


def test_a_full_disk_leaves_no_half_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    objects = FolderObjects(tmp_path)
    (tmp_path / key_of(b"x" * 9)[:2]).write_bytes(b"a file where a folder should be")
    with pytest.raises(OSError, match=r"exists|directory"):
        objects.put(key_of(b"x" * 9), b"x" * 9)
    assert [path for path in tmp_path.rglob("*") if path.name.startswith(".")] == []
