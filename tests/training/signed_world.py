"""A city's model repository with two published models, and a vehicle that updates from it over HTTP."""

from __future__ import annotations

import functools
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tuf.ngclient import Updater

from models.card import ModelCard, read_card
from models.channel import Channel, channel_path, parse_channel
from tests.training.tiny_shop import LABELS, PASSPHRASE, write_model, write_photos, write_twin
from training.compare.folder import folder_exam
from training.compare.report import Run, measured
from training.compare.sight import open_pair
from training.files import Disk
from training.promotion.gates import Ruling
from training.promotion.promote import Promoted, publish
from training.repository.cli import SETTINGS
from training.repository.keys import Keyring
from training.repository.repository import Repository, make_repository

NOW = datetime.now(UTC).replace(microsecond=0)
OPEN = (Ruling("size", 0.01, 12.0, True, "MB of the weights."),)


def keyring(folder: Path) -> Keyring:
    return Keyring(folder, lambda role, new: PASSPHRASE)


@dataclass(frozen=True, slots=True)
class World:
    """A folder with `repository` (two models published), `before` (its copy after the first), `keys` and the models."""

    home: Path

    @property
    def folder(self) -> Path:
        return self.home / "repository"

    @property
    def before(self) -> Path:
        return self.home / "before"

    @property
    def metadata(self) -> Path:
        return self.folder / "metadata"

    @property
    def keys(self) -> Keyring:
        return keyring(self.home / "keys")

    def repository(self, disk: Disk | None = None) -> Repository:
        return Repository(self.folder, disk)

    def target(self, path: str) -> Path:
        """Where a target lies."""
        parent, _, name = path.rpartition("/")
        entry = self.repository().state().targets.signed.targets[path]
        return self.folder / "targets" / parent / f"{entry.hashes['sha256']}.{name}"

    def copy(self, home: Path) -> World:
        """Another city that stands as this one does, without the models it was made from."""
        for part in ("repository", "before", "keys"):
            shutil.copytree(self.home / part, home / part)
        return World(home)


def make_world(home: Path) -> World:
    """Keys, an empty repository, and models 1 and 2 promoted into `stable`, a minute apart."""
    world = World(home)
    write_photos(home / "exam", 4)
    make_repository(world.folder, SETTINGS, world.keys, NOW - timedelta(minutes=2))
    promote(world, "1", NOW - timedelta(minutes=1))
    shutil.copytree(world.folder, world.before)
    promote(world, "2", NOW)
    return world


def challenge(home: Path, version: str, twin: bool = False) -> Run:
    """Model `version`, with a twin where asked for, measured beside model 1 on four pictures."""
    champion = home / "1" / "cards" / "tiny.toml"
    if not champion.is_file():
        write_model(home / "1", "1")
    challenger = champion if version == "1" else write_model(home / version, version, box_px=32 - int(version))
    if twin:
        write_twin(challenger)
    pair = open_pair(champion, challenger)
    return measured(pair, [folder_exam(home / "exam", dict(enumerate(LABELS)))], lambda line: None)


def promote(world: World, version: str, now: datetime, disk: Disk | None = None) -> Promoted:
    return publish_run(world, challenge(world.home, version), now, disk)


def publish_run(world: World, run: Run, now: datetime, disk: Disk | None = None) -> Promoted:
    """A measured challenger into `stable`, whatever stands there."""
    repository = world.repository(disk)
    stands = repository.channel(repository.state(), "tiny", "stable")
    return publish(repository, world.keys, run, OPEN, "stable", stands.serial if stands else 0, now)


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The folder over HTTP on the loopback; gives its address."""
    handler = functools.partial(Silent, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


class Silent(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Nobody reads it."""


@dataclass(frozen=True, slots=True)
class Got:
    """What a vehicle has after an update."""

    channel: Channel
    card: ModelCard
    card_path: Path
    weights_path: Path


class Vehicle:
    """The real TUF client with its state in `home`, which was given the first root when it left the depot."""

    def __init__(self, home: Path, root: Path) -> None:
        self.home = home
        for part in ("metadata", "targets"):
            (home / part).mkdir(parents=True, exist_ok=True)
        self._root = root.read_bytes()

    def update(self, address: str) -> Got:
        """Channel, card and weights, by the client's rules alone; raises tuf's errors."""
        client = Updater(
            str(self.home / "metadata"), f"{address}/metadata", str(self.home / "targets"), f"{address}/targets",
            bootstrap=self._root,
        )  # fmt: skip
        channel = parse_channel(self._fetch(client, channel_path("tiny", "stable")).read_bytes(), "channel")
        card_path = self._fetch(client, channel.current.card)
        weights_path = self._fetch(client, channel.current.weights)
        return Got(channel, read_card(card_path), card_path, weights_path)

    def _fetch(self, client: Updater, path: str) -> Path:
        entry = client.get_targetinfo(path)
        assert entry is not None, path
        return Path(client.download_target(entry))
