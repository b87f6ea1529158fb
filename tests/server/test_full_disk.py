"""A full disk: the answer is 503 with a time to come back, nothing half-written, and all goes on when there is room."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient
from sqlalchemy import event, func, select, text
from typer.testing import CliRunner

from server.cli import app
from server.records.tables import CaseRow, ObservationRow, TraverseRow
from tests.server.setupfile import write_setup
from tests.server.town import Town, open_town, picture


def fill_the_disk(town: Town) -> Any:
    """From now on the database may not grow: SQLite then answers as it does on a full disk. Returns what ends that."""
    store = town.context.store

    def no_room(connection: Any, _record: object) -> None:
        connection.execute("PRAGMA max_page_count = 1")  # the least it takes is what is in use

    store.close()
    event.listen(store.engine, "connect", no_room)

    def room_again() -> None:
        event.remove(store.engine, "connect", no_room)
        store.close()

    return room_again


def test_a_full_disk_under_the_database_refuses_for_now_and_keeps_nothing(town: Town) -> None:
    device_id, headers = town.device
    town.as_("supervisor")
    body = town.traverse(device_id, *[town.seen("litter", east_m=i * 3.0 - 50, note="x" * 2000) for i in range(30)])
    room_again = fill_the_disk(town)
    answer = town.client.put(f"/api/traverses/{body['id']}", json=body, headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "no_storage")
    assert int(answer.headers["retry-after"]) > 0
    room_again()
    with town.context.store.read() as session:
        counts = [session.scalar(select(func.count()).select_from(t)) for t in (TraverseRow, ObservationRow, CaseRow)]
    assert counts == [0, 0, 0]
    assert town.client.put(f"/api/traverses/{body['id']}", json=body, headers=headers).status_code == 201
    town.laws_hold()


def test_a_full_disk_under_the_pictures_refuses_for_now_and_keeps_nothing(town: Town) -> None:
    content = picture(1)
    town.send(town.seen("litter", pictures=(content,)))
    shutil.rmtree(town.home / "pictures")
    (town.home / "pictures").write_bytes(b"no folder: every write fails")
    assert town.upload(content, expect=503)["error"]["code"] == "no_storage"
    assert town.get("/api/figures")["pictures_stored"] == 0
    (town.home / "pictures").unlink()
    town = open_town_again(town)
    town.upload(content)


def open_town_again(town: Town) -> Town:
    again = open_town(town.home, town.clock)
    again._device = town._device
    return again


def test_a_server_error_is_told_in_the_same_form(town: Town) -> None:
    with town.context.store.write() as session:
        session.execute(text("DROP TABLE declared_evidence"))
    answer = TestClient(town.client.app, raise_server_exceptions=False).get("/api/figures", headers=town.as_("admin"))
    assert answer.status_code in (500, 503)
    assert set(answer.json()["error"]) == {"code", "message", "where"}


def test_a_home_that_cannot_be_written_is_named_and_not_left_half_made(tmp_path: Path) -> None:
    setup = write_setup(tmp_path)
    (tmp_path / "file").write_bytes(b"")
    done = CliRunner().invoke(app, ["init", "--home", str(tmp_path / "file" / "home"), "--setup", str(setup)])
    assert done.exit_code == 2
    assert str(tmp_path / "file") in done.stderr


def test_a_home_is_for_its_owner_only(tmp_path: Path) -> None:
    done = CliRunner().invoke(
        app, ["init", "--home", str(tmp_path / "home"), "--setup", str(write_setup(tmp_path)), "--json"]
    )
    assert json.loads(done.stdout)["people"]
    assert (tmp_path / "home").stat().st_mode & 0o077 == 0
