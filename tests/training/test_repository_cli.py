"""The key ceremony as a person does it, and what is refused on the way."""

from __future__ import annotations

import stat
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import Result
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from typer.testing import CliRunner

from models.tomlfile import read_toml
from tests.training.signed_world import NOW, World, keyring
from tests.training.tiny_shop import PASSPHRASE
from training.cli import app
from training.errors import TrainingError
from training.repository.keys import asked_passphrase
from training.repository.repository import Repository
from training.repository.settings import RepositorySettings, RoleName
from training.repository.signed import read_state


@pytest.fixture(autouse=True)
def passphrase(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEWARD_KEY_PASSPHRASE", PASSPHRASE)


def repository(command: str, *arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["repository", command, *map(str, arguments)])


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = repository("init", tmp_path / "repository", "--keys", tmp_path / "keys")
    assert made.exit_code == 0, made.output
    return World(tmp_path)


def test_keys_are_encrypted_and_readable_by_their_owner_alone(world: World) -> None:
    files = sorted((world.home / "keys").iterdir())
    assert [path.name for path in files] == [
        "root-1.pem", "root-2.pem", "root-3.pem", "snapshot-1.pem", "targets-1.pem", "timestamp-1.pem",
    ]  # fmt: skip
    for path in files:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert path.read_text("ascii").startswith("-----BEGIN ENCRYPTED PRIVATE KEY-----")
    assert stat.S_IMODE((world.home / "keys").stat().st_mode) == 0o700


def test_no_private_key_and_no_passphrase_is_in_what_is_served(world: World) -> None:
    for path in world.folder.rglob("*"):
        if path.is_file():
            assert b"PRIVATE" not in path.read_bytes()
            assert PASSPHRASE.encode() not in path.read_bytes()


def test_the_status_says_who_signed_and_how_long_it_is_good(world: World) -> None:
    said = repository("status", world.folder)
    assert said.exit_code == 0
    assert "| root | 1 | 3 of 3, 2 must |" in said.output
    assert "| timestamp | 1 | 1 of 1, 1 must |" in said.output


def test_an_expired_repository_ends_the_status_with_2_and_renewing_mends_it(world: World) -> None:
    world.repository().renew(RoleName.TIMESTAMP, world.keys, NOW - timedelta(days=30))
    said = repository("status", world.folder)
    assert said.exit_code == 2
    assert "EXPIRED" in said.output
    assert repository("renew", world.folder, "--keys", world.home / "keys").exit_code == 0
    assert repository("status", world.folder).exit_code == 0


@pytest.mark.parametrize("role", list(RoleName))
def test_renewing_a_role_signs_it_and_those_that_name_it(world: World, role: RoleName) -> None:
    before = read_state(world.folder)
    assert repository("renew", world.folder, "--keys", world.home / "keys", "--role", role).exit_code == 0
    after = read_state(world.folder)
    grown = {one for one in RoleName if after.of(one).signed.version > before.of(one).signed.version}
    assert (
        grown
        == {
            RoleName.ROOT: {RoleName.ROOT},
            RoleName.TARGETS: {RoleName.TARGETS, RoleName.SNAPSHOT, RoleName.TIMESTAMP},
            RoleName.SNAPSHOT: {RoleName.SNAPSHOT, RoleName.TIMESTAMP},
            RoleName.TIMESTAMP: {RoleName.TIMESTAMP},
        }[role]
    )


def test_the_machine_that_renews_needs_the_timestamp_key_alone(world: World) -> None:
    for path in (world.home / "keys").iterdir():
        if path.name != "timestamp-1.pem":
            path.unlink()
    assert repository("renew", world.folder, "--keys", world.home / "keys").exit_code == 0
    refused = repository("renew", world.folder, "--keys", world.home / "keys", "--role", "snapshot")
    assert refused.exit_code == 2
    assert "holds 0 of the snapshot keys that count, and 1 must sign" in refused.output


def test_two_of_three_root_keys_change_a_key_and_one_does_not(world: World) -> None:
    keys = world.home / "keys"
    (keys / "root-2.pem").unlink()
    done = repository("rotate", world.folder, "timestamp", "--keys", keys)
    assert done.exit_code == 0, done.output
    assert "timestamp-1.pem" in done.output
    (keys / "root-3.pem").unlink()
    refused = repository("rotate", world.folder, "timestamp", "--keys", keys)
    assert refused.exit_code == 2
    assert "holds 1 of the root keys that count, and 2 must sign" in refused.output


def test_which_of_several_root_keys_is_replaced_must_be_said(world: World) -> None:
    keys = world.home / "keys"
    refused = repository("rotate", world.folder, "root", "--keys", keys)
    assert refused.exit_code == 2
    assert "--key" in refused.output
    assert read_state(world.folder).root.signed.version == 1
    done = repository("rotate", world.folder, "root", "--keys", keys, "--key", keys / "root-2.pem")
    assert done.exit_code == 0, done.output
    state = read_state(world.folder)
    old = {one.public_key.keyid for one in world.keys.signers(RoleName.ROOT)} - set(state.key_ids(RoleName.ROOT))
    assert len(old) == 1
    assert old < set(state.root.signatures), "the replaced key signs its own successor"


@pytest.mark.parametrize("role", list(RoleName))
def test_a_lost_key_is_replaced_by_those_who_hold_the_root(world: World, role: RoleName) -> None:
    keys = world.home / "keys"
    (keys / f"{role}-1.pem").unlink()
    done = repository("rotate", world.folder, role, "--keys", keys, "--lost")
    assert done.exit_code == 0, done.output
    state = read_state(world.folder)
    assert state.root.signed.version == 2
    assert {one.public_key.keyid for one in world.keys.signers(role)} == set(state.key_ids(role))


def test_of_two_keys_that_are_away_nobody_knows_which_is_lost(world: World) -> None:
    (world.home / "keys" / "root-1.pem").unlink()
    (world.home / "keys" / "root-2.pem").rename(world.home / "elsewhere.pem")
    refused = repository("rotate", world.folder, "root", "--keys", world.home / "keys", "--lost")
    assert refused.exit_code == 2
    assert read_state(world.folder).root.signed.version == 1


def plain_key(path: Path) -> None:
    path.write_bytes(
        Ed25519PrivateKey.generate().private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )


REFUSED_KEYS = [
    ("readable by the group",   lambda path: path.chmod(0o640),                 "others may read or write it"),
    ("writable by all",         lambda path: path.chmod(0o602),                 "others may read or write it"),
    ("not encrypted",           plain_key,                                      "it is not encrypted"),
    ("damaged",                 lambda path: path.write_bytes(b"-----BEGIN"),   "the passphrase does not open it"),
    ("no number",               lambda path: path.rename(path.with_name("timestamp-a.pem")), "ROLE-NUMBER.pem"),
    ("not there",               lambda path: path.unlink(),                     "holds 0 of the timestamp keys"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "spoil", "says"), REFUSED_KEYS, ids=[row[0] for row in REFUSED_KEYS])
def test_a_key_file_that_is(world: World, what: str, spoil, says: str) -> None:  # type: ignore[no-untyped-def]
    spoil(world.home / "keys" / "timestamp-1.pem")
    refused = repository("renew", world.folder, "--keys", world.home / "keys")
    assert refused.exit_code == 2
    assert says in refused.output
    assert read_state(world.folder).timestamp.signed.version == 1


def test_a_wrong_passphrase_is_refused_and_not_repeated(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEWARD_KEY_PASSPHRASE_TIMESTAMP", "quite another passphrase")
    refused = repository("renew", world.folder, "--keys", world.home / "keys")
    assert refused.exit_code == 2
    assert "quite another" not in refused.output


def test_each_role_may_have_its_own_passphrase(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEWARD_KEY_PASSPHRASE_TIMESTAMP", "the renewing machine knows this")
    assert repository("init", tmp_path / "repository", "--keys", tmp_path / "keys").exit_code == 0
    monkeypatch.delenv("STEWARD_KEY_PASSPHRASE")
    assert repository("renew", tmp_path / "repository", "--keys", tmp_path / "keys").exit_code == 0
    assert asked_passphrase(RoleName.TIMESTAMP, new=False) == "the renewing machine knows this"


def test_a_short_passphrase_makes_no_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEWARD_KEY_PASSPHRASE", "fifteen letters")
    refused = repository("init", tmp_path / "repository", "--keys", tmp_path / "keys")
    assert refused.exit_code == 2
    assert "take at least 16" in refused.output
    assert not (tmp_path / "repository").exists()
    assert not (tmp_path / "keys").exists()


def test_a_passphrase_is_typed_twice_for_new_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STEWARD_KEY_PASSPHRASE")
    typed = "".join(f"{PASSPHRASE}\n" * 2 for _ in RoleName)
    arguments = ["repository", "init", str(tmp_path / "repository"), "--keys", str(tmp_path / "keys")]
    done = CliRunner().invoke(app, arguments, input=typed)
    assert done.exit_code == 0, done.output
    assert PASSPHRASE not in done.output


def test_keys_may_not_lie_in_what_is_served(tmp_path: Path) -> None:
    refused = repository("init", tmp_path / "repository", "--keys", tmp_path / "repository" / "keys")
    assert refused.exit_code == 2
    assert "which is served" in refused.output
    assert not (tmp_path / "repository").exists()


def test_keys_that_were_made_elsewhere_are_used(tmp_path: Path) -> None:
    made = keyring(tmp_path / "keys").make(RoleName.ROOT)
    assert repository("init", tmp_path / "repository", "--keys", tmp_path / "keys").exit_code == 0
    assert made.public_key.keyid in read_state(tmp_path / "repository").key_ids(RoleName.ROOT)


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "repository").mkdir()
    (tmp_path / "repository" / "mine").write_text("mine", "utf-8")
    refused = repository("init", tmp_path / "repository", "--keys", tmp_path / "keys")
    assert refused.exit_code == 2
    assert not (tmp_path / "keys").exists()


def test_a_repository_that_somebody_changed_is_not_signed_again(world: World) -> None:
    path = world.metadata / "1.targets.json"
    path.write_text(path.read_text("utf-8").replace('"targets": {}', '"targets": { }'), "utf-8")
    refused = repository("renew", world.folder, "--keys", world.home / "keys", "--role", "targets")
    assert refused.exit_code == 2
    assert "not the file that was signed" in refused.output


def test_a_threshold_above_the_keys_is_refused(tmp_path: Path) -> None:
    settings = tmp_path / "settings.toml"
    role = "keys = 1\nthreshold = 2\ndays = 7\n"
    settings.write_text("".join(f"[{name}]\n{role}" for name in RoleName), "utf-8")
    with pytest.raises(TrainingError, match=r"field root: .*threshold 2 is more than the 1 keys"):
        read_toml(settings, RepositorySettings, TrainingError)


def test_a_channel_without_an_earlier_model_does_not_go_back(world: World) -> None:
    refused = repository("back", world.folder, "street", "--keys", world.home / "keys")
    assert refused.exit_code == 2
    assert "channels/street/stable.json: has no earlier model" in refused.output
    assert Repository(world.folder).channels(read_state(world.folder)) == []


def test_a_vehicle_is_set_by_a_command_with_a_serial_that_grows(world: World, tmp_path: Path) -> None:
    settings = tmp_path / "car-07.toml"
    asked = (world.folder, "--keys", tmp_path / "keys", "--device", "car-07", "--settings", settings)
    for serial in (1, 2):
        settings.write_text(f"[sampling]\ndistance_m = {serial}\n", "utf-8")
        done = repository("configure", *asked)
        assert (done.exit_code, done.output) == (0, f"car-07: configuration {serial} is signed\n")
    settings.write_text("[server]\nurl = 'https://evil.example'\n", "utf-8")
    refused = repository("configure", *asked)
    assert refused.exit_code == 2
    assert "field server" in refused.output
