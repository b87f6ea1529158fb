"""What the real TUF client takes and what it refuses, case by case. Every attack is on the server; keys stay safe
unless the case says otherwise."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from securesystemslib.signer import CryptoSigner
from tuf.api.exceptions import (
    BadVersionNumberError,
    DownloadLengthMismatchError,
    ExpiredMetadataError,
    LengthOrHashMismatchError,
    UnsignedMetadataError,
)
from tuf.api.metadata import Metadata, Root, Timestamp

from tests.training.signed_world import NOW, Vehicle, World, make_world, served
from training.errors import TrainingError
from training.repository.settings import RoleName

WEIGHTS, CARD, CHANNEL = "tiny/2/tiny.onnx", "tiny/2/tiny.toml", "channels/tiny/stable.json"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory.mktemp("city"))


@pytest.fixture
def world(made: World, tmp_path: Path) -> World:
    return made.copy(tmp_path / "city")


@pytest.fixture
def vehicle(world: World, tmp_path: Path) -> Vehicle:
    return Vehicle(tmp_path / "vehicle", world.folder / "metadata" / "1.root.json")


def untouched(world: World) -> None:
    """Nothing is done."""


def flip_a_byte(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def other_weights(world: World) -> None:
    flip_a_byte(world.target(WEIGHTS))


def longer_weights(world: World) -> None:
    path = world.target(WEIGHTS)
    path.write_bytes(path.read_bytes() + b"\0")


def other_card(world: World) -> None:
    flip_a_byte(world.target(CARD))


def other_channel(world: World) -> None:
    flip_a_byte(world.target(CHANNEL))


def nobody_renewed_the_timestamp(world: World) -> None:
    world.repository().renew(RoleName.TIMESTAMP, world.keys, NOW - timedelta(days=8))


def nobody_renewed_the_snapshot(world: World) -> None:
    repository = world.repository()
    repository.renew(RoleName.SNAPSHOT, world.keys, NOW - timedelta(days=61))
    repository.renew(RoleName.TIMESTAMP, world.keys, NOW)


def nobody_renewed_the_root(world: World) -> None:
    world.repository().renew(RoleName.ROOT, world.keys, NOW - timedelta(days=366))


def back_to_the_older_files(world: World) -> None:
    """Rollback: everything as it was before the second model, all of it once signed."""
    shutil.rmtree(world.folder)
    shutil.copytree(world.before, world.folder)


def older_snapshot_under_the_new_name(world: World) -> None:
    world.repository().renew(RoleName.TARGETS, world.keys, NOW)
    shutil.copy(world.metadata / "3.snapshot.json", world.metadata / "4.snapshot.json")


def older_targets_under_the_new_name(world: World) -> None:
    world.repository().renew(RoleName.TARGETS, world.keys, NOW)
    shutil.copy(world.metadata / "3.targets.json", world.metadata / "4.targets.json")


def a_signature_is_missing(world: World) -> None:
    edit(world.metadata / "timestamp.json", lambda file: file.update(signatures=[]))


def a_longer_life_is_written_in(world: World) -> None:
    edit(world.metadata / "timestamp.json", lambda file: file["signed"].update(expires="2099-01-01T00:00:00Z"))


def edit(path: Path, change: Callable[[dict], None]) -> None:  # type: ignore[type-arg]
    file = json.loads(path.read_text("utf-8"))
    change(file)
    path.write_text(json.dumps(file), "utf-8")


def signed_by_a_stranger(world: World) -> None:
    sign_timestamp(world, CryptoSigner.generate_ed25519())


def signed_with_the_snapshot_key(world: World) -> None:
    sign_timestamp(world, world.keys.signers(RoleName.SNAPSHOT)[0])


def sign_timestamp(world: World, signer: CryptoSigner) -> None:
    path = world.metadata / "timestamp.json"
    timestamp: Metadata[Timestamp] = Metadata.from_file(str(path))
    timestamp.signed.version += 1
    timestamp.sign(signer)
    timestamp.to_file(str(path))


def rotated(role: RoleName) -> Callable[[World], None]:
    def change(world: World) -> None:
        repository = world.repository()
        repository.rotate(role, repository.state().key_ids(role)[0], world.keys, NOW)

    change.__name__ = f"the_{role}_key_was_rotated"
    return change


def the_replaced_timestamp_key_signs_again(world: World) -> None:
    """A key that was stolen, and for that reason replaced."""
    stolen = world.keys.signers(RoleName.TIMESTAMP)[0]
    rotated(RoleName.TIMESTAMP)(world)
    sign_timestamp(world, stolen)


def a_root_that_only_new_keys_signed(world: World) -> None:
    root: Metadata[Root] = Metadata.from_file(str(world.metadata / "1.root.json"))
    root.signed.version = 2
    strangers = [CryptoSigner.generate_ed25519() for _ in range(2)]
    for key in list(root.signed.roles["root"].keyids):
        root.signed.revoke_key(key, "root")
    for stranger in strangers:
        root.signed.add_key(stranger.public_key, "root")
    root.signatures.clear()
    for stranger in strangers:
        root.sign(stranger, append=True)
    root.to_file(str(world.metadata / "2.root.json"))


def a_root_that_one_key_too_few_signed(world: World) -> None:
    root: Metadata[Root] = Metadata.from_file(str(world.metadata / "1.root.json"))
    root.signed.version = 2
    root.sign(world.keys.signers(RoleName.ROOT)[0])
    root.to_file(str(world.metadata / "2.root.json"))


def gone_back_a_model(world: World) -> None:
    world.repository().turn_back("tiny", "stable", world.keys, NOW)


HASH, UNSIGNED = LengthOrHashMismatchError, UnsignedMetadataError
CASES = [
    # what is done to the server              which model the vehicle then runs, or why it refuses
    (untouched,                               "2"),
    (other_weights,                           HASH),
    (longer_weights,                          DownloadLengthMismatchError),
    (other_card,                              HASH),
    (other_channel,                           HASH),
    (nobody_renewed_the_timestamp,            ExpiredMetadataError),
    (nobody_renewed_the_snapshot,             ExpiredMetadataError),
    (nobody_renewed_the_root,                 ExpiredMetadataError),
    (back_to_the_older_files,                 BadVersionNumberError),
    (older_snapshot_under_the_new_name,       HASH),
    (older_targets_under_the_new_name,        HASH),
    (a_signature_is_missing,                  UNSIGNED),
    (a_longer_life_is_written_in,             UNSIGNED),
    (signed_by_a_stranger,                    UNSIGNED),
    (signed_with_the_snapshot_key,            UNSIGNED),
    (rotated(RoleName.TIMESTAMP),             "2"),
    (rotated(RoleName.SNAPSHOT),              "2"),
    (rotated(RoleName.TARGETS),               "2"),
    (rotated(RoleName.ROOT),                  "2"),
    (the_replaced_timestamp_key_signs_again,  UNSIGNED),
    (a_root_that_only_new_keys_signed,        UNSIGNED),
    (a_root_that_one_key_too_few_signed,      UNSIGNED),
    (gone_back_a_model,                       "1"),
]  # fmt: skip
NAMES = [f"{change.__name__}-{answer if isinstance(answer, str) else answer.__name__}" for change, answer in CASES]


@pytest.mark.parametrize(("change", "expected"), CASES, ids=NAMES)
def test_a_vehicle_that_was_up_to_date(
    world: World, vehicle: Vehicle, change: Callable[[World], None], expected: str | type[Exception]
) -> None:
    with served(world.folder) as address:
        assert vehicle.update(address).channel.current.version == "2"
        change(world)
        if not isinstance(expected, str):
            with pytest.raises(expected):
                vehicle.update(address)
            return
        got = vehicle.update(address)
    assert got.channel.current.version == got.card.version == expected
    assert hashlib.sha256(got.weights_path.read_bytes()).hexdigest() == got.card.digest == got.channel.current.digest
    assert hashlib.sha256(got.card_path.read_bytes()).hexdigest() == got.channel.current.card_digest


def test_a_vehicle_that_slept_through_every_rotation_follows_the_chain_of_roots(world: World, vehicle: Vehicle) -> None:
    for _ in range(3):
        for role in (RoleName.ROOT, RoleName.TIMESTAMP, RoleName.TARGETS):
            rotated(role)(world)
    with served(world.folder) as address:
        assert vehicle.update(address).channel.current.version == "2"


def test_a_new_vehicle_cannot_tell_an_old_state_but_not_an_expired_one(world: World, vehicle: Vehicle) -> None:
    """What TUF promises and what not: without memory, a vehicle is protected by expiry alone."""
    back_to_the_older_files(world)
    with served(world.folder) as address:
        assert vehicle.update(address).channel.current.version == "1"
        nobody_renewed_the_timestamp(world)
        with pytest.raises(ExpiredMetadataError):
            Vehicle(vehicle.home / "new", world.folder / "metadata" / "1.root.json").update(address)


def test_going_back_is_a_new_serial_and_twice_does_not_bring_back_what_was_taken_away(
    world: World, vehicle: Vehicle
) -> None:
    with served(world.folder) as address:
        assert vehicle.update(address).channel.serial == 2
        gone_back_a_model(world)
        back = vehicle.update(address).channel
        assert (back.serial, back.current.version, back.previous) == (3, "1", None)
        with pytest.raises(TrainingError, match="no earlier model"):
            gone_back_a_model(world)
        assert vehicle.update(address).channel == back
