"""A repository's signed state on disk: read and verified before anything is added to it, written timestamp last.

With consistent snapshots every file but `timestamp.json` has its version or its hash in its name and is never
changed, so that a crash leaves files that nothing refers to, and clients see the old state until the timestamp is
replaced. A new root is seen at once; it is written when what it vouches for is already signed for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, TypeVar

from securesystemslib.signer import CryptoSigner
from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata, MetaFile, Root, Snapshot, TargetFile, Targets, Timestamp
from tuf.api.serialization import DeserializationError
from tuf.api.serialization.json import JSONSerializer

from training.errors import TrainingError
from training.files import Disk
from training.repository.settings import RepositorySettings, RoleName

METADATA: Final = "metadata"
TARGETS: Final = "targets"
LARGEST_BYTES: Final = 5_000_000
S = TypeVar("S", Root, Targets, Snapshot, Timestamp)
AnyRole = Metadata[Root] | Metadata[Targets] | Metadata[Snapshot] | Metadata[Timestamp]
Signers = Mapping[RoleName, Sequence[CryptoSigner]]


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """The four roles as they stand, each verified by the one above it; expiry is not looked at."""

    root: Metadata[Root]
    targets: Metadata[Targets]
    snapshot: Metadata[Snapshot]
    timestamp: Metadata[Timestamp]

    def of(self, role: RoleName) -> AnyRole:
        """A role's metadata."""
        found: AnyRole = getattr(self, role.value)
        return found

    def key_ids(self, role: RoleName) -> tuple[str, ...]:
        """The keys that count for a role, oldest first."""
        return tuple(self.root.signed.roles[role.value].keyids)

    def threshold(self, role: RoleName) -> int:
        """How many of them must sign."""
        return int(self.root.signed.roles[role.value].threshold)


def read_state(folder: Path, forgiving: RoleName | None = None) -> State:
    """The state that clients see; raises TrainingError naming the file that is damaged or not signed as it must be.

    forgiving: a role that may also be signed as the root before the newest asks; what is left when a new root could be
    written and the role not yet signed for it.
    """
    home = folder / METADATA
    roots = _read_roots(home)

    def by(role: RoleName) -> list[Metadata[Root]]:
        return roots[-2:] if role is forgiving else roots[-1:]

    timestamp = _read(home / "timestamp.json", Timestamp, by(RoleName.TIMESTAMP))
    listed = timestamp.signed.snapshot_meta
    snapshot = _read(home / f"{listed.version}.snapshot.json", Snapshot, by(RoleName.SNAPSHOT), listed)
    listed = snapshot.signed.meta["targets.json"]
    targets = _read(home / f"{listed.version}.targets.json", Targets, by(RoleName.TARGETS), listed)
    return State(roots[-1], targets, snapshot, timestamp)


def _read_roots(home: Path) -> list[Metadata[Root]]:
    """Every root, oldest first, each verified by itself and by the one before."""
    path = home / "1.root.json"
    roots = [_parsed(path, Root)]
    _verify(path, roots[0], roots)
    while (path := home / f"{roots[-1].signed.version + 1}.root.json").is_file():
        newer = _read(path, Root, roots[-1:])
        _verify(path, newer, [newer])
        if newer.signed.version != roots[-1].signed.version + 1:
            raise TrainingError(f"{path}: says that it is version {newer.signed.version}.")
        roots.append(newer)
    return roots


def _read(path: Path, kind: type[S], by: Sequence[Metadata[Root]], listed: MetaFile | None = None) -> Metadata[S]:
    """One role's file, as listed and signed as one of these roots asks."""
    found = _parsed(path, kind, listed)
    _verify(path, found, by)
    return found


def _parsed(path: Path, kind: type[S], listed: MetaFile | None = None) -> Metadata[S]:
    """One role's file, as listed; whoever signed it."""
    try:
        content = path.read_bytes()
        if listed is not None:
            listed.verify_length_and_hashes(content)
        found: Metadata[S] = Metadata.from_bytes(content)
    except FileNotFoundError:
        raise TrainingError(f"{path}: is not there. Is this a model repository? `init` makes one.") from None
    except OSError as error:
        raise TrainingError(f"{path}: cannot be read: {error.strerror}") from error
    except (DeserializationError, RepositoryError) as error:
        raise TrainingError(f"{path}: damaged, or not the file that was signed: {error}") from error
    if not isinstance(found.signed, kind):
        raise TrainingError(f"{path}: holds the role {found.signed.type}.")
    return found


def _verify(path: Path, found: Metadata[S], by: Sequence[Metadata[Root]]) -> None:
    for root in by:
        with suppress(RepositoryError):
            root.signed.verify_delegate(found.signed.type, found.signed_bytes, found.signatures)
            return
    versions = " or ".join(str(root.signed.version) for root in by)
    raise TrainingError(f"{path}: not signed as version {versions} of the root asks.")


@dataclass(frozen=True, slots=True, eq=False)
class Writer:
    """Signs and writes roles. `now` is when; a role's new version is good for its settings' days from then."""

    folder: Path
    settings: RepositorySettings
    disk: Disk
    now: datetime

    def first(self, signers: Signers) -> State:
        """Version 1 of every role."""
        root = Root(expires=self._until(RoleName.ROOT), consistent_snapshot=True)
        for role in RoleName:
            for signer in signers[role]:
                root.add_key(signer.public_key, role.value)
            root.roles[role.value].threshold = self.settings.of(role).threshold
        signed = self.root(root, signers[RoleName.ROOT])
        targets, snapshot, timestamp = Targets(), Snapshot(), Timestamp()
        for unwritten in (targets, snapshot, timestamp):
            unwritten.version = 0
        return self.all_below(signed, targets, snapshot, timestamp, signers)

    def root(self, root: Root, signers: Sequence[CryptoSigner]) -> Metadata[Root]:
        """A root as it is given, signed by all that are given."""
        root.expires = self._until(RoleName.ROOT)
        signed = Metadata(root)
        self._write(signed, signers, f"{root.version}.root.json")
        return signed

    def all_below(
        self, root: Metadata[Root], targets: Targets, snapshot: Snapshot, timestamp: Timestamp, signers: Signers
    ) -> State:
        """The next version of targets, snapshot and timestamp, written in this order."""
        targets.version += 1
        targets.expires = self._until(RoleName.TARGETS)
        signed = Metadata(targets)
        content = self._write(signed, signers[RoleName.TARGETS], f"{targets.version}.targets.json")
        snapshot.meta["targets.json"] = MetaFile.from_data(targets.version, content, ["sha256"])
        return self.snapshot_below(State(root, signed, Metadata(snapshot), Metadata(timestamp)), signers)

    def snapshot_below(self, state: State, signers: Signers) -> State:
        """The next version of snapshot and timestamp."""
        snapshot = state.snapshot.signed
        snapshot.version += 1
        snapshot.expires = self._until(RoleName.SNAPSHOT)
        signed = Metadata(snapshot)
        content = self._write(signed, signers[RoleName.SNAPSHOT], f"{snapshot.version}.snapshot.json")
        state.timestamp.signed.snapshot_meta = MetaFile.from_data(snapshot.version, content, ["sha256"])
        return self.timestamp_below(State(state.root, state.targets, signed, state.timestamp), signers)

    def timestamp_below(self, state: State, signers: Signers) -> State:
        """The next version of the timestamp: from here on clients see what it names."""
        timestamp = state.timestamp.signed
        timestamp.version += 1
        timestamp.expires = self._until(RoleName.TIMESTAMP)
        signed = Metadata(timestamp)
        self._write(signed, signers[RoleName.TIMESTAMP], "timestamp.json")
        return State(state.root, state.targets, state.snapshot, signed)

    def target(self, path: str, content: bytes, custom: Mapping[str, object]) -> TargetFile:
        """A target's file, its hash in its name, and its entry."""
        entry = TargetFile.from_data(path, content, ["sha256"])
        entry.unrecognized_fields["custom"] = dict(custom)
        place = stored_at(self.folder, entry)
        if not (place.is_file() and place.read_bytes() == content):
            self.disk.write(place, content)
        return entry

    def _write(self, signed: Metadata[S], signers: Sequence[CryptoSigner], name: str) -> bytes:
        signed.signatures.clear()
        for signer in signers:
            signed.sign(signer, append=True)
        content = signed.to_bytes(JSONSerializer(compact=False))
        if len(content) > LARGEST_BYTES:
            raise TrainingError(f"{name}: {len(content)} bytes, and clients read no more than {LARGEST_BYTES}.")
        self.disk.write(self.folder / METADATA / name, content)
        return content

    def _until(self, role: RoleName) -> datetime:
        return (self.now + self.settings.lasts(role)).replace(microsecond=0)


def stored_at(folder: Path, entry: TargetFile) -> Path:
    """Where a target lies, its hash in its name."""
    parent, _, name = entry.path.rpartition("/")
    return folder / TARGETS / parent / f"{entry.hashes['sha256']}.{name}"
