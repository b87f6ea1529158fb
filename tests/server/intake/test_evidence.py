"""Pictures come in only as declared, and go out only to people who may see them, and that is written down."""

from __future__ import annotations

import base64
import hashlib
import io

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from PIL import Image
from sqlalchemy import select

from pipeline.sealed import LARGEST_BYTES, SEALED_MEDIA, SealedNote, seal_note
from server.records.tables import AuditRow, Person
from tests.server.pictures.test_reading import scanned
from tests.server.town import Town, picture


def put(
    town: Town, content: bytes, sha256: str | None = None, headers: dict[str, str] | None = None
) -> tuple[int, str]:
    path = f"/api/evidence/{sha256 or hashlib.sha256(content).hexdigest()}"
    answer = town.client.put(path, content=content, headers=headers or town.device[1])
    return answer.status_code, answer.json().get("error", {}).get("code", "")


def test_a_declared_picture_is_stored_once_and_no_longer_missing(town: Town) -> None:
    content = picture(1)
    body = town.traverse(town.device[0], town.seen("litter", pictures=(content, picture(2))))
    first = town.client.put(f"/api/traverses/{body['id']}", json=body, headers=town.device[1]).json()
    assert len(first["missing_evidence"]) == 2
    assert put(town, content) == (201, "")
    assert put(town, content) == (200, "")
    again = town.client.put(f"/api/traverses/{body['id']}", json=body, headers=town.device[1]).json()
    assert again["missing_evidence"] == first["missing_evidence"][1:]


def test_other_bytes_are_refused_and_nothing_is_stored(town: Town) -> None:
    content = picture(1)
    town.send(town.seen("litter", pictures=(content,)))
    sha256 = hashlib.sha256(content).hexdigest()
    assert put(town, picture(2), sha256) == (422, "other_bytes")
    assert put(town, content[:-1], sha256) == (422, "other_bytes")
    assert list((town.home / "pictures").rglob("*.*")) == []
    assert put(town, content) == (201, "")


def test_what_nobody_declared_is_not_taken(town: Town) -> None:
    assert put(town, picture(1)) == (404, "undeclared")


def test_what_another_device_declared_is_not_taken_from_this_one(town: Town) -> None:
    content = picture(1)
    town.send(town.seen("litter", pictures=(content,)))
    _, other = town.enrol("car-2")
    assert put(town, content, headers=other) == (404, "undeclared")


def test_a_declared_size_or_kind_that_does_not_fit_is_refused(town: Town) -> None:
    content, text = picture(1), b"plain text"
    seen = town.seen("litter", pictures=(content, text))
    seen["evidence"][0]["size_bytes"] += 1
    town.send(seen)
    assert put(town, content) == (422, "other_size")
    assert put(town, text) == (422, "not_a_picture")


def test_a_clip_is_an_mp4(town: Town) -> None:
    clip, fake = b"\0\0\0\x18ftypisom" + bytes(40), b"RIFF" + bytes(40)
    seen = town.seen("litter", pictures=(clip, fake))
    for item in seen["evidence"]:
        item |= {"media_type": "video/mp4", "role": "clip"}
    town.send(seen)
    assert put(town, clip) == (201, "")
    assert put(town, fake) == (422, "not_a_clip")


def test_a_picture_bomb_is_refused(town: Town) -> None:
    bomb = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(bomb, "PNG")
    seen = town.seen("litter", pictures=(bomb.getvalue(),))
    seen["evidence"][0]["media_type"] = "image/png"
    town.send(seen)
    assert put(town, bomb.getvalue()) == (422, "too_many_pixels")


def test_a_jpeg_of_too_many_scans_is_refused_undecoded(town: Town) -> None:
    bomb = scanned(400)
    town.send(town.seen("litter", pictures=(bomb,)))
    assert put(town, bomb) == (422, "too_many_pieces")


def test_a_sealed_plate_is_neither_a_picture_nor_larger_than_a_plate(town: Town) -> None:
    note = SealedNote(jpeg=base64.b64encode(picture(1)), text="A12345")
    sealed = seal_note(note, X25519PrivateKey.generate().public_key())
    clip, large = b"\0\0\0\x18ftypisom" + bytes(40), bytes(LARGEST_BYTES + 1)
    seen = town.seen("litter", pictures=(sealed, picture(1), clip, large))
    for item in seen["evidence"]:
        item |= {"media_type": SEALED_MEDIA, "role": "sealed"}
    town.send(seen)
    assert put(town, sealed) == (201, "")
    for content in (picture(1), clip, large):
        assert put(town, content) == (422, "not_sealed")


def test_a_picture_goes_out_unchanged_strictly_and_the_look_is_recorded(town: Town) -> None:
    content = picture(1)
    town.send(town.seen("litter", pictures=(content,)))
    town.upload(content)
    path = f"/api/evidence/{hashlib.sha256(content).hexdigest()}"
    answer = town.client.get(path, headers=town.as_("reviewer"))
    assert (answer.status_code, answer.content) == (200, content)
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "private" in answer.headers["cache-control"]
    with town.context.store.read() as session:
        looks = session.execute(
            select(Person.name, AuditRow.action, AuditRow.subject_id)
            .join(Person, Person.id == AuditRow.person_id)
            .where(AuditRow.action == "view_picture")
        ).all()
    assert [tuple(look) for look in looks] == [("reviewer", "view_picture", path.rpartition("/")[2])]


@pytest.mark.parametrize(("name", "status"), [("crew-a", 200), ("crew-b", 404), ("operator", 200), ("supervisor", 200)])
def test_a_crew_member_sees_only_the_pictures_of_own_work_orders(town: Town, name: str, status: int) -> None:
    content = picture(1)
    town.send(town.seen("litter", pictures=(content,)))
    town.upload(content)
    path = f"/api/evidence/{hashlib.sha256(content).hexdigest()}"
    assert town.client.get(path, headers=town.as_(name)).status_code == status


CLIP = b"\0\0\0\x18ftypisom" + bytes(range(200)) * 5


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-", 0, 1011),
        ("bytes=10-19", 10, 19),
        ("bytes=1000-5000", 1000, 1011),
        ("bytes=-12", 1000, 1011),
        ("bytes=-5000", 0, 1011),
    ],
)
def test_a_part_of_a_clip_is_given_as_players_ask_for_it(either_town: Town, asked: str, first: int, last: int) -> None:
    answer = clip_answer(either_town, asked)
    assert (answer.status_code, answer.content) == (206, CLIP[first : last + 1])
    assert answer.headers["content-range"] == f"bytes {first}-{last}/{len(CLIP)}"
    assert answer.headers["content-type"] == "video/mp4"


@pytest.mark.parametrize("asked", ["bytes=5000-", "bytes=9-3", "bytes=-", "bytes=-0", "bytes=0-1,5-6", "lines=1-2", ""])
def test_a_range_that_is_none_of_the_clip_gives_all_of_it(town: Town, asked: str) -> None:
    answer = clip_answer(town, asked)
    assert (answer.status_code, answer.content) == (200, CLIP)
    assert answer.headers["accept-ranges"] == "bytes"


def clip_answer(town: Town, asked: str) -> httpx.Response:
    """What a player gets that asks for a range of a clip."""
    seen = town.seen("litter", pictures=(CLIP,))
    seen["evidence"][0] |= {"media_type": "video/mp4", "role": "clip"}
    town.send(seen)
    town.upload(CLIP)
    path = f"/api/evidence/{hashlib.sha256(CLIP).hexdigest()}"
    return town.client.get(path, headers=town.as_("operator") | {"Range": asked})


def test_without_a_session_there_is_no_picture_and_a_device_sees_none(town: Town) -> None:
    content = picture(1)
    town.send(town.seen("litter", pictures=(content,)))
    town.upload(content)
    path = f"/api/evidence/{hashlib.sha256(content).hexdigest()}"
    assert town.client.get(path).status_code == 401
    assert town.client.get(path, headers=town.device[1]).status_code == 401


def test_a_picture_that_has_not_come_is_said_to_be_missing(town: Town) -> None:
    content = picture(1)
    [link] = town.send(town.seen("litter", pictures=(content,)))["links"]
    case = town.get(f"/api/cases/{link['case_id']}")
    assert case["observations"][0]["evidence"][0]["available"] is False
    assert case["picture"] is None
    path = f"/api/evidence/{hashlib.sha256(content).hexdigest()}"
    assert town.client.get(path, headers=town.as_("operator")).status_code == 404


def test_a_sealed_plate_is_kept_unseen_shown_in_no_case_and_given_to_a_supervisor_alone(town: Town) -> None:
    content = b"only the enforcement opens this"
    seen = town.seen("improper_parking", pictures=(content,))
    seen["evidence"][0] |= {"role": "sealed", "media_type": "application/vnd.citysteward.sealed"}
    seen["attributes"] |= {"plate_hash": "f00d", "zone_id": "z"}
    link = town.send(seen)["links"][0]
    assert put(town, content) == (201, "")
    case = town.get(f"/api/cases/{link['case_id']}", "operator")
    (shown,) = case["observations"]
    assert shown["evidence"] == []
    assert "plate_hash" not in shown["attributes"]
    path = f"/api/evidence/{hashlib.sha256(content).hexdigest()}"
    answers = {name: town.client.get(path, headers=town.as_(name)) for name in ("operator", "reviewer", "supervisor")}
    assert {name: answer.status_code for name, answer in answers.items()} == {
        "operator": 404,
        "reviewer": 404,
        "supervisor": 200,
    }
    assert answers["supervisor"].content == content
    (plate,) = town.get(f"/api/cases/{link['case_id']}/plates")["items"]
    assert (plate["sha256"], plate["available"]) == (hashlib.sha256(content).hexdigest(), True)
