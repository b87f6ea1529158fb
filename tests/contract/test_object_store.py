"""A vehicle's process, a server's and a store's: pictures go into the store, and the server alone shows them."""

from __future__ import annotations

import hashlib
import random
import threading
import time
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from demo.play import device_code, serving
from edge.outbox.parcels import Item, ItemKind
from edge.upload.answers import Accepted, Unreachable
from edge.upload.transport import HttpTransport
from server.cli import app
from server.pictures.s3 import S3Objects
from server.pictures.storeaddress import StoreAddress
from server.records.pictures import StoredPicture
from server.setup.file import read_setup
from server.setup.founding import found
from tests.contract.line import Desk, steward, write_city
from tests.contract.test_server_process import Process, enrolled
from tests.edge.footage import LAT, LON, write_gpx, write_models, write_video
from tests.ports import free_port
from tests.server.setupfile import write_setup
from tests.server.town import Clock, open_town, picture
from tests.waiting import PATIENCE_S, ask
from tests.weed import STEWARD_KEYS, Weed

pytestmark = pytest.mark.slow


@pytest.mark.usefixtures("keys")
def test_a_patrols_pictures_lie_in_the_store_and_are_shown_by_the_server(
    root: Path, tmp_path: Path, weed: Weed
) -> None:
    bucket = weed.new_bucket()
    setup = write_city(tmp_path, LAT, LON, 2000.0)
    setup.write_text(setup.read_text("utf-8") + f'\n[objects]\naddress = "{written(bucket)}"\n', "utf-8")
    write_gpx(tmp_path / "drive.gpx", seconds=4)
    write_video(tmp_path / "drive.mp4")
    write_models(tmp_path / "models")
    with serving(tmp_path, setup, free_port()) as server:
        config = tmp_path / "edge.toml"
        config.write_text(
            f'[device]\nname = "car-1"\nstate_dir = "state"\nuntil_empty = true\n'
            f'[server]\nurl = "{server.url}"\nenrolment_code = "{device_code(tmp_path)}"\n'
            f'[model]\nfolder = "models"\n[sampling]\ndistance_m = 0\n[[source]]\npath = "drive.mp4"\n',
            "utf-8",
        )
        told = steward(root, "edge", "run", "--config", config)
        assert told.code == 0, told.err + told.out
        desk = Desk(server.url, "op")
        cases = [desk.get(f"/api/cases/{one['id']}") for one in desk.get("/api/cases")["items"]]
        names = {item["sha256"] for case in cases for seen in case["observations"] for item in seen["evidence"]}
        assert len(names) >= 2
        objects = S3Objects(bucket, STEWARD_KEYS)
        kept = {one.name for one in objects.kept()}
        assert names <= kept
        assert len(kept) == desk.get("/api/figures")["pictures_declared"]
        assert list(objects.waiting()) == []
        for name in names:
            assert hashlib.sha256(desk.picture(name)).hexdigest() == name
            stranger = ask("GET", f"http://{bucket.endpoint}/{bucket.bucket}/pictures/{name[:2]}/{name}")
            assert stranger.status_code == 403
    assert not (tmp_path / "server" / "pictures").exists()
    logged = (tmp_path / "server.log").read_text("utf-8") + told.out + told.err
    stored = b"".join(path.read_bytes() for path in (tmp_path / "server").glob("steward.db*"))
    assert STEWARD_KEYS.secret not in logged
    assert STEWARD_KEYS.secret.encode() not in stored


@pytest.mark.usefixtures("keys")
def test_a_server_killed_while_pictures_come_in_loses_none_and_keeps_nothing_twice(
    root: Path, tmp_path: Path, weed: Weed
) -> None:
    bucket, home = weed.new_bucket(), tmp_path / "home"
    found(home, read_setup(write_setup(tmp_path / "setup")), 0, time.time_ns(), objects=written(bucket))
    process = Process(home, root)
    device_id, device = enrolled(process.url)
    token = device.headers["Authorization"].removeprefix("Bearer ")
    waiting = [picture(seed) for seed in range(30)]
    names = [hashlib.sha256(content).hexdigest() for content in waiting]
    town = open_town(home, Clock(time.time_ns()))
    for start in (0, 10, 20):
        body = town.traverse(device_id, town.seen("litter", pictures=tuple(waiting[start : start + 10])))
        assert device.put(f"/api/traverses/{body['id']}", json=body).status_code == 201
    rng = random.Random(5)
    kills, acknowledged = [4, 13], set[str]()
    with httpx.Client(timeout=PATIENCE_S) as client:
        while len(acknowledged) < len(names):
            number = next(at for at, name in enumerate(names) if name not in acknowledged)
            if kills and len(acknowledged) == kills[0]:
                kills.pop(0)
                # Falls somewhere into asking, putting, looking and recording, wherever the server is then.
                threading.Timer(rng.uniform(0.0, 0.05), process.kill).start()
            transport = HttpTransport(client, process.url, device_id, token)
            answer = transport.send(Item(names[number], ItemKind.EVIDENCE, waiting[number], "image/jpeg", 0))
            if isinstance(answer, Accepted):
                acknowledged.add(names[number])
            else:
                assert isinstance(answer, Unreachable), answer
                process.child.wait(PATIENCE_S)
                process = Process(home, root)
    with town.context.store.read() as session:
        assert {row.sha256 for row in session.scalars(select(StoredPicture))} == set(names)
    objects = S3Objects(bucket, STEWARD_KEYS)
    assert sorted(one.name for one in objects.kept()) == sorted(names)
    town.context.store.close()
    assert process.end() == 0


def written(bucket: StoreAddress) -> str:
    """A bucket's address as a setup has it."""
    return f"s3+http://{bucket.endpoint}/{bucket.bucket}"


def refused(tmp_path: Path, address: str) -> str:
    """What is said where a home cannot be made; nothing is left of it then."""
    setup = write_city(tmp_path, LAT, LON, 2000.0)
    words = ["init", "--home", str(tmp_path / "home"), "--setup", str(setup), "--objects", address]
    told = CliRunner().invoke(app, words)
    assert told.exit_code == 2, told.output
    assert not (tmp_path / "home").exists()
    return told.stderr


def test_a_home_is_not_made_on_a_store_that_does_not_let_it_in(
    tmp_path: Path, weed: Weed, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket = weed.new_bucket()
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    assert "AWS_ACCESS_KEY_ID" in refused(tmp_path, written(bucket))
    (tmp_path / "keys").write_text("[default]\naws_access_key_id = steward\naws_secret_access_key = wrong\n", "utf-8")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "keys"))
    said = refused(tmp_path, written(bucket))
    assert f"{bucket.endpoint}/{bucket.bucket}: the object store answered" in said
    assert "wrong" not in said
