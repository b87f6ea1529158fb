"""A vehicle's process, a server's and a store's: pictures go into the store, and the server alone shows them."""

from __future__ import annotations

import hashlib
from pathlib import Path

import httpx
import pytest

from demo.play import device_code, free_port, serving
from server.s3 import S3Objects
from tests.contract.line import Desk, steward, write_city
from tests.edge.footage import LAT, LON, write_gpx, write_models, write_video
from tests.weed import STEWARD_KEYS, Weed

pytestmark = pytest.mark.slow


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", STEWARD_KEYS.access)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", STEWARD_KEYS.secret)


@pytest.mark.usefixtures("keys")
def test_a_patrols_pictures_lie_in_the_store_and_are_shown_by_the_server(
    root: Path, tmp_path: Path, weed: Weed
) -> None:
    bucket = weed.new_bucket()
    setup = write_city(tmp_path, LAT, LON, 2000.0)
    address = f"s3+http://{bucket.endpoint}/{bucket.bucket}"
    setup.write_text(setup.read_text("utf-8") + f'\n[objects]\naddress = "{address}"\n', "utf-8")
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
        assert {one.name for one in objects.kept()} == names
        assert list(objects.waiting()) == []
        for name in names:
            assert hashlib.sha256(desk.picture(name)).hexdigest() == name
            stranger = httpx.get(f"http://{bucket.endpoint}/{bucket.bucket}/pictures/{name[:2]}/{name}")
            assert stranger.status_code == 403
    assert not (tmp_path / "server" / "pictures").exists()
    logged = (tmp_path / "server.log").read_text("utf-8") + told.out + told.err
    stored = b"".join(path.read_bytes() for path in (tmp_path / "server").glob("steward.db*"))
    assert STEWARD_KEYS.secret not in logged
    assert STEWARD_KEYS.secret.encode() not in stored


def init(root: Path, tmp_path: Path, address: str) -> str:
    """What is said where a home cannot be made; nothing is left of it then."""
    setup = write_city(tmp_path, LAT, LON, 2000.0)
    told = steward(root, "server", "init", "--home", tmp_path / "home", "--setup", setup, "--objects", address)
    assert told.code == 2, told.out
    assert not (tmp_path / "home").exists()
    return told.err


def test_a_home_is_not_made_on_a_store_that_does_not_let_it_in(
    root: Path, tmp_path: Path, weed: Weed, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket = weed.new_bucket()
    address = f"s3+http://{bucket.endpoint}/{bucket.bucket}"
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    assert "AWS_ACCESS_KEY_ID" in init(root, tmp_path, address)
    (tmp_path / "keys").write_text("[default]\naws_access_key_id = steward\naws_secret_access_key = wrong\n", "utf-8")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "keys"))
    said = init(root, tmp_path, address)
    assert f"{bucket.endpoint}/{bucket.bucket}: the object store answered" in said
    assert "wrong" not in said
