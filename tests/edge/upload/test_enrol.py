"""Enrolment: a code is spent once, and what comes back survives."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import httpx
import pytest

from edge.config import DeviceTable
from edge.errors import EnrolError
from edge.upload.enrol import CREDENTIALS, Credentials, ServerAway, enrol, read_credentials

URL = "http://127.0.0.1:8600"


def answering(status: int, content: bytes) -> tuple[httpx.Client, list[httpx.Request]]:
    asked: list[httpx.Request] = []

    def respond(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(status, content=content)

    return httpx.Client(transport=httpx.MockTransport(respond)), asked


GOOD = json.dumps({"device_id": "d-1", "token": "secret-token"}).encode()
REFUSED = json.dumps({"error": {"code": "used", "message": "the code was used before", "where": "code"}}).encode()


def car(state_dir: Path) -> DeviceTable:
    return DeviceTable(name="car-07", state_dir=state_dir)


def test_a_code_becomes_credentials_that_stay(tmp_path: Path) -> None:
    client, asked = answering(201, GOOD)
    got = enrol(client, URL, "CODE", car(tmp_path))
    assert read_credentials(tmp_path) == got == Credentials(server=URL, device_id="d-1", token="secret-token")
    body = json.loads(asked[0].content)
    assert asked[0].url.path == "/api/devices/enrol"
    assert (body["code"], body["name"], body["kind"]) == ("CODE", "car-07", "vehicle")
    assert len(base64.b64decode(body["public_key"])) == 32


def test_a_device_keeps_its_key_when_it_enrols_again(tmp_path: Path) -> None:
    keys = []
    for _ in range(2):
        client, asked = answering(201, GOOD)
        enrol(client, URL, "CODE", car(tmp_path))
        keys.append(json.loads(asked[0].content)["public_key"])
    assert keys[0] == keys[1]


@pytest.mark.parametrize(
    ("status", "content", "error", "said"),
    [
        (403, REFUSED, EnrolError, "the code was used before"),
        (403, b"<html>", EnrolError, "not as a City Steward server"),
        (404, b"", EnrolError, "not as a City Steward server"),
        (302, b"", EnrolError, "not as a City Steward server"),
        (201, b"<html>", EnrolError, "not as a City Steward server"),
        (500, b"", ServerAway, "answered 500"),
        (429, b"", ServerAway, "answered 429"),
    ],
)
def test_a_refusal_is_told_and_nothing_is_kept(
    tmp_path: Path, status: int, content: bytes, error: type[EnrolError], said: str
) -> None:
    client, _ = answering(status, content)
    with pytest.raises(error, match=said):
        enrol(client, URL, "CODE", car(tmp_path))
    assert read_credentials(tmp_path) is None


def test_a_server_that_is_away_is_another_matter(tmp_path: Path) -> None:
    def respond(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    with pytest.raises(ServerAway, match="cannot be reached"):
        enrol(httpx.Client(transport=httpx.MockTransport(respond)), URL, "CODE", car(tmp_path))


def test_damaged_credentials_are_named(tmp_path: Path) -> None:
    (tmp_path / CREDENTIALS).write_text("{")
    with pytest.raises(EnrolError, match=r"credentials\.json: damaged"):
        read_credentials(tmp_path)
