"""A device asks, puts where it is told, and asks again: the picture is kept only once all of it was looked at.

Everything here runs with a folder of pictures and with a real S3 server.
"""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

import pipeline.upload
import server.intake.evidence
from pipeline.upload import CHECKSUM, split
from server.pictures.objects import Piece, digest_of
from server.records.pictures import StoredPicture
from tests import waiting
from tests.server.town import Town, picture


def ask(town: Town, content: bytes, parts: list[str] | None = None, headers: dict[str, str] | None = None) -> Any:
    """The answer to "what next?": status and body."""
    body = {} if parts is None else {"parts": parts}
    path = f"/api/evidence/{digest_of(content)}"
    return town.client.post(path, json=body, headers=headers or town.device[1])


def put(town: Town, where: dict[str, Any], content: bytes) -> int:
    """Put bytes where an answer says; the token goes to the server's own address only."""
    if where["url"].startswith("/"):
        return town.client.put(where["url"], content=content, headers=town.device[1] | where["headers"]).status_code
    return waiting.ask("PUT", where["url"], content=content, headers=where["headers"]).status_code


def declare(town: Town, *pictures: bytes) -> str:
    """Send a traverse that declares pictures; the case that it opens."""
    [link] = town.send(town.seen("litter", pictures=pictures))["links"]
    return str(link["case_id"])


def shown(town: Town, case_id: str) -> bool:
    return bool(town.get(f"/api/cases/{case_id}")["observations"][0]["evidence"][0]["available"])


def nothing_waits(town: Town) -> bool:
    return list(town.context.objects.waiting()) == []


def test_a_declared_picture_is_asked_for_put_and_shown_once_it_was_looked_at(either_town: Town) -> None:
    town, content = either_town, picture(1)
    case_id = declare(town, content)
    answer = ask(town, content)
    assert (answer.status_code, answer.json()["stored"]) == (200, False)
    [where] = answer.json()["puts"]
    direct = not where["url"].startswith("/")
    assert put(town, where, content) in (200, 201)
    assert shown(town, case_id) is not direct, "bytes that nobody looked at are shown"
    answer = ask(town, content)
    assert (answer.status_code, answer.json()["stored"]) == (201 if direct else 200, True)
    assert shown(town, case_id)
    assert nothing_waits(town)
    assert ask(town, content).json() == {"sha256": digest_of(content), "stored": True, "puts": []}
    seen = town.client.get(f"/api/evidence/{digest_of(content)}", headers=town.as_("operator"))
    assert seen.content == content


def test_the_token_of_the_device_is_in_no_address_and_no_header_for_the_store(either_town: Town) -> None:
    town, content = either_town, picture(1)
    declare(town, content)
    token = town.device[1]["Authorization"].removeprefix("Bearer ")
    answer = ask(town, content)
    assert token not in answer.text
    assert "secret" not in answer.text


def test_asking_twice_before_putting_changes_nothing(either_town: Town) -> None:
    town, content = either_town, picture(1)
    declare(town, content)
    first, again = ask(town, content).json(), ask(town, content).json()
    assert [one["number"] for one in first["puts"]] == [one["number"] for one in again["puts"]] == [0]
    assert put(town, first["puts"][0], content) in (200, 201)
    assert ask(town, content).json()["stored"]


def test_what_nobody_or_another_device_declared_gets_no_address(either_town: Town) -> None:
    town, content = either_town, picture(1)
    assert ask(town, content).status_code == 404
    declare(town, content)
    _, other = town.enrol("car-2")
    answer = ask(town, content, headers=other)
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "undeclared")
    assert put(town, {"url": f"/api/evidence/{digest_of(content)}/parts/0", "headers": {CHECKSUM: ""}}, b"") == 422


@pytest.mark.parametrize("sha256", ["../" * 3, "%2e%2e%2fpictures", "A" * 64, "0" * 63, "0" * 64 + "%00"])
def test_a_name_that_is_no_digest_is_refused_before_anything_else(either_town: Town, sha256: str) -> None:
    town = either_town
    answer = town.client.post(f"/api/evidence/{sha256}", json={}, headers=town.device[1])
    assert answer.status_code in (404, 405, 422)


def test_bytes_that_are_not_what_was_declared_are_refused_and_forgotten(either_town: Town) -> None:
    town, text = either_town, b"plain text, declared as a picture" * 9
    case_id = declare(town, text)
    [where] = ask(town, text).json()["puts"]
    if where["url"].startswith("/"):
        assert put(town, where, text) == 422
    else:
        assert put(town, where, text) == 200
        answer = ask(town, text)
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, "not_a_picture")
    assert nothing_waits(town)
    assert town.context.objects.stat(digest_of(text)) is None
    assert not shown(town, case_id)


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts of a size of which a small picture has several."""
    monkeypatch.setattr(pipeline.upload, "PART_BYTES", 1000)


def several(content: bytes) -> tuple[list[str], tuple[bytes, ...]]:
    parts = split(content)
    return [hashlib.sha256(part).hexdigest() for part in parts], parts


@pytest.mark.usefixtures("small_parts")
def test_a_large_picture_goes_in_parts_and_goes_on_where_it_was_cut_off(either_town: Town) -> None:
    town, content = either_town, picture(1)
    case_id = declare(town, content)
    digests, parts = several(content)
    assert len(parts) >= 3
    puts = ask(town, content, digests).json()["puts"]
    assert [one["number"] for one in puts] == list(range(len(parts)))
    assert put(town, puts[1], parts[1]) in (200, 204)
    left = ask(town, content, digests).json()["puts"]
    assert [one["number"] for one in left] == [0, *range(2, len(parts))]
    for one in left:
        assert not shown(town, case_id)
        assert put(town, one, parts[one["number"]]) in (200, 204)
    answer = ask(town, content, digests)
    assert (answer.status_code, answer.json()["stored"]) == (201, True)
    assert shown(town, case_id)
    assert nothing_waits(town)


@pytest.mark.usefixtures("small_parts")
def test_parts_that_do_not_add_up_to_the_picture_are_refused_and_can_be_sent_again(either_town: Town) -> None:
    town, content = either_town, picture(1)
    declare(town, content)
    digests, parts = several(content)
    wrong = [digests[1], digests[0], *digests[2:]]
    swapped = {0: parts[1], 1: parts[0]}
    for one in ask(town, content, wrong).json()["puts"]:
        number = one["number"]
        assert put(town, one, swapped.get(number, parts[number])) in (200, 204)
    answer = ask(town, content, wrong)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "other_bytes")
    assert nothing_waits(town)
    for one in ask(town, content, digests).json()["puts"]:
        put(town, one, parts[one["number"]])
    assert ask(town, content, digests).json()["stored"]


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("change", [lambda all: all[:-1], lambda all: [*all, all[0]], lambda all: []])
def test_another_number_of_parts_than_the_size_asks_for_is_refused(either_town: Town, change: Any) -> None:
    town, content = either_town, picture(1)
    declare(town, content)
    answer = ask(town, content, change(several(content)[0]))
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "other_parts")


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize(
    ("number", "change", "code"),
    [
        (0, lambda part: part[:-1], "other_size"),
        (0, lambda part: part + b"x", "other_size"),
        (0, lambda part: bytes(len(part)), "other_bytes"),
        (30, lambda part: part, "no_such_part"),
    ],
)
def test_a_part_that_comes_through_the_server_is_what_its_checksum_says(
    town: Town, number: int, change: Any, code: str
) -> None:
    content = picture(1)
    declare(town, content)
    digests, parts = several(content)
    [where, *_] = ask(town, content, digests).json()["puts"]
    path = where["url"].replace("/parts/0", f"/parts/{number}")
    answer = town.client.put(path, content=change(parts[0]), headers=town.device[1] | where["headers"])
    assert answer.json()["error"]["code"] == code
    assert nothing_waits(town)


def test_a_server_that_ends_between_bytes_and_record_needs_them_no_second_time(
    either_town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    town, content = either_town, picture(1)
    case_id = declare(town, content)
    wait(town, content)
    monkeypatch.setattr(server.intake.evidence, "tell", broken)
    with pytest.raises(RuntimeError, match="the process ends here"):
        ask(town, content)
    assert not shown(town, case_id)
    monkeypatch.undo()
    assert ask(town, content).json()["stored"]
    assert shown(town, case_id)


def wait(town: Town, content: bytes) -> None:
    """Let a picture wait to be looked at."""
    digest = digest_of(content)
    town.context.objects.put_piece(Piece(town.device[0], digest, 0, len(content), digest, "image/jpeg"), content)


def broken(*_: object) -> None:
    raise RuntimeError("the process ends here")


def test_an_older_vehicle_that_puts_at_once_is_still_understood(either_town: Town) -> None:
    town, content = either_town, picture(1)
    case_id = declare(town, content)
    town.upload(content)
    assert shown(town, case_id)
    with town.context.store.read() as session:
        assert session.get_one(StoredPicture, digest_of(content)).size_bytes == len(content)


def test_pieces_that_could_not_be_cleared_away_do_not_undo_what_was_stored(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = picture(1)
    case_id = declare(town, content)
    wait(town, content)

    def away(*_: object) -> None:
        raise OSError("the store went away just now")

    monkeypatch.setattr(type(town.context.objects), "drop_piece", away)
    assert ask(town, content).json()["stored"]
    assert shown(town, case_id)
