"""Seals come with traverses, are kept once, and are checked against the device's key."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import update
from typer.testing import CliRunner

from edge.proof.verify import verify_folder
from pipeline.seal import HEADER, Flaw, Seal, next_seal
from pipeline.wire import TraverseWire
from server.cli import app
from server.intake.seals import check_device
from server.records.tables import Device, TraverseRow
from tests.server.town import Town

KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
PUBLIC = base64.b64encode(KEY.public_key().public_bytes_raw()).decode()


def as_a_vehicle_writes(body: dict[str, Any]) -> dict[str, Any]:
    written: dict[str, Any] = json.loads(TraverseWire.model_validate(body).model_dump_json())
    return written


class Car:
    """A device that seals what it sends."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.id, self.headers = town.device
        with town.context.store.write() as session:
            session.execute(update(Device).where(Device.id == self.id).values(public_key=PUBLIC))
        self.last: Seal | None = None

    def record(self, *seen: dict[str, Any]) -> dict[str, Any]:
        body = as_a_vehicle_writes(self.town.traverse(self.id, *seen))
        self.last = next_seal(KEY, self.last, UUID(body["id"]), json.dumps(body | {"device": "car"}).encode())
        return body

    def send(self, body: dict[str, Any], sealed: str | None = None) -> Any:
        assert self.last is not None
        told = {HEADER: self.last.text if sealed is None else sealed}
        return self.town.client.put(f"/api/traverses/{body['id']}", json=body, headers=self.headers | told)


@pytest.fixture
def car(town: Town) -> Car:
    return Car(town)


def flaws(car: Car) -> list[tuple[Flaw, int]]:
    with car.town.context.store.read() as session:
        return [(one.flaw, one.number) for one in check_device(session, car.id).findings]


def test_what_a_device_sealed_is_whole_after_the_server_has_taken_it_in(car: Car) -> None:
    for _ in range(3):
        body = car.record(car.town.seen("litter"))
        assert car.send(body).status_code == 201
        assert car.send(body).status_code == 200
    with car.town.context.store.read() as session:
        checked = check_device(session, car.id)
    assert (checked.records, checked.last, checked.unsealed, checked.findings) == (3, 3, 0, ())


def test_a_traverse_that_never_came_and_one_that_was_changed_show(car: Car) -> None:
    bodies = [car.record(car.town.seen("litter"))]
    car.send(bodies[0])
    car.record(car.town.seen("litter"))
    last = car.record(car.town.seen("litter"))
    car.send(last)
    assert flaws(car) == [(Flaw.MISSING, 2)]
    with car.town.context.store.write() as session:
        row = session.get_one(TraverseRow, last["id"])
        row.body = row.body.replace(b'"score":0.', b'"score":0.9')
    assert flaws(car) == [(Flaw.MISSING, 2), (Flaw.CHANGED, 3)]


def test_a_seal_by_another_key_is_kept_as_a_finding_and_the_sighting_counts(car: Car) -> None:
    body = as_a_vehicle_writes(car.town.traverse(car.id, car.town.seen("litter")))
    alien = next_seal(Ed25519PrivateKey.generate(), None, UUID(body["id"]), json.dumps(body).encode())
    car.last = alien
    assert car.send(body).status_code == 201
    assert flaws(car) == [(Flaw.FORGED, 1)]


def test_a_text_that_is_no_seal_or_anothers_is_refused(car: Car) -> None:
    body = car.record(car.town.seen("litter"))
    assert car.send(body, "nonsense").json()["error"]["code"] == "bad_seal"
    other = car.town.traverse(car.id)
    assert car.send(other).json()["error"]["code"] == "other_seal"
    assert car.send(body, "x" * 2000).status_code == 422


def test_the_command_checks_and_writes_what_the_edge_command_verifies(car: Car, tmp_path: Path) -> None:
    for _ in range(2):
        car.send(car.record(car.town.seen("litter")))
    home = car.town.home
    done = CliRunner().invoke(app, ["chain", "car-1", "--home", str(home), "--out", str(tmp_path / "car-1")])
    assert done.exit_code == 0, done.output
    assert "car-1: whole; 2 sealed records, the last has number 2" in done.output
    assert PUBLIC in done.output
    assert verify_folder(tmp_path / "car-1", PUBLIC).whole
    assert (tmp_path / "car-1" / "chain.jsonl").stat().st_mode & 0o077 == 0
    again = CliRunner().invoke(app, ["chain", "car-1", "--home", str(home), "--out", str(tmp_path / "car-1")])
    assert again.exit_code == 2
    assert car.id in CliRunner().invoke(app, ["chain", "--home", str(home)]).output
    assert CliRunner().invoke(app, ["chain", "nobody", "--home", str(home)]).exit_code == 2


def test_a_broken_chain_ends_with_exit_code_3(car: Car) -> None:
    car.record()
    car.send(car.record(car.town.seen("litter")))
    home = car.town.home
    done = CliRunner().invoke(app, ["chain", car.id, "--home", str(home), "--json"])
    assert done.exit_code == 3
    assert json.loads(done.output)["findings"] == [{"flaw": "missing", "number": 1, "said": "not there: 1"}]


@pytest.mark.parametrize("name", ["car\x1b[2J", "car\nwhole", "car\x9b1A", "car\u202e7"])
def test_no_name_of_a_device_reaches_into_the_terminal(car: Car, name: str) -> None:
    code = car.town.post("/api/devices/codes", "admin", 201)["code"]
    refused = car.town.client.post("/api/devices/enrol", json={"code": code, "name": name, "kind": "vehicle"})
    assert (refused.status_code, refused.json()["error"]["where"]) == (422, "body.name")
    with car.town.context.store.write() as session:
        session.execute(update(Device).where(Device.id == car.id).values(name=name))
    car.send(car.record(car.town.seen("litter")))
    home = ["--home", str(car.town.home)]
    for words in (["chain", *home], ["chain", car.id, *home]):
        told = CliRunner().invoke(app, words).output
        assert "\ufffd" in told
        assert all(line.isprintable() for line in told.split("\n"))


def test_a_device_without_a_key_is_refused_under_a_name_that_can_be_printed(car: Car) -> None:
    with car.town.context.store.write() as session:
        session.execute(update(Device).where(Device.id == car.id).values(name="car\x1b[2J", public_key=None))
    told = CliRunner().invoke(app, ["chain", car.id, "--home", str(car.town.home)]).output
    assert "car\ufffd[2J: enrolled without a key" in told
