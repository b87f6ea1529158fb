"""What the vehicle seals as it records, anyone can check in a folder."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from typer.testing import CliRunner

from edge.cli import app
from edge.errors import ConfigError
from edge.outbox.outbox import Outbox, Progress, Put
from edge.proof.devicekey import device_key, public_text
from edge.proof.verify import verify_folder
from pipeline.seal import Flaw
from tests.edge.outbox.filling import picture, traverse

DEEP = "[" * 9999
KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))


def put(outbox: Outbox, number: int) -> Put:
    taken = [picture(number)]
    return outbox.put(traverse(number, taken), taken, 1, "drive", Progress(number, number), KEY)


def write_folder(outbox: Outbox, folder: Path) -> Path:
    """What a server would write after it has received all."""
    (folder / "evidence").mkdir(parents=True)
    lines = []
    while (item := outbox.claim()) is not None:
        if item.seal:
            lines.append(json.dumps({"seal": item.seal, "traverse": json.loads(item.body)}))
        else:
            (folder / "evidence" / f"{item.id}.jpg").write_bytes(item.body)
        outbox.acknowledge(item.id)
    (folder / "chain.jsonl").write_text("\n".join(lines), "utf-8")
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    outbox = Outbox.open(tmp_path / "outbox.sqlite3")
    for number in (1, 2, 3):
        assert put(outbox, number) is Put.ADDED
    return write_folder(outbox, tmp_path / "chain")


def test_what_was_recorded_is_whole_with_its_pictures(folder: Path) -> None:
    found = verify_folder(folder, public_text(KEY))
    assert (found.whole, found.records, found.last, found.pictures) == (True, 3, 3, 3)


def test_the_same_traverse_again_is_not_sealed_again_and_the_chain_outlives_what_was_sent(tmp_path: Path) -> None:
    outbox = Outbox.open(tmp_path / "outbox.sqlite3")
    put(outbox, 1)
    assert put(outbox, 1) is Put.ALREADY_THERE
    write_folder(outbox, tmp_path / "chain")
    outbox.close()
    again = Outbox.open(tmp_path / "outbox.sqlite3")
    put(again, 2)
    last = again.last_seal()
    assert last is not None
    assert last.number == 2
    assert verify_folder(tmp_path / "chain", public_text(KEY)).whole


def test_a_line_taken_out_is_missed(folder: Path) -> None:
    lines = (folder / "chain.jsonl").read_text("utf-8").splitlines()
    (folder / "chain.jsonl").write_text("\n".join([lines[0], lines[2]]), "utf-8")
    done = CliRunner().invoke(app, ["verify", str(folder), "--key", public_text(KEY)])
    assert done.exit_code == 3
    assert "NOT WHOLE: 2 records, the last has number 3" in done.output
    assert "missing   not there: 2" in done.output


def test_a_picture_that_was_changed_or_put_in_shows(folder: Path) -> None:
    changed = sorted((folder / "evidence").iterdir())[0]
    changed.write_bytes(b"another picture")
    put_in = folder / "evidence" / f"{hashlib.sha256(b'new').hexdigest()}.jpg"
    put_in.write_bytes(b"new")
    assert set(verify_folder(folder, public_text(KEY)).alien) == {changed.name, put_in.name}


def test_another_devices_key_proves_nothing(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "other.pub").write_text(public_text(device_key(tmp_path / "state")) + "\n", "ascii")
    done = CliRunner().invoke(app, ["verify", str(folder), "--key", str(tmp_path / "other.pub"), "--json"])
    assert done.exit_code == 3
    assert {one["flaw"] for one in json.loads(done.output)["findings"]} == {"forged"}


@pytest.mark.parametrize(
    "written",
    [
        "{}",
        "[]",
        "not json",
        '{"seal": "x", "traverse": null}',
        '{"seal": 1}',
        '{"seal": SEAL, "traverse": [1]}',
        DEEP,
    ],
)
def test_a_line_that_is_no_link_is_named(folder: Path, written: str) -> None:
    good = json.loads((folder / "chain.jsonl").read_text("utf-8").splitlines()[0])["seal"]
    (folder / "chain.jsonl").write_text(written.replace("SEAL", json.dumps(good)), "utf-8")
    with pytest.raises(ConfigError, match="line 1: not a link"):
        verify_folder(folder, public_text(KEY))


def test_a_folder_or_key_that_is_none_is_bad_input(folder: Path, tmp_path: Path) -> None:
    for arguments in ([str(tmp_path / "absent"), "--key", public_text(KEY)], [str(folder), "--key", "nonsense"]):
        assert CliRunner().invoke(app, ["verify", *arguments]).exit_code == 2


def test_every_flaw_has_a_line_in_the_docs(root: Path) -> None:
    text = (root / "docs" / "vehicle-care.md").read_text("utf-8")
    assert [one for one in Flaw if f"| `{one}` |" not in text] == []
