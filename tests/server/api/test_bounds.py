"""Bodies over their bound are refused, by their length and as they stream in; so is one for which there is no room."""

from __future__ import annotations

import json
import shutil
import socket
from contextlib import ExitStack, suppress
from http.client import HTTPResponse
from pathlib import Path
from select import select
from typing import Any

import httpx
import pytest
from sqlalchemy import select as query

from server.api.traverses import EXAMPLE
from server.guards import PICTURE, SMALL, TRAVERSE
from server.records.tables import TraverseRow
from tests.ports import free_port
from tests.server.nursery import Nursery, forget_peak, peak
from tests.server.town import Clock, Town, open_town
from tests.waiting import PATIENCE_S, ask, until

SLOW = 7_900_000


@pytest.mark.parametrize("path", ["/api/session", "/api/devices/enrol", "/api/cases/x/dismiss"])
def test_a_large_body_is_refused_where_a_small_one_belongs(town: Town, path: str) -> None:
    answer = town.client.post(path, content=b"x" * (SMALL.size_bytes + 1))
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")


def test_a_body_over_the_limit_is_refused_by_its_length_and_as_it_streams(town: Town) -> None:
    headers = town.device[1] | {"Content-Length": str(PICTURE.size_bytes + 1)}
    assert town.client.put("/api/evidence/" + "0" * 64, content=b"x", headers=headers).status_code == 413

    def stream() -> Any:
        for _ in range(PICTURE.size_bytes // 1_000_000 + 2):
            yield b"x" * 1_000_000

    for path in ("/api/evidence/" + "0" * 64, f"/api/traverses/{EXAMPLE['id']}"):
        answer = town.client.put(path, content=stream(), headers=town.device[1])
        assert answer.status_code == 413, path


def test_a_traverse_of_very_many_values_is_refused_as_it_streams_in(town: Town) -> None:
    def stream() -> Any:
        yield b"["
        for _ in range(20):
            yield b"[]," * 10_000

    answer = town.client.put(f"/api/traverses/{EXAMPLE['id']}", content=stream(), headers=town.device[1])
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")


def test_a_nonsense_content_length_is_refused(town: Town) -> None:
    for length in ("-1", "1e3", "9" * 40):
        headers = town.device[1] | {"Content-Length": length}
        assert town.client.put("/api/evidence/" + "0" * 64, content=b"x", headers=headers).status_code == 413


def test_slow_senders_cannot_take_the_memory_and_nobody_is_acknowledged_unread(founded: Path, tmp_path: Path) -> None:
    home, port = tmp_path / "home", free_port()
    shutil.copytree(founded, home)
    town = open_town(home, Clock())
    device_id, headers = town.device
    body = town.traverse(device_id, town.seen("litter"))
    many = TRAVERSE.room_bytes // SLOW + 1
    with Nursery(home, port) as nursery, ExitStack() as senders:
        life = nursery.start()
        until(lambda: is_there(nursery.url))
        before = forget_peak(life)
        slow = [senders.enter_context(begun(port, str(town.new_id()), headers, SLOW)) for _ in range(many)]
        answered, _, _ = select(slow, [], [], PATIENCE_S)
        answer = HTTPResponse(answered[0])
        answer.begin()
        assert (answer.status, answer.getheader("Retry-After")) == (503, "5")
        assert json.loads(answer.read())["error"]["code"] == "no_room"
        assert peak(life) - before < 1.5 * TRAVERSE.room_bytes
        assert ask("GET", f"{nursery.url}/api/reports/categories").is_success
        assert ask("POST", f"{nursery.url}/api/session", json={"name": "nobody", "password": "x"}).status_code == 401
        senders.close()
        until(lambda: is_accepted(nursery.url, body, headers))
        nursery.kill()
    with town.context.store.read() as session:
        assert list(session.scalars(query(TraverseRow.id))) == [body["id"]]
    town.context.store.close()


def test_who_is_answered_before_all_is_sent_gets_the_answer(founded: Path, tmp_path: Path) -> None:
    home, port = tmp_path / "home", free_port()
    shutil.copytree(founded, home)
    with Nursery(home, port) as nursery:
        nursery.start()
        until(lambda: is_there(nursery.url))
        picture = f"PUT /api/evidence/{'0' * 64}"
        assert answered(port, picture, PICTURE.size_bytes, PICTURE.size_bytes) == (401, "device_token")
        assert answered(port, picture, PICTURE.size_bytes + 1, PICTURE.size_bytes + 1) == (413, "too_large")
        assert answered(port, "POST /api/session", 5_000_000, 5_000_000) == (413, "too_large")
        assert answered(port, picture, PICTURE.size_bytes, 0, "Expect: 100-continue") == (401, "device_token")
        nursery.kill()


def answered(port: int, asked: str, declared: int, sent: int, *headers: str) -> tuple[int, str]:
    """What somebody reads who asks once by a connection, as nginx does, and reads only when `sent` bytes are out."""
    with socket.create_connection(("127.0.0.1", port), PATIENCE_S) as sender:
        lines = (f"{asked} HTTP/1.1", "Host: x", "Connection: close", f"Content-Length: {declared}", *headers)
        sender.sendall("\r\n".join((*lines, "", "")).encode())
        sender.sendall(bytes(sent))
        answer = HTTPResponse(sender)
        answer.begin()
        return answer.status, json.loads(answer.read())["error"]["code"]


def begun(port: int, ident: str, headers: dict[str, str], size: int) -> socket.socket:
    """A sender of a traverse that stays a byte behind."""
    sender = socket.create_connection(("127.0.0.1", port), PATIENCE_S)
    head = f"PUT /api/traverses/{ident} HTTP/1.1\r\nHost: x\r\nAuthorization: {headers['Authorization']}\r\n"
    with suppress(OSError):  # refused before all of it is there
        sender.sendall(f"{head}Content-Type: application/json\r\nContent-Length: {size + 1}\r\n\r\n".encode())
        sender.sendall(b" " * size)
    return sender


def is_accepted(url: str, body: dict[str, Any], headers: dict[str, str]) -> bool:
    answer = ask("PUT", f"{url}/api/traverses/{body['id']}", json=body, headers=headers)
    assert answer.status_code in (201, 503), answer.text
    return answer.status_code == 201


def is_there(url: str) -> bool:
    with suppress(httpx.TransportError):
        return ask("GET", f"{url}/healthz").is_success
    return False
