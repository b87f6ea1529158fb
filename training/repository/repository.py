"""What is done with a model repository: made, added to, renewed, its keys changed, its channels turned back."""

from __future__ import annotations

import copy
import hashlib
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from tuf.api.exceptions import LengthOrHashMismatchError
from tuf.api.metadata import TargetFile

from models.channel import Channel, Release, channel_path, parse_channel
from models.errors import ModelError
from models.lockfile import held
from models.tomlfile import read_toml
from models.wholefile import PART
from training.errors import TrainingError
from training.files import Disk
from training.repository.keys import Keyring
from training.repository.settings import RepositorySettings, RoleName
from training.repository.signed import Signers, State, Writer, read_state, stored_at

SETTINGS: Final = "repository.toml"
LOCK: Final = ".lock"
REPLACED: Final = ("channels/", "config/")
"""Targets that are published anew under the same path, each with a higher serial; every other one is for good."""
BELOW: Final = {
    RoleName.ROOT: (),
    RoleName.TARGETS: (RoleName.TARGETS, RoleName.SNAPSHOT, RoleName.TIMESTAMP),
    RoleName.SNAPSHOT: (RoleName.SNAPSHOT, RoleName.TIMESTAMP),
    RoleName.TIMESTAMP: (RoleName.TIMESTAMP,),
}
"""Which roles sign anew when one does: each is named by the next."""


@dataclass(frozen=True, slots=True)
class Addition:
    """A file to publish: its target path, content, and what its entry says about it."""

    path: str
    content: bytes
    custom: Mapping[str, object]


def make_repository(folder: Path, settings: Path, keys: Keyring, now: datetime, disk: Disk | None = None) -> State:
    """A new repository with nothing in it; keys that lie in the key folder already are used, missing ones are made.

    The folder gets its name when it is complete. Raises TrainingError where there is something already.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise TrainingError(f"{folder}: is there already and not empty. Name another folder.")
    keys.outside(folder)
    read, disk = read_toml(settings, RepositorySettings, TrainingError), disk or Disk()
    signers = {}
    for role in RoleName:
        missing = read.of(role).keys - len(keys.paths(role))
        for _ in range(missing):
            keys.make(role)
        signers[role] = keys.signers(role)
    folder.absolute().parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.absolute().parent))
    try:
        disk.write(draft / SETTINGS, settings.read_bytes())
        state = Writer(draft, read, disk, now).first(signers)
        draft.chmod(0o755)
        disk.rename_folder(draft, folder.absolute())
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    return state


class Repository:
    """A repository folder. Only inside `changing` may it be written to, by one process at a time."""

    def __init__(self, folder: Path, disk: Disk | None = None) -> None:
        self.folder = folder
        self.settings = read_toml(folder / SETTINGS, RepositorySettings, TrainingError)
        self._disk = disk or Disk()

    def state(self) -> State:
        """What clients see, verified."""
        return read_state(self.folder)

    def channel(self, state: State, name: str, channel: str) -> Channel | None:
        """A channel as it stands, or None where there is none yet."""
        path = channel_path(name, channel)
        entry = state.targets.signed.targets.get(path)
        if entry is None:
            return None
        try:
            return parse_channel(self.content(entry), path)
        except ModelError as error:
            raise TrainingError(f"{self.folder}: {error}") from error

    def channels(self, state: State) -> list[Channel]:
        """Every channel."""
        names = [path.split("/") for path in sorted(state.targets.signed.targets) if path.startswith("channels/")]
        found = [self.channel(state, name, file.removesuffix(".json")) for _, name, file in names]
        return [one for one in found if one is not None]

    def content(self, entry: TargetFile) -> bytes:
        """A target's bytes; raises TrainingError where they are not the ones that were signed."""
        path = stored_at(self.folder, entry)
        try:
            content = path.read_bytes()
            entry.verify_length_and_hashes(content)
        except FileNotFoundError:
            raise TrainingError(f"{path}: is signed but not there; put it back from a copy.") from None
        except LengthOrHashMismatchError as error:
            raise TrainingError(f"{path}: not the file that was signed: {error}") from error
        return content

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Holds the repository's lock and clears what an earlier crash left; raises TrainingError where it is held."""
        taken = TrainingError(f"{self.folder}: another command is writing to it; try again later.")
        with held(self.folder / LOCK, 0o644, taken):
            for left in self.folder.rglob(f".*{PART}"):
                left.unlink()
            yield

    def publish(self, additions: Sequence[Addition], keys: Keyring, now: datetime) -> State:
        """Files added or replaced, signed, and seen by clients all at once. A published model is never replaced."""
        state = self.state()
        signers = self.signers(state, keys, BELOW[RoleName.TARGETS])
        targets, writer = state.targets.signed, self._writer(now)
        _refuse_replacing(state, additions)
        for one in additions:
            targets.targets[one.path] = writer.target(one.path, one.content, one.custom)
        return writer.all_below(state.root, targets, state.snapshot.signed, state.timestamp.signed, signers)

    def renew(self, role: RoleName, keys: Keyring, now: datetime) -> State:
        """The same content signed anew by a role and those that name it, good for their full time again."""
        state, writer = self.state(), self._writer(now)
        if role is RoleName.ROOT:
            root = state.root.signed
            root.version += 1
            signed = writer.root(root, self.signers(state, keys, (role,))[role])
            return State(signed, state.targets, state.snapshot, state.timestamp)
        return self._sign_from(role, state, self.signers(state, keys, BELOW[role]), now)

    def rotate(self, role: RoleName, old_key: str, keys: Keyring, now: datetime) -> State:
        """A new key in place of an old one.

        The root that says so is signed by the keys that counted before it and by those that count after. Another
        role first signs with the old and the new key, so that its metadata is good under both roots.
        """
        state, writer = self.state(), self._writer(now)
        root_signers = self.signers(state, keys, (RoleName.ROOT,))[RoleName.ROOT]
        held = dict(self.signers(state, keys, BELOW[role]))
        new = keys.make(role)
        root = copy.deepcopy(state.root.signed)
        root.version += 1
        root.revoke_key(old_key, role.value)
        root.add_key(new.public_key, role.value)
        if role is RoleName.ROOT:
            signed = writer.root(root, [*root_signers, new])
            return State(signed, state.targets, state.snapshot, state.timestamp)
        held[role] = [*held[role], new]
        both = self._sign_from(role, state, held, now)
        signed = writer.root(root, root_signers)
        held[role] = [one for one in held[role] if one.public_key.keyid != old_key]
        after = State(signed, both.targets, both.snapshot, both.timestamp)
        return self._sign_from(role, after, held, now)

    def replace_lost(self, role: RoleName, keys: Keyring, now: datetime) -> State:
        """A new key in place of one that nobody has any more; the role's other keys must be here.

        Nobody can sign with the old key, so clients refuse the repository from the new root to the new signature. A
        crash between the two is mended by doing it again.
        """
        state, writer = read_state(self.folder, forgiving=role), self._writer(now)
        root_signers = self.signers(state, keys, (RoleName.ROOT,))[RoleName.ROOT]
        lower = [one for one in BELOW[role] if one is not role]
        signers = dict(self.signers(state, keys, lower))
        lost = keys.missing(role, state.key_ids(role))
        if lost is not None:
            root = copy.deepcopy(state.root.signed)
            new = keys.make(role)
            root.version += 1
            root.revoke_key(lost, role.value)
            root.add_key(new.public_key, role.value)
            by = [*root_signers, new] if role is RoleName.ROOT else root_signers
            state = State(writer.root(root, by), state.targets, state.snapshot, state.timestamp)
        if role is RoleName.ROOT:
            return state
        signers[role] = keys.for_role(role, state.key_ids(role), state.threshold(role))
        return self._sign_from(role, state, signers, now)

    def turn_back(self, name: str, channel: str, keys: Keyring, now: datetime) -> Channel:
        """The channel's previous model made its current one, with a higher serial. What was current is no model to go
        back to: asked for twice, in a hurry, this does not bring it back.
        """
        stands = self.channel(self.state(), name, channel)
        if stands is None or stands.previous is None:
            raise TrainingError(
                f"{channel_path(name, channel)}: has no earlier model to go back to; promote the one that is to run."
            )
        turned = stands.model_copy(update={"serial": stands.serial + 1, "current": stands.previous, "previous": None})
        self.publish([channel_addition(turned)], keys, now)
        return turned

    def signers(self, state: State, keys: Keyring, roles: Sequence[RoleName]) -> Signers:
        """The keys of these roles, opened; raises TrainingError where too few are there."""
        keys.outside(self.folder)
        return {role: keys.for_role(role, state.key_ids(role), state.threshold(role)) for role in roles}

    def _sign_from(self, role: RoleName, state: State, signers: Signers, now: datetime) -> State:
        writer = self._writer(now)
        if role is RoleName.TARGETS:
            targets, snapshot, timestamp = state.targets.signed, state.snapshot.signed, state.timestamp.signed
            return writer.all_below(state.root, targets, snapshot, timestamp, signers)
        if role is RoleName.SNAPSHOT:
            return writer.snapshot_below(state, signers)
        return writer.timestamp_below(state, signers)

    def _writer(self, now: datetime) -> Writer:
        return Writer(self.folder, self.settings, self._disk, now)


def _refuse_replacing(state: State, additions: Sequence[Addition]) -> None:
    for one in additions:
        old = state.targets.signed.targets.get(one.path)
        same = old is None or old.hashes["sha256"] == hashlib.sha256(one.content).hexdigest()
        if not same and not one.path.startswith(REPLACED):
            raise TrainingError(f"{one.path}: is published already with other content; give the model a new version.")


def next_channel(stands: Channel | None, name: str, channel: str, release: Release) -> Channel:
    """The channel with a new current model; what was current becomes the previous one."""
    if stands is None:
        return Channel(name=name, channel=channel, serial=1, current=release)
    previous = stands.previous if stands.current.version == release.version else stands.current
    return Channel(name=name, channel=channel, serial=stands.serial + 1, current=release, previous=previous)


def channel_addition(channel: Channel) -> Addition:
    """The channel as a target."""
    content = channel.model_dump_json(indent=1, exclude_none=True) + "\n"
    path = channel_path(channel.name, channel.channel)
    return Addition(path, content.encode(), {"serial": channel.serial, "version": channel.current.version})
