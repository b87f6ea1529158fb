"""New models for a vehicle: taken only if signed, whole, and the same in use as in the workshop; one model at a time,
so that one that is refused or does badly holds up no other, and it is known which did.

The folder holds `slots/` with the models, and two links into it: `current`, which the worker is pointed at, and
`previous`. A slot is filled and tried under another name; the switch is one rename, so that a crash or a refusal leaves
the models that were there. Where the worker looks for models itself a slot is born with its probation in it: the rename
that brings models in puts them on probation, and the one that turns them back ends it. Trust begins with the root file
that the vehicle was given; what it has seen since lies in `trusted/` and must not be deleted, for it is what tells an
old state from a new one.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Final, TypeVar

from tuf.api.exceptions import DownloadError, ExpiredMetadataError, RepositoryError
from tuf.api.metadata import TargetFile
from tuf.ngclient import Updater

from edge.config import UpdateTable
from edge.errors import UpdateError
from edge.files import disk_errors, write_private
from edge.renewal.outcomes import Kept, NotTaken, Taken, UpToDate
from edge.renewal.probation import Probation, write_probation
from models.card import Int8, ModelCard, read_card
from models.channel import LARGEST_BYTES, Channel, Release, channel_path, parse_channel
from models.errors import ModelError
from models.golden import differing, golden_scores
from models.providers import Precision
from models.store import SHIPPED, open_detector
from models.wholefile import sync

CURRENT: Final = "current"
PREVIOUS: Final = "previous"
REFUSED: Final = "refused.json"
MOST_REFUSED: Final = 100
LARGEST_CARD: Final = 1_000_000
LARGEST_WEIGHTS: Final = 64_000_000
DRAFT: Final = ".draft-"


class _Refused(Exception):
    """Carries a reason out of the steps below to `update`."""

    def __init__(self, reason: NotTaken, why: str) -> None:
        super().__init__(why)
        self.kept = Kept(reason, why)


T = TypeVar("T")


def update(asked: UpdateTable) -> Taken | UpToDate | Kept:
    """Take the first model that a channel names anew and that stands every check; ask again for the next one.

    Kept names the first that did not stand it, where no other was to be taken. Raises UpdateError without a root to
    trust.
    """
    return with_repository(asked, lambda client: _Update(asked, client).run())


def with_repository(asked: UpdateTable, work: Callable[[Updater], T]) -> T | Kept:
    """Do something with a TUF client; what the repository or the way to it refuses comes back as a reason."""
    try:
        root = asked.root.read_bytes()
    except OSError as error:
        raise UpdateError(
            f"{asked.root}: cannot be read: {error.strerror}. Copy the repository's 1.root.json."
        ) from error
    with disk_errors(asked.folder):
        trusted = asked.folder / "trusted"
        trusted.mkdir(parents=True, exist_ok=True)
        (asked.folder / "slots").mkdir(exist_ok=True)
        try:
            with _alone(asked.folder):
                client = Updater(str(trusted), f"{asked.url}/metadata", None, f"{asked.url}/targets", bootstrap=root)
                return work(client)
        except (_Refused, DownloadError, RepositoryError) as error:
            return _kept(asked.url, error)


def _kept(url: str, error: Exception) -> Kept:
    """What a refusal means for the vehicle."""
    match error:
        case _Refused():
            return error.kept
        case DownloadError():
            return Kept(NotTaken.UNREACHABLE, f"{url}: {error}")
        case ExpiredMetadataError():
            return Kept(NotTaken.EXPIRED, f"{url}: {error}; somebody must renew the repository")
    return Kept(NotTaken.NOT_SIGNED, f"{url}: {error}")


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One client at a time: two would write what the repository was seen to say over one another."""
    lock = os.open(folder / "trusted" / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


class _Update:
    """One run, against one consistent state of the repository."""

    def __init__(self, asked: UpdateTable, client: Updater) -> None:
        self._asked = asked
        self._client = client
        self._folder = asked.folder

    def run(self) -> Taken | UpToDate | Kept:
        for left in (self._folder / "slots").glob(f"{DRAFT}*"):
            shutil.rmtree(left, ignore_errors=True)
        self._client.refresh()
        kept, has = list[Kept](), list[str]()
        for name in self._asked.models:
            try:
                channel = self._channel(name)
                if channel is None:
                    continue
                if not self._has(channel):
                    self._bring(channel)
                    return Taken((_called(channel),))
                has.append(_called(channel))
            except (_Refused, DownloadError, RepositoryError) as error:
                kept.append(_kept(self._asked.url, error))
        return kept[0] if kept else UpToDate(tuple(has))

    def _bring(self, channel: Channel) -> None:
        """The channel's model beside the others as they are, tried out, and switched to."""
        if channel.current.card_digest in refused_cards(self._folder):
            why = f"{_called(channel)}: was turned back here; publish another version"
            raise _Refused(NotTaken.DID_BADLY, why)
        draft = Path(tempfile.mkdtemp(prefix=DRAFT, dir=self._folder / "slots"))
        try:
            self._fill(draft, channel)
            for name in self._asked.models:
                _try_out(name, draft, golden=name == channel.name)
            if self._asked.every_s is not None:
                write_probation(draft, Probation(_called(channel)))
            self._switch(draft, channel)
        finally:
            shutil.rmtree(draft, ignore_errors=True)

    def _channel(self, name: str) -> Channel | None:
        """What the channel names, or None where the repository has none for this model."""
        path = channel_path(name, self._asked.channel)
        entry = self._client.get_targetinfo(path)
        if entry is None:
            return None
        place = self._folder / "trusted" / f"channel-{name}.json"
        self._download(entry, place, LARGEST_BYTES)
        try:
            channel = parse_channel(place.read_bytes(), path)
        except ModelError as error:
            raise _Refused(NotTaken.UNUSABLE, str(error)) from error
        if channel.name != name:
            raise _Refused(NotTaken.OTHER_FILE, f"{path}: is the channel of {channel.name}")
        return channel

    def _has(self, channel: Channel) -> bool:
        """Whether the current slot holds the card that the channel names."""
        return _digest(self._folder / CURRENT / "cards" / f"{channel.name}.toml") == channel.current.card_digest

    def _fill(self, draft: Path, channel: Channel) -> None:
        """All models of this vehicle: the channel's anew, the others as they are."""
        (draft / "cards").mkdir()
        (draft / "weights").mkdir()
        current = self._folder / CURRENT
        for name in self._asked.models:
            if name != channel.name:
                _copy(name, current if current.exists() else SHIPPED, draft)
        self._take(channel, draft)

    def _take(self, channel: Channel, draft: Path) -> None:
        release, card_path = channel.current, draft / "cards" / f"{channel.name}.toml"
        card_entry, weights_entry = self._entry(release.card), self._entry(release.weights)
        self._download(card_entry, card_path, LARGEST_CARD)
        if _digest(card_path) != release.card_digest:
            raise _Refused(NotTaken.OTHER_FILE, f"{release.card}: not the card that the channel names")
        try:
            card = read_card(card_path)
        except ModelError as error:
            raise _Refused(NotTaken.UNUSABLE, str(error)) from error
        if (card.name, card.digest, Path(card.weights).name) != (channel.name, release.digest, card.weights):
            raise _Refused(NotTaken.OTHER_FILE, f"{release.card}: is the card of another model than the channel names")
        self._download(weights_entry, draft / "weights" / card.weights, LARGEST_WEIGHTS)
        if card.int8 is not None:
            self._take_twin(card, card.int8, release, draft)

    def _take_twin(self, card: ModelCard, twin: Int8, release: Release, draft: Path) -> None:
        """The model's twin in 8-bit integers, which lies beside its weights."""
        name = twin.weights
        if Path(name).name != name or name in ("", card.weights):
            raise _Refused(NotTaken.OTHER_FILE, f"{release.card}, field int8.weights: no file name of its own")
        entry = self._entry(f"{release.weights.rpartition('/')[0]}/{name}")
        self._download(entry, draft / "weights" / name, LARGEST_WEIGHTS)

    def _entry(self, path: str) -> TargetFile:
        entry = self._client.get_targetinfo(path)
        if entry is None:
            raise _Refused(NotTaken.NOT_SIGNED, f"{path}: the channel names it, but nobody signed it")
        needed = (entry.custom or {}).get("least_software", "0")
        if _numbers(str(needed)) > _numbers(version("citysteward")):
            raise _Refused(NotTaken.NEEDS_NEWER_SOFTWARE, f"{path}: needs City Steward {needed} or newer")
        return entry

    def _download(self, entry: TargetFile, place: Path, largest: int) -> None:
        if entry.length > largest:
            raise _Refused(NotTaken.OTHER_FILE, f"{entry.path}: {entry.length} bytes, at most {largest} are taken")
        self._client.download_target(entry, str(place))

    def _switch(self, draft: Path, channel: Channel) -> None:
        """Name the slot, and point `previous` and then `current` at what they mean from now on."""
        for path in draft.rglob("*"):
            sync(path)
        held = "".join(map(_digest, sorted((draft / "cards").iterdir())))
        called = f"{channel.name}-{channel.current.version}-{hashlib.sha256(held.encode()).hexdigest()[:8]}"
        slot = self._folder / "slots" / called
        current = self._folder / CURRENT
        old = current.readlink() if current.is_symlink() else None
        if old is not None and old.name == slot.name:
            slot = slot.with_name(f"{slot.name}-again")
        shutil.rmtree(slot, ignore_errors=True)
        draft.chmod(0o755)
        draft.rename(slot)
        sync(slot.parent)
        if old is not None:
            _point(self._folder / PREVIOUS, old)
        _point(current, Path("slots") / slot.name)
        kept = {slot.name, old.name if old is not None else slot.name}
        for left in (self._folder / "slots").iterdir():
            if left.name not in kept:
                shutil.rmtree(left, ignore_errors=True)


def turn_back(folder: Path, refuse: bool = True) -> bool:
    """Point `current` at what ran before. What ran before the first update are the shipped models: `current` is then
    gone. False where there is nothing to go back from. refuse: never take the cards again that it held.
    """
    current, previous = folder / CURRENT, folder / PREVIOUS
    if not current.is_symlink():
        return False
    leads_back = previous.exists() and previous.readlink() != current.readlink()
    if refuse:
        before = set(map(_digest, ((previous if leads_back else SHIPPED) / "cards").glob("*.toml")))
        bad = set(map(_digest, (current / "cards").glob("*.toml"))) - before
        write_private(folder / REFUSED, json.dumps(sorted(refused_cards(folder) | bad)[-MOST_REFUSED:]).encode())
    if leads_back:
        _point(current, previous.readlink())
    else:
        current.unlink()
    previous.unlink(missing_ok=True)
    sync(folder)
    return True


def refused_cards(folder: Path) -> frozenset[str]:
    """The digests of cards that did badly on this vehicle."""
    try:
        return frozenset(map(str, json.loads((folder / REFUSED).read_bytes())))
    except (OSError, ValueError, TypeError):
        return frozenset()


def _try_out(name: str, folder: Path, golden: bool) -> None:
    """Open the files as the worker will, and run the golden picture through the model; golden: its card has scores.

    The twin must open and give finite scores; what they are is not compared.
    """
    try:
        detector = open_detector(name, folder)
        found = golden_scores(detector)
        twin = detector.card.int8
        if twin is not None and (folder / "weights" / twin.weights).is_file():
            golden_scores(open_detector(name, folder, precision=Precision.INT8))
    except ModelError as error:
        raise _Refused(NotTaken.UNUSABLE, str(error)) from error
    labels = differing(detector.card.golden, found) if golden else []
    if labels:
        called = f"{name} {detector.card.version}"
        raise _Refused(NotTaken.OTHER_SCORES, f"{called}: {', '.join(labels)} score other than in the workshop")


def _copy(name: str, home: Path, draft: Path) -> None:
    try:
        card = read_card(home / "cards" / f"{name}.toml")
        shutil.copy(home / "cards" / f"{name}.toml", draft / "cards")
        shutil.copy(home / "weights" / Path(card.weights).name, draft / "weights")
        if card.int8 is not None and (home / "weights" / Path(card.int8.weights).name).is_file():
            shutil.copy(home / "weights" / Path(card.int8.weights).name, draft / "weights")
    except (ModelError, FileNotFoundError) as error:
        raise _Refused(NotTaken.UNUSABLE, str(error)) from error


def _called(channel: Channel) -> str:
    return f"{channel.name} {channel.current.version}"


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def _numbers(written: str) -> tuple[int, ...]:
    return tuple(int(part) if part.isdecimal() else 0 for part in written.split(".")[:3])


def _point(link: Path, target: Path) -> None:
    """A link that is switched in one step."""
    draft = link.with_name(f".{link.name}.new")
    draft.unlink(missing_ok=True)
    draft.symlink_to(target)
    draft.replace(link)
    sync(link.parent)
