"""A picture store holds whole files or none; a folder and a real S3 server keep the same promises."""

from __future__ import annotations

import hashlib
import socket
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from minio.error import S3Error

from server.pictures.objects import FolderObjects, Objects, Piece
from server.pictures.presign import Keys
from server.pictures.s3 import ADDRESS_LIVES_S, S3Objects, StoreAway
from server.pictures.storeaddress import StoreAddress
from tests.waiting import ask
from tests.weed import STEWARD_KEYS, Weed

DEVICE = "0199d2c4-8b21-7d4f-8a66-4e3c9b7a1f22"


@pytest.fixture(params=["folder", "s3"])
def objects(request: pytest.FixtureRequest, tmp_path: Path) -> Objects:
    if request.param == "folder":
        return FolderObjects(tmp_path / "pictures")
    weed: Weed = request.getfixturevalue("weed")
    return weed.objects()


def key_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def piece_of(content: bytes, number: int = 0, device_id: str = DEVICE, key: str | None = None) -> Piece:
    digest = key_of(content)
    return Piece(device_id, key or digest, number, len(content), digest, "image/jpeg")


def test_what_was_put_is_there_and_putting_it_again_changes_nothing(objects: Objects) -> None:
    key = key_of(b"picture")
    assert objects.stat(key) is None
    assert objects.get(key) is None
    assert objects.read(key, 0, 3) is None
    for _ in range(2):
        objects.put(key, b"picture")
        assert objects.get(key) == b"picture"
        assert objects.stat(key) is not None
    assert objects.read(key, 2, 3) == b"ctu"
    [kept] = objects.kept()
    assert (kept.name, kept.size_bytes) == (key, 7)
    objects.remove(key)
    objects.remove(key)
    assert objects.stat(key) is None


def test_bytes_under_a_foreign_key_are_refused(objects: Objects) -> None:
    with pytest.raises(ValueError, match="not those of"):
        objects.put(key_of(b"one"), b"other")
    assert objects.stat(key_of(b"one")) is None


@pytest.mark.parametrize("key", ["", "../../etc/passwd", "a" * 63, "A" * 64, "g" * 64, "0" * 64 + "/x"])
def test_a_key_that_is_no_digest_reaches_no_path(objects: Objects, key: str) -> None:
    for call in (objects.get, objects.stat, objects.remove):
        with pytest.raises(ValueError, match="not a SHA-256"):
            call(key)
    with pytest.raises(ValueError, match="not a SHA-256"):
        objects.pieces(DEVICE, key)
    with pytest.raises(ValueError, match="UUID"):
        objects.pieces("../..", "0" * 64)


@pytest.mark.parametrize("name", ["../outside", "incoming/../../outside", "/etc/hostname"])
def test_nothing_outside_is_dropped(objects: Objects, tmp_path: Path, name: str) -> None:
    (tmp_path / "outside").write_bytes(b"stays")
    with pytest.raises(ValueError, match=r"folder|waiting"):
        objects.drop(name)
    assert (tmp_path / "outside").exists()


def test_pieces_wait_apart_from_the_pictures_and_from_those_of_other_devices(objects: Objects) -> None:
    whole = b"one" + b"and another"
    key, other = key_of(whole), str(uuid4())
    objects.put_piece(piece_of(b"one", 0, key=key), b"one")
    objects.put_piece(piece_of(b"and another", 1, key=key), b"and another")
    objects.put_piece(piece_of(b"other", 0, other, key), b"other")
    assert objects.pieces(DEVICE, key) == {0: 3, 1: 11}
    assert objects.get_piece(DEVICE, key, 1) == b"and another"
    assert objects.get_piece(DEVICE, key, 2) is None
    assert objects.stat(key) is None
    assert list(objects.kept()) == []
    assert sorted(one.size_bytes for one in objects.waiting()) == [3, 5, 11]
    for number in (0, 1, 2):
        objects.drop_piece(DEVICE, key, number)
    [left] = objects.waiting()
    assert objects.pieces(other, key) == {0: 5}
    objects.drop(left.name)
    assert list(objects.waiting()) == []


def test_a_picture_that_rotted_on_disk_is_not_given_out(tmp_path: Path) -> None:
    objects = FolderObjects(tmp_path)
    key = key_of(b"picture")
    objects.put(key, b"picture")
    (tmp_path / key[:2] / key).write_bytes(b"pictur\0")
    assert objects.get(key) is None


def test_a_picture_that_was_changed_in_the_store_is_not_given_out(weed: Weed) -> None:
    address = weed.new_bucket()
    objects = S3Objects(address, STEWARD_KEYS)
    key = key_of(b"picture")
    objects.put(key, b"picture")
    S3Objects(address, STEWARD_KEYS)._put(f"pictures/{key[:2]}/{key}", b"pictur\0")
    assert objects.get(key) is None


def test_a_full_disk_leaves_no_half_picture(tmp_path: Path) -> None:
    objects = FolderObjects(tmp_path)
    (tmp_path / key_of(b"x" * 9)[:2]).write_bytes(b"a file where a folder should be")
    with pytest.raises(OSError, match=r"exists|directory"):
        objects.put(key_of(b"x" * 9), b"x" * 9)
    assert [path for path in tmp_path.rglob("*") if path.name.startswith(".")] == []


def put(objects: S3Objects, piece: Piece, content: bytes, **headers: str) -> int:
    address = objects.address(piece)
    assert address is not None
    return ask("PUT", address.url, content=content, headers={**address.headers, **headers}).status_code


def test_an_address_takes_the_bytes_that_it_was_made_for_and_no_others(weed: Weed) -> None:
    objects, content = weed.objects(), b"x" * 5000
    piece = piece_of(content)
    assert put(objects, piece, b"y" * 5000) == 400
    assert put(objects, piece, content + b"x") == 403
    assert put(objects, piece, content[:-1]) == 403
    assert put(objects, piece, content, **{"content-type": "text/html"}) == 403
    assert put(objects, piece, b"y" * 5000, **{"x-amz-checksum-sha256": "QQ=="}) == 403
    assert objects.pieces(DEVICE, piece.key) == {}
    assert put(objects, piece, content) == 200
    assert objects.get_piece(DEVICE, piece.key, 0) == content


def test_an_address_is_good_for_one_name_one_verb_and_a_short_while(weed: Weed) -> None:
    objects, content = weed.objects(), b"x" * 5000
    piece = piece_of(content)
    address = objects.address(piece)
    assert address is not None
    mine, headers = address.url, dict(address.headers)
    for name in (str(uuid4()), f"{DEVICE}/../{uuid4()}", f"..%2F..%2Fpictures%2F{DEVICE}"):
        assert ask("PUT", mine.replace(DEVICE, name), content=content, headers=headers).status_code in (400, 403)
    to_kept = mine.replace(f"incoming/{DEVICE}/{piece.key}/0", f"pictures/{piece.key[:2]}/{piece.key}")
    assert ask("PUT", to_kept, content=content, headers=headers).status_code == 403
    for verb in ("GET", "HEAD", "DELETE"):
        assert ask(verb, mine, headers=headers).status_code == 403
    assert ask("PUT", mine.replace("X-Amz-Expires=900", "X-Amz-Expires=9000"), content=content).status_code == 403
    late = S3Objects(objects._at, STEWARD_KEYS, lambda: datetime.now(UTC) - timedelta(seconds=ADDRESS_LIVES_S + 60))
    assert put(late, piece, content) == 403
    assert list(objects.waiting()) == list(objects.kept()) == []


def test_an_address_cannot_be_bent_to_copy_what_others_put(weed: Weed) -> None:
    objects, secret, content = weed.objects(), b"a picture of somebody else", b"x" * 5000
    objects.put(key_of(secret), secret)
    source = f"/{objects._at.bucket}/pictures/{key_of(secret)[:2]}/{key_of(secret)}"
    piece = piece_of(content)
    put(objects, piece, content, **{"x-amz-copy-source": source})
    put(objects, piece, b"", **{"x-amz-copy-source": source})
    assert objects.get_piece(DEVICE, piece.key, 0) in (None, content)


def test_without_an_address_a_stranger_reads_lists_and_writes_nothing(weed: Weed) -> None:
    objects = weed.objects()
    key = key_of(b"picture")
    objects.put(key, b"picture")
    base = f"{objects._at.public}/{objects._at.bucket}"
    assert ask("GET", f"{base}/pictures/{key[:2]}/{key}").status_code == 403
    assert ask("GET", f"{base}?list-type=2").status_code == 403
    assert ask("PUT", f"{base}/pictures/x", content=b"x").status_code == 403


def test_the_rights_that_the_page_asks_for_are_enough_and_no_more(weed: Weed) -> None:
    objects, key = weed.objects(), key_of(b"picture")
    client, bucket = objects._client, objects._at.bucket
    objects.put(key, b"picture")
    for call in (
        lambda: objects._put("elsewhere/x", b"x"),
        lambda: client.make_bucket("evidence-of-another-city"),
        lambda: client.remove_bucket(bucket),
        lambda: client.get_bucket_policy(bucket),
        lambda: client.set_bucket_policy(bucket, "{}"),
    ):
        with pytest.raises((StoreAway, S3Error), match="AccessDenied"):
            call()
    objects.remove(key)


def test_a_store_that_is_away_or_refuses_is_an_error_of_storage_that_shows_no_key(weed: Weed) -> None:
    address = weed.new_bucket()
    wrong = S3Objects(address, Keys("steward", "wrong-secret"))
    with pytest.raises(StoreAway) as refused:
        wrong.get("0" * 64)
    assert isinstance(refused.value, OSError)
    assert "wrong-secret" not in str(refused.value) + repr(wrong._keys)


def test_while_a_store_hangs_one_call_waits_for_it_and_the_others_fail_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = StoreAddress.parse(f"s3+http://127.0.0.1:{silent.getsockname()[1]}/evidence")
        objects = S3Objects(address, STEWARD_KEYS)
        objects._is_away = True
        outcome: list[BaseException] = []

        def wait_for_it() -> None:
            try:
                objects.get("0" * 64)
            except StoreAway as error:
                outcome.append(error)

        waiting = threading.Thread(target=wait_for_it)
        waiting.start()
        held = silent.accept()[0]
        with pytest.raises(StoreAway):
            objects.get("1" * 64)
        assert waiting.is_alive(), "the first call was still waiting when the second was answered"
        silent.close()
        held.close()
        waiting.join()
    assert len(outcome) == 1
